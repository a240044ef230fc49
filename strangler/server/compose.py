"""Everything plugged together: state, follower, facade, counters, shadow, controller, admin API; from start to exit."""

from __future__ import annotations

import asyncio
import logging
import os
import socket
import sys
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from typing import Any

from strangler.console import create_app
from strangler.console.gate import LOOPBACK
from strangler.control import Follower
from strangler.control.controller import Controller
from strangler.errors import BadDocument
from strangler.facade import Facade, Failure, Pool
from strangler.facade.observe import Shadowing, counting
from strangler.routing import MONOLITH, Upstream
from strangler.server.identities import identities
from strangler.server.listen import GRACE, Address, Listener, admin_config, facade_config, listening, stopping
from strangler.server.seed import seed
from strangler.store import DEFAULT_STATE, State, open_state
from strangler.telemetry import Counters, prometheus


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything that ``serve`` needs to know."""

    monolith: str
    bind: Address
    admin_bind: Address
    state: str = DEFAULT_STATE
    debug_headers: bool = False
    grace: int = GRACE
    document: Mapping[str, Any] = field(default_factory=dict)
    """The route table's sections of the configuration file, and (``origin``) that file."""
    origin: str = ""
    identity_key: bytes = field(default=b"", repr=False)
    """Signs what services are told about who asks; empty: nothing can be signed."""
    bridge_secret: bytes = field(default=b"", repr=False)
    """Proves to the monolith that it is the facade who asks about a session; empty: it is not asked."""


def run(settings: Settings) -> None:
    """Serves until SIGTERM or SIGINT. Raises ``StranglerError`` when it cannot start."""
    logging.getLogger("uvicorn").setLevel(
        logging.CRITICAL + 1
    )  # it would log tracebacks that a client can cause
    logging.basicConfig(format="strangler: %(message)s", level=logging.WARNING)
    with asyncio.Runner(loop_factory=_loop_factory()) as runner:
        runner.run(serve(settings))


async def serve(settings: Settings) -> None:
    """The same inside a running event loop, in the main thread."""
    async with AsyncExitStack() as stack:
        facade_socket = stack.enter_context(listening(settings.bind, "--bind"))
        if settings.monolith == f"http://{settings.bind}":
            remedy = "Give --monolith the monolith's own address."
            raise BadDocument("the facade would forward to itself", where="--monolith", remedy=remedy)
        admin_socket = stack.enter_context(listening(settings.admin_bind, "--admin-bind"))
        state = stack.enter_context(_opened(settings.state))
        note = seed(state, settings.document, settings.origin)
        works = await stack.enter_async_context(_works(settings, state))
        admin_app = create_app(
            state, metrics=works.metrics, status=works.status, hosts=LOOPBACK | {settings.admin_bind.name}
        )
        front = Listener(facade_config(works.facade, settings.grace), facade_socket)
        admin = Listener(admin_config(admin_app, 1), admin_socket)
        with stopping([front, admin]):
            running = [asyncio.ensure_future(one.run_until_stopped()) for one in (front, admin)]
            await asyncio.gather(front.ready.wait(), admin.ready.wait())
            _say(
                f"facade on http://{front.address} -> monolith {settings.monolith}; admin on http://{admin.address}"
            )
            if note:
                _say(f"note: {note}")
            if not settings.admin_bind.is_loopback:
                _say(
                    f"warning: others can reach the admin API on {admin.address}, and without TLS they can read its "
                    "tokens on the way. Bind it to 127.0.0.1, and let a tunnel or a TLS proxy lead there."
                )
            async with _background(_warn_of_silent(settings.monolith)):
                await asyncio.gather(*running)


@dataclass(frozen=True, slots=True)
class _Works:
    """What runs behind the listeners."""

    facade: Facade
    follower: Follower
    controller: Controller
    counters: Counters
    shadowing: Shadowing

    def metrics(self) -> str:
        table = self.facade.table
        shares = [({"group": group.name}, group.share) for group in table.groups.values()]
        return prometheus(
            self.counters,
            {
                "strangler_table_version": [({}, float(table.version))],
                "strangler_share_percent": shares,
                "strangler_state_reachable": [({}, float(self.follower.trouble is None))],
            },
        )

    def status(self) -> dict[str, Any]:
        trouble = self.follower.trouble
        return {
            "version": self.facade.table.version,
            "state": "ok" if trouble is None else str(trouble),
            "leads": self.controller.leads,
            "shadow": {
                group: {
                    "compared": tally.compared,
                    "differing": tally.differing,
                    "unanswered": tally.unanswered,
                    "dropped": tally.dropped,
                    "paths": dict(self.shadowing.mirror.paths(group)),
                }
                for group, tally in self.shadowing.mirror.tallies().items()
            },
        }


@asynccontextmanager
async def _works(settings: Settings, state: State) -> AsyncIterator[_Works]:
    """The facade with the table that stands in the state, and all that follows, counts, compares and controls."""
    counters = Counters()
    table = state.routes.load()
    facade = Facade(Upstream(MONOLITH, settings.monolith), table, debug_headers=settings.debug_headers)
    facade.know(identities(facade, settings.identity_key, settings.bridge_secret))
    shadowing = Shadowing(facade, lambda group, differs: counters.note(group, "shadow", 0.0, differs))
    facade.on_finish, facade.mirror = counting(counters), shadowing
    follower = Follower(settings.state, facade.swap, asyncio.get_running_loop())
    follower.start(table.version)
    controller = Controller(settings.state, f"{socket.gethostname()}:{os.getpid()}", counters.drain)
    try:
        async with _background(controller.run()):
            yield _Works(facade, follower, controller, counters, shadowing)
    finally:
        await asyncio.to_thread(follower.stop)
        await shadowing.aclose()
        facade.close()


@contextmanager
def _opened(url: str) -> Iterator[State]:
    if url == "memory://":
        remedy = "Use sqlite:///FILE: the command line has to reach it too."
        raise BadDocument("memory:// ends with this process", where="--state", remedy=remedy)
    state = open_state(url)
    try:
        yield state
    finally:
        state.close()


@asynccontextmanager
async def _background(work: Coroutine[Any, Any, None]) -> AsyncIterator[None]:
    """Runs beside the body; is cancelled, and waited for, when the body ends."""
    task = asyncio.ensure_future(work)
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def _warn_of_silent(monolith: str) -> None:
    """One line when the monolith is not there; the facade serves all the same, and finds it when it comes."""
    try:
        await Pool(Upstream(MONOLITH, monolith)).probe()
    except Failure as failure:
        told = f"its requests are answered {failure.status} until it is there"
        _say(f"warning: {failure.message} ({monolith}); {told}")


def _loop_factory() -> Callable[[], asyncio.AbstractEventLoop] | None:
    try:
        import uvloop
    except ImportError:  # there is none for Windows
        return None
    return uvloop.new_event_loop


def _say(line: str) -> None:
    print(f"strangler: {line}", file=sys.stderr, flush=True)  # noqa: T201
