"""Several facades on one PostgreSQL come to the same table, with its hints and without. How fast stands in
benchmarks/routes.py."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, closing

import pytest
from fakes.postgres import cut_off

from strangler.control import Control, Follower, Request
from strangler.control.verbs import Add, Canary, Pattern, SetWriter
from strangler.routing import RouteTable
from strangler.store import open_state

pytestmark = pytest.mark.service

Seen = list[list[RouteTable]]


@asynccontextmanager
async def facades(url: str, number: int) -> AsyncIterator[Seen]:
    seen: Seen = [[] for _ in range(number)]
    followers = [Follower(url, tables.append, asyncio.get_running_loop()) for tables in seen]
    for follower in followers:
        follower.start()
    try:
        yield seen
    finally:
        for follower in followers:
            await asyncio.to_thread(follower.stop)


async def until(reached: Callable[[], bool]) -> None:
    async with asyncio.timeout(20):
        while not reached():  # noqa: ASYNC110
            await asyncio.sleep(0.01)


def change(url: str, *verbs: Add | Canary | SetWriter) -> None:
    with closing(open_state(url)) as state:
        for verb in verbs:
            Control(state.routes).change(Request(verb), via="store")


def begin(url: str) -> None:
    add = Add(name="billing", patterns=(Pattern("prefix", "/inv/"),), service="http://127.0.0.1:9001")
    change(url, add, SetWriter(name="billing", writer="monolith"))


def test_all_follow_again_after_every_connection_was_cut(postgres: str) -> None:
    begin(postgres)

    async def scenario() -> None:
        async with facades(postgres, 3) as seen:
            await until(lambda: all(tables and tables[-1].version == 2 for tables in seen))
            await asyncio.to_thread(cut_off, postgres)
            await asyncio.to_thread(change, postgres, Canary(name="billing", percent=5))
            await until(lambda: all(tables[-1].version == 3 for tables in seen))
            assert all(tables[-1].groups["billing"].share == 5 for tables in seen)

    asyncio.run(scenario())


def test_without_hints_all_follow_by_looking(postgres: str, monkeypatch: pytest.MonkeyPatch) -> None:
    begin(postgres)
    monkeypatch.setattr("strangler.store.postgres.PostgresDatabase.changed", lambda database: None)

    async def scenario() -> None:
        async with facades(postgres, 3) as seen:
            await asyncio.to_thread(change, postgres, Canary(name="billing", percent=5))
            await until(lambda: all(tables and tables[-1].version == 3 for tables in seen))

    asyncio.run(scenario())


def test_changes_from_everywhere_reach_every_facade_in_order(postgres: str) -> None:
    begin(postgres)

    async def scenario() -> None:
        async with facades(postgres, 3) as seen:
            await until(lambda: all(seen))
            for share in (1, 5, 25, 100):
                await asyncio.to_thread(change, postgres, Canary(name="billing", percent=share))
                await until(lambda now=share: all(t[-1].groups["billing"].share == now for t in seen))  # type: ignore[misc]
            assert all(
                [table.version for table in tables] == sorted({t.version for t in tables}) for tables in seen
            )

    asyncio.run(scenario())
