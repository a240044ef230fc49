"""The composition root: one process with one event loop and two listeners, or several under one that watches them."""

from __future__ import annotations

import asyncio

from strangler.server.compose import serve
from strangler.server.listen import Address, Listener, facade_config
from strangler.server.loops import loop_factory
from strangler.server.settings import Settings, log_to_stderr

__all__ = ["Address", "Listener", "Settings", "facade_config", "run", "serve"]


def run(settings: Settings) -> None:
    """Serves until SIGTERM or SIGINT. Raises ``StranglerError`` when it cannot start."""
    log_to_stderr()
    if settings.workers:
        from strangler.server.supervise import supervise

        supervise(settings)
    else:
        with asyncio.Runner(loop_factory=loop_factory()) as runner:
            runner.run(serve(settings))
