"""A facade that listens on a free port in the test's own event loop, as ``strangler serve`` runs it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from uvicorn.server import ServerState

from strangler.facade import CapturedAnswer, Facade, FacadeProtocol, MirrorRequest, Outcome, Pool, Transport
from strangler.facade.translation import Translations
from strangler.routing import MONOLITH, Decision, RouteTable, Upstream
from strangler.server import facade_config


@dataclass
class Running:
    """A facade, its port, and what its hooks heard."""

    facade: Facade
    port: int
    outcomes: list[Outcome] = field(default_factory=list)
    mirrored: list[tuple[Decision, MirrorRequest, CapturedAnswer]] = field(default_factory=list)

    async def outcome(self) -> Outcome:
        """The one outcome, waited for: it is told after the answer is out."""
        async with asyncio.timeout(10):
            while not self.outcomes:  # noqa: ASYNC110
                await asyncio.sleep(0.001)
        assert len(self.outcomes) == 1
        return self.outcomes[0]


@asynccontextmanager
async def running(
    monolith: str,
    table: RouteTable | None = None,
    *,
    connect_timeout: float = 2.0,
    read_timeout: float = 5.0,
    max_connections: int = 200,
    write_timeout: float = 5.0,
    debug_headers: bool = False,
    transport: Callable[[Upstream], Transport] = Pool,
    translations: Translations | None = None,
) -> AsyncIterator[Running]:
    upstream = Upstream(
        MONOLITH,
        monolith,
        connect_timeout,
        read_timeout,
        max_connections,
        write_timeout=write_timeout,
    )
    facade = Facade(
        upstream, table, debug_headers=debug_headers, transport=transport, translations=translations
    )
    made = Running(facade, 0)
    facade.on_finish = made.outcomes.append
    facade.mirror = lambda *told: made.mirrored.append(told)
    config, books = facade_config(facade), ServerState()
    server = await asyncio.get_running_loop().create_server(
        lambda: FacadeProtocol(config, books, {}), "127.0.0.1", 0, backlog=512
    )
    made.port = server.sockets[0].getsockname()[1]
    try:
        yield made
    finally:
        server.close()
        for protocol in list(books.connections):
            protocol.transport.abort()
        await asyncio.gather(*books.tasks, return_exceptions=True)
        facade.close()
