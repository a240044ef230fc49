"""A change by one process reaches the follower of another. How fast it does stands in benchmarks/routes.py."""

from __future__ import annotations

import asyncio

from fakes.commands import Commands

from strangler.control import Follower
from strangler.routing import RouteTable


def test_every_command_reaches_a_running_follower(commands: Commands, url: str) -> None:
    async def scenario() -> list[RouteTable]:
        tables: asyncio.Queue[RouteTable] = asyncio.Queue()
        follower = Follower(url, tables.put_nowait, asyncio.get_running_loop())
        follower.start(version=2)
        seen = []
        for share in ("1", "25", "100"):
            answer = await asyncio.to_thread(commands.run, "routes", "canary", "billing", share)
            assert answer.code == 0, answer.err
            seen.append(await asyncio.wait_for(tables.get(), 10))
        await asyncio.to_thread(follower.stop)
        return seen

    seen = asyncio.run(scenario())
    assert [(table.version, table.groups["billing"].share) for table in seen] == [(3, 1), (4, 25), (5, 100)]
