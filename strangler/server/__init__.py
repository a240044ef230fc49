"""The composition root: one process, one event loop, two listeners."""

from strangler.server.compose import Settings, run, serve
from strangler.server.listen import Address, Listener, facade_config

__all__ = ["Address", "Listener", "Settings", "facade_config", "run", "serve"]
