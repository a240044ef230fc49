"""The command line. Each group of verbs is one file, imported only when it is called."""

from strangler.cli.entry import main

__all__ = ["main"]
