"""Everything plugged together: state, follower, facade, counters, shadow, controller, admin API; from start to exit."""

from __future__ import annotations

import asyncio
import logging
import os
import socket
import time
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import AsyncExitStack, asynccontextmanager, closing
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from strangler.console import create_app
from strangler.console.gate import LOOPBACK
from strangler.control import Follower
from strangler.control.controller import Controller
from strangler.control.file import keep_following
from strangler.control.notify import keep_notifying
from strangler.facade import Facade, Failure, Pool
from strangler.facade.clients import Clients
from strangler.facade.observe import Shadowing, counting
from strangler.routing import MONOLITH, Upstream
from strangler.server.hearsay import Hearsay
from strangler.server.identities import identities
from strangler.server.limits import clients_of
from strangler.server.listen import Listener, admin_config, facade_config, stopping
from strangler.server.prepare import Sockets, announce, opened, prepared, server_tls
from strangler.server.rates import SharedRates
from strangler.server.settings import Settings, say
from strangler.server.telling import Telling, policy_families, pool_families
from strangler.server.translations import translations
from strangler.store import State
from strangler.telemetry import Counters, Family, exposition
from strangler.telemetry.counters import families
from strangler.telemetry.crew import Crew, Report, add, counters_of, report_of
from strangler.tls import ServerTls

log = logging.getLogger("strangler.server")

RENEWAL = 1.0
"""Seconds between two looks at the certificate's files, and between two reports to the other workers."""


async def serve(settings: Settings) -> None:
    """Serves until SIGTERM or SIGINT, inside a running event loop, in the main thread. Raises ``StranglerError`` when
    it cannot start."""
    with prepared(settings) as (sockets, note):
        await attend(settings, sockets, ready=lambda: announce(settings, sockets, note))


async def attend(
    settings: Settings, sockets: Sockets, *, ready: Callable[[], None], crew: Crew | None = None
) -> None:
    """Serves on sockets that already listen, alone or as one worker of a ``crew``; says when it is ``ready``."""
    async with AsyncExitStack() as stack:
        state = stack.enter_context(closing(opened(settings.state)))
        works = await stack.enter_async_context(_works(settings, state, crew))
        tls = server_tls(settings)
        config = facade_config(works.facade, settings.grace)
        listeners = [Listener(config, sockets.front, tls, works.clients)]
        if sockets.admin is not None:
            hosts = LOOPBACK | {settings.admin_bind.name}
            admin_app = create_app(
                state, metrics=works.metrics, status=works.status, hosts=hosts, approval=settings.approval
            )
            listeners.append(Listener(admin_config(admin_app, 1), sockets.admin))
        with stopping(listeners):
            running = [asyncio.ensure_future(one.run_until_stopped()) for one in listeners]
            await asyncio.gather(*(one.ready.wait() for one in listeners))
            ready()
            async with (
                background(_look_after(works, tls)),
                background(_warn_of_silent(settings, sockets)),
                background(_follow(settings, sockets)),
                background(_notify(settings, sockets)),
            ):
                await asyncio.gather(*running)


@dataclass(frozen=True, slots=True)
class _Works:
    """What runs behind the listeners."""

    facade: Facade
    follower: Follower
    controller: Controller
    counters: Counters
    shadowing: Shadowing
    clients: Clients
    telling: Telling
    crew: Crew | None
    rates: SharedRates | None

    def report(self) -> Report:
        """What this process has counted."""
        mirror = self.shadowing.mirror
        tallies = {group: asdict(tally) for group, tally in mirror.tallies().items()}
        return report_of(self.counters, tallies, self._families())

    def _families(self) -> list[Family]:
        """The metrics of this process, beside those that the guard counts with."""
        connected = Family(
            "strangler_client_connections",
            "gauge",
            "Connections of clients.",
            (({}, self.clients.connected),),
        )
        return [
            *self.telling.families(),
            *pool_families(self.facade, [*self.facade.table.upstreams, MONOLITH]),
            *policy_families(self.facade),
            connected,
        ]

    def total(self) -> Report:
        """What all workers have counted."""
        return self.report() if self.crew is None else add([self.report(), *self.crew.others()])

    def metrics(self) -> str:
        told = self.total()
        return exposition([*families(counters_of(told)), *told.families, *self._shared()])

    def _shared(self) -> list[Family]:
        """What all workers know alike, so that it is not summed."""
        table, reachable = self.facade.table, float(self.follower.trouble is None)
        shares = tuple(({"group": group.name}, group.share) for group in table.groups.values())
        return [
            Family("strangler_table_version", "gauge", "The route table in force.", (({}, table.version),)),
            Family("strangler_share_percent", "gauge", "What the service of a group answers.", shares),
            Family("strangler_state_reachable", "gauge", "Whether routes can change.", (({}, reachable),)),
        ]

    def status(self) -> dict[str, Any]:
        trouble, told = self.follower.trouble, self.total()
        return {
            "version": self.facade.table.version,
            "state": "ok" if trouble is None else str(trouble),
            "leads": self.controller.leads,
            "shadow": told.shadow,
        }


@asynccontextmanager
async def _works(settings: Settings, state: State, crew: Crew | None) -> AsyncIterator[_Works]:
    """The facade with the table that stands in the state, and all that follows, counts, compares and controls."""
    counters = Counters()
    table = state.routes.load()
    facade = Facade(
        Upstream(MONOLITH, settings.monolith),
        table,
        debug_headers=settings.debug_headers,
        translations=translations(settings),
    )
    users = identities(facade, settings.identity_key, settings.bridge_secret)
    facade.know(users)
    hearsay = None if crew is None else Hearsay(crew.folder, crew.name, users.forget)
    if hearsay is not None:
        users.on_forget = hearsay.tell
    shadowing = Shadowing(facade, lambda group, differs: counters.note(group, "shadow", 0.0, differs))
    telling = Telling(settings, counting(counters))
    facade.on_finish, facade.mirror, facade.trace_threshold = telling, shadowing, telling.threshold
    follower = Follower(settings.state, facade.swap, asyncio.get_running_loop())
    follower.start(table.version)
    controller = Controller(settings.state, _name(), counters.drain, shadowing.differing)
    try:
        async with background(telling.run()), background(controller.run()):
            clients = clients_of(settings)
            rates = SharedRates(crew.folder, crew.name) if crew is not None else None
            yield _Works(facade, follower, controller, counters, shadowing, clients, telling, crew, rates)
    finally:
        if hearsay is not None:
            hearsay.close()
        await asyncio.to_thread(follower.stop)
        await shadowing.aclose()
        facade.close()


async def _look_after(works: _Works, tls: ServerTls | None) -> None:
    """Once a second: is there a new certificate, and what are the other workers to know?"""
    try:
        while True:
            await asyncio.sleep(RENEWAL)
            if tls is not None:
                tls.renew()
            _publish(works)
    finally:
        _publish(works)


def _publish(works: _Works) -> None:
    if works.crew is None or works.rates is None:
        return
    try:
        works.crew.publish(works.report())
        works.rates.exchange(works.facade.gate, time.monotonic())
    except OSError as error:  # a full disk: the figures stay behind, the traffic does not
        log.warning("the other workers cannot be told what was counted: %s", error)


async def _follow(settings: Settings, sockets: Sockets) -> None:
    """Carry over what changes in the file, if one is followed; of several workers one does it."""
    if settings.follow and sockets.admin is not None:
        await keep_following(settings.state, Path(settings.follow), _name())


async def _notify(settings: Settings, sockets: Sockets) -> None:
    """Tell of every change whoever wants to know; of several workers one does it."""
    if settings.notify and sockets.admin is not None:
        await keep_notifying(settings.state, settings.notify, settings.notify_secret, _name())


def _name() -> str:
    """This process among all facades."""
    return f"{socket.gethostname()}:{os.getpid()}"


async def _warn_of_silent(settings: Settings, sockets: Sockets) -> None:
    """One line when the monolith is not there; the facade serves all the same, and finds it when it comes."""
    if sockets.admin is None:  # another worker says it
        return
    try:
        await Pool(Upstream(MONOLITH, settings.monolith)).probe()
    except Failure as failure:
        told = f"its requests are answered {failure.status} until it is there"
        say(f"warning: {failure.message} ({settings.monolith}); {told}")


@asynccontextmanager
async def background(work: Coroutine[Any, Any, None]) -> AsyncIterator[None]:
    """Runs beside the body; is cancelled, and waited for, when the body ends."""
    task = asyncio.ensure_future(work)
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
