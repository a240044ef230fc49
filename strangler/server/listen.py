"""Listening sockets and the uvicorn servers behind them, stopped together."""

from __future__ import annotations

import asyncio
import errno
import signal
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from ipaddress import ip_address
from typing import Any

import uvicorn

from strangler.errors import BadDocument, StranglerError
from strangler.facade import Facade, FacadeProtocol

BACKLOG = 2048
"""Connections that the kernel keeps for the facade while it is busy."""
KEEP_ALIVE = 75
"""Seconds for which a client's idle connection stays open, as in nginx."""
GRACE = 10
"""Seconds that requests under way get when the server is asked to stop."""


@dataclass(frozen=True, slots=True)
class Address:
    """Where a listener binds; port 0 is a free one."""

    host: str
    port: int

    @property
    def name(self) -> str:
        """The host as it stands in a URL."""
        return f"[{self.host}]" if ":" in self.host else self.host

    @property
    def is_loopback(self) -> bool:
        """Whether only this machine can reach it; ``host`` is an address, not a name."""
        return ip_address(self.host.partition("%")[0]).is_loopback

    def __str__(self) -> str:
        return f"{self.name}:{self.port}"


class Listener(uvicorn.Server):
    """A uvicorn server that leaves the signals of the process alone: two of them share it."""

    def __init__(self, config: uvicorn.Config, listening: socket.socket) -> None:
        super().__init__(config)
        self.ready = asyncio.Event()
        self.address = Address(*listening.getsockname()[:2])
        self._socket = listening

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Sets ``ready`` when connections are accepted."""
        await super().startup(sockets)
        self.ready.set()

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Nothing: see ``stopping``."""
        yield

    async def run_until_stopped(self) -> None:
        """Serves; returns when everything under way has ended, or its time is over."""
        await self.serve(sockets=[self._socket])
        left = list(self.server_state.tasks)
        for task in left:
            task.cancel()
        await asyncio.gather(*left, return_exceptions=True)


def facade_config(facade: Facade, grace: int = GRACE) -> uvicorn.Config:
    """How uvicorn runs a facade: it adds nothing to answers, believes nobody, and says nothing."""
    return uvicorn.Config(facade, http=FacadeProtocol, **_common(grace))


def admin_config(app: Any, grace: int = GRACE) -> uvicorn.Config:
    """How uvicorn runs the admin API: as strictly as a facade, for it shares the process with one."""
    return uvicorn.Config(app, http=FacadeProtocol, **_common(grace))


def _common(grace: int) -> dict[str, Any]:
    return {
        "ws": "none",
        "lifespan": "off",
        "interface": "asgi3",
        "log_config": None,
        "access_log": False,
        "proxy_headers": False,
        "server_header": False,
        "date_header": False,
        "backlog": BACKLOG,
        "timeout_keep_alive": KEEP_ALIVE,
        "timeout_graceful_shutdown": grace,
    }


@contextmanager
def listening(address: Address, where: str) -> Iterator[socket.socket]:
    """A socket that already listens, so that a port in use is found before anything else has happened."""
    family = socket.AF_INET6 if ":" in address.host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as made:
        made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            made.bind((address.host, address.port))
            made.listen(BACKLOG)
        except OSError as error:
            raise _cannot_listen(address, where, error) from None
        made.setblocking(False)
        yield made


def _cannot_listen(address: Address, where: str, error: OSError) -> StranglerError:
    if error.errno == errno.EADDRINUSE:
        remedy = "Stop what listens there, or choose another port."
        return StranglerError(f"{address} is in use", where=where, remedy=remedy)
    if error.errno == errno.EACCES:
        remedy = "Choose a port from 1024 up."
        return StranglerError(f"{address} may not be bound by this user", where=where, remedy=remedy)
    return BadDocument(f"{address} is no address of this machine", where=where, remedy="Choose another.")


@contextmanager
def stopping(servers: list[Listener]) -> Iterator[None]:
    """SIGTERM and SIGINT stop accepting and finish what is under way; a second SIGINT does not wait."""
    loop = asyncio.get_running_loop()

    def stop(number: signal.Signals) -> None:
        for server in servers:
            server.force_exit = server.should_exit and number == signal.SIGINT
            server.should_exit = True

    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop, number)
    try:
        yield
    finally:
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.remove_signal_handler(number)
