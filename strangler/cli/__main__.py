"""``python -m strangler.cli``: the same as the console script, for environments where that is not on the path."""

from strangler.cli.entry import main

main()
