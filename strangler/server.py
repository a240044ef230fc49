"""The composition root: facade, state and admin listener in one process and one event loop, from start to exit."""

from __future__ import annotations

import asyncio
import errno
import logging
import os
import signal
import socket
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass
from typing import Any

import uvicorn

from strangler.control import Follower
from strangler.control.controller import Controller
from strangler.errors import BadDocument, StranglerError
from strangler.facade import Facade, FacadeProtocol, Failure, Pool
from strangler.facade.observer import Observer
from strangler.routing import MONOLITH, Upstream
from strangler.store import DEFAULT_STATE, State, open_state

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

    def __str__(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{host}:{self.port}"


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything that ``serve`` needs to know. ``admin`` None: there is no admin listener."""

    monolith: str
    bind: Address = Address("127.0.0.1", 8080)
    admin: Address | None = None
    state: str = DEFAULT_STATE
    debug_headers: bool = False
    grace: int = GRACE


def run(settings: Settings) -> None:
    """Serves until SIGTERM or SIGINT. Raises ``StranglerError`` when it cannot start."""
    logging.getLogger("uvicorn").setLevel(
        logging.CRITICAL + 1
    )  # it would log what a client may cause, with tracebacks
    with asyncio.Runner(loop_factory=_loop_factory()) as runner:
        runner.run(serve(settings))


async def serve(settings: Settings) -> None:
    """The same inside a running event loop, in the main thread."""
    async with AsyncExitStack() as stack:
        facade_socket = stack.enter_context(_listening(settings.bind, "--bind"))
        state = stack.enter_context(_opened(settings.state))
        facade = await stack.enter_async_context(_facade(settings, state))
        servers = [Listener(facade_config(facade, settings.grace), facade_socket)]
        told = f"facade on http://{servers[0].address} -> monolith {settings.monolith}"
        with _stopping(servers):
            running = [asyncio.ensure_future(server.serve(sockets=[server.socket])) for server in servers]
            for server in servers:
                await server.ready.wait()
            _say(told)
            warning = asyncio.ensure_future(_warn_of_silent(settings.monolith))
            await asyncio.gather(*running)
            warning.cancel()


class Listener(uvicorn.Server):
    """A uvicorn server that leaves the signals of the process alone: two of them share it."""

    def __init__(self, config: uvicorn.Config, listening: socket.socket) -> None:
        super().__init__(config)
        self.socket = listening
        name = listening.getsockname()
        self.address = Address(name[0], name[1])
        self.ready = asyncio.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.ready.set()

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


def facade_config(facade: Facade, grace: int = GRACE) -> uvicorn.Config:
    """How uvicorn runs a facade: it adds nothing to answers, believes nobody, and says nothing."""
    return uvicorn.Config(
        facade,
        http=FacadeProtocol,
        ws="none",
        lifespan="off",
        interface="asgi3",
        log_config=None,
        access_log=False,
        proxy_headers=False,
        server_header=False,
        date_header=False,
        backlog=BACKLOG,
        timeout_keep_alive=KEEP_ALIVE,
        timeout_graceful_shutdown=grace,
    )


@asynccontextmanager
async def _facade(settings: Settings, state: State) -> AsyncIterator[Facade]:
    """The facade with the table that stands in the state, and a follower that keeps it so."""
    table = state.routes.load()
    facade = Facade(Upstream(MONOLITH, settings.monolith), table, debug_headers=settings.debug_headers)
    observer = Observer(facade.transport)
    facade.on_finish, facade.mirror = observer.on_finish, observer.mirror
    try:
        if settings.state == "memory://":
            yield facade
        else:
            async with _following(settings.state, facade, observer, table.version):
                yield facade
    finally:
        await observer.shadow.aclose()
        facade.close()


@asynccontextmanager
async def _following(state: str, facade: Facade, observer: Observer, version: int) -> AsyncIterator[None]:
    """Changes of the state reach the facade; what the facade counts reaches the state, and the rollouts advance."""
    follower = Follower(state, facade.swap, asyncio.get_running_loop())
    follower.start(version)
    worker = f"{socket.gethostname()}:{os.getpid()}"
    controller = asyncio.ensure_future(Controller(state, worker, observer.counters.drain).run())
    try:
        yield
    finally:
        controller.cancel()
        await asyncio.gather(controller, return_exceptions=True)
        await asyncio.to_thread(follower.stop)


@contextmanager
def _opened(url: str) -> Iterator[State]:
    state = open_state(url)
    try:
        yield state
    finally:
        state.close()


@contextmanager
def _listening(address: Address, where: str) -> Iterator[socket.socket]:
    """A socket that already listens, so that a port in use is found before anything else has happened."""
    family = socket.AF_INET6 if ":" in address.host else socket.AF_INET
    listening = socket.socket(family, socket.SOCK_STREAM)
    try:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listening.bind((address.host, address.port))
            listening.listen(BACKLOG)
        except OSError as error:
            raise _cannot_listen(address, where, error) from None
        listening.setblocking(False)
        yield listening
    finally:
        listening.close()


def _cannot_listen(address: Address, where: str, error: OSError) -> StranglerError:
    if error.errno == errno.EADDRINUSE:
        return StranglerError(
            f"{address} is in use", where=where, remedy="Stop what listens there, or choose another port."
        )
    if error.errno == errno.EACCES:
        return StranglerError(
            f"{address} may not be bound by this user", where=where, remedy="Choose a port from 1024 up."
        )
    return BadDocument(f"{address} is no address of this machine", where=where, remedy="Choose another.")


@contextmanager
def _stopping(servers: list[Listener]) -> Iterator[None]:
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


async def _warn_of_silent(monolith: str) -> None:
    """One line when the monolith is not there; the facade serves all the same, and finds it when it comes."""
    try:
        await Pool(Upstream(MONOLITH, monolith)).probe()
    except Failure as failure:
        _say(
            f"warning: {failure.message} ({monolith}); its requests are answered {failure.status} until it is there"
        )


def _loop_factory() -> Any:
    try:
        import uvloop
    except ImportError:
        return None
    return uvloop.new_event_loop


def _say(line: str) -> None:
    print(f"strangler: {line}", file=sys.stderr, flush=True)  # noqa: T201
