"""One of several worker processes: ``python -P -m strangler.server.worker``, started by ``supervise`` alone.

It reads what to do from standard input, says ``ready`` on standard output, serves until SIGTERM, and ends as if it had
got one when standard input ends: then the process that watched it is gone.
"""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import sys
from pathlib import Path

import msgspec

from strangler.errors import StranglerError
from strangler.server.compose import attend
from strangler.server.loops import loop_factory
from strangler.server.prepare import Sockets
from strangler.server.settings import Settings, log_to_stderr, say
from strangler.telemetry.crew import Crew


class Order(msgspec.Struct, frozen=True):
    """What a worker has to do: ``front`` and ``admin`` are file descriptors, ``folder`` the crew's."""

    settings: Settings
    front: int
    admin: int | None
    folder: str


def main() -> int:
    """Serves as ordered; the exit code."""
    order = msgspec.json.decode(sys.stdin.buffer.readline(), type=Order)
    log_to_stderr()
    admin = socket.socket(fileno=order.admin) if order.admin is not None else None
    sockets = Sockets(socket.socket(fileno=order.front), admin)
    try:
        with asyncio.Runner(loop_factory=loop_factory()) as runner:
            runner.run(_work(order, sockets))
    except StranglerError as error:
        say(str(error))
        return error.exit_code
    return 0


async def _work(order: Order, sockets: Sockets) -> None:
    def orphaned() -> None:
        asyncio.get_running_loop().remove_reader(sys.stdin)
        os.kill(os.getpid(), signal.SIGTERM)

    def ready() -> None:
        sys.stdout.write("ready\n")
        sys.stdout.flush()
        asyncio.get_running_loop().add_reader(sys.stdin, orphaned)

    await attend(order.settings, sockets, ready=ready, crew=Crew(Path(order.folder), str(os.getpid())))


if __name__ == "__main__":
    sys.exit(main())
