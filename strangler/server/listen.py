"""Listening sockets, by TCP or Unix, with TLS or without, and the uvicorn servers behind them, stopped together."""

from __future__ import annotations

import asyncio
import errno
import signal
import socket
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import uvicorn

from strangler.errors import BadDocument, StranglerError
from strangler.facade import Facade, FacadeProtocol
from strangler.facade.clients import Clients
from strangler.facade.protocol import CLIENTS
from strangler.tls import ServerTls

BACKLOG = 2048
"""Connections that the kernel keeps for the facade while it is busy."""
KEEP_ALIVE = 75
"""Seconds for which a client's idle connection stays open, as in nginx."""
GRACE = 10
"""Seconds that requests under way get when the server is asked to stop."""
HANDSHAKE_TIMEOUT = 10.0
"""Seconds in which a client must have agreed on TLS."""


@dataclass(frozen=True, slots=True)
class Address:
    """Where a listener binds; port 0 is a free one. With a ``path`` it is a Unix socket, and has neither."""

    host: str
    port: int
    path: str = ""

    @property
    def name(self) -> str:
        """The host as it stands in a URL."""
        return f"[{self.host}]" if ":" in self.host else self.host

    @property
    def is_loopback(self) -> bool:
        """Whether only this machine can reach it; ``host`` is an address, not a name."""
        return bool(self.path) or ip_address(self.host.partition("%")[0]).is_loopback

    @property
    def url(self) -> str:
        """The address as an upstream's ``url``."""
        return f"unix:{self.path}" if self.path else f"http://{self}"

    @classmethod
    def of(cls, listening: socket.socket) -> Address:
        """Where a socket listens."""
        found = listening.getsockname()
        return cls("localhost", 0, found) if isinstance(found, str) else cls(*found[:2])

    def __str__(self) -> str:
        return f"unix:{self.path}" if self.path else f"{self.name}:{self.port}"


class Listener(uvicorn.Server):
    """A uvicorn server that leaves the signals of the process alone: two of them share it."""

    def __init__(
        self,
        config: uvicorn.Config,
        listening: socket.socket,
        tls: ServerTls | None = None,
        clients: Clients | None = None,
    ) -> None:
        super().__init__(config)
        self.ready = asyncio.Event()
        self.address = Address.of(listening)
        self._tls = tls
        self._clients = clients
        self._socket = listening

    @property
    def url(self) -> str:
        """Where clients reach it."""
        return self.address.url if self._tls is None else f"https://{self.address}"

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Sets ``ready`` when connections are accepted."""
        loop = asyncio.get_running_loop()
        state = {} if self._clients is None else {CLIENTS: self._clients}
        listen: Any = loop.create_unix_server if self.address.path else loop.create_server
        server = await listen(
            lambda: FacadeProtocol(self.config, self.server_state, state),
            sock=self._socket,
            ssl=self._tls.context if self._tls is not None else None,
            ssl_handshake_timeout=HANDSHAKE_TIMEOUT if self._tls is not None else None,
            backlog=BACKLOG,
        )
        self.servers = [server]
        self.started = True
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
    if address.path:
        with _listening_at(Path(address.path), where) as made:
            yield made
        return
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


@contextmanager
def _listening_at(path: Path, where: str) -> Iterator[socket.socket]:
    """The same at a path. What a server that was killed has left there is taken away; nothing else is."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as made:
        try:
            if _is_left_over(path):
                path.unlink()
            made.bind(str(path))
            made.listen(BACKLOG)
        except OSError as error:
            raise _cannot_listen(Address("", 0, str(path)), where, error) from None
        made.setblocking(False)
        own = path.stat().st_ino
        try:
            yield made
        finally:
            if path.exists() and path.stat().st_ino == own:
                path.unlink()


def _is_left_over(path: Path) -> bool:
    if not path.exists() or not stat.S_ISSOCK(path.stat().st_mode):
        return False
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
        return probe.connect_ex(str(path)) == errno.ECONNREFUSED


def _cannot_listen(address: Address, where: str, error: OSError) -> StranglerError:
    if error.errno == errno.EADDRINUSE:
        remedy = f"Stop what listens there, or choose another {'path' if address.path else 'port'}."
        return StranglerError(f"{address} is in use", where=where, remedy=remedy)
    if error.errno == errno.EACCES:
        remedy = "Choose a folder of its own." if address.path else "Choose a port from 1024 up."
        return StranglerError(f"{address} may not be bound by this user", where=where, remedy=remedy)
    if address.path:
        return BadDocument(f"{address}: {error.strerror}", where=where, remedy="Choose another.")
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
