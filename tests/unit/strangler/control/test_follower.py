from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from pathlib import Path

import pytest

from strangler.control import Control, Follower, Request
from strangler.control.verbs import SetUpstream
from strangler.routing import RouteTable
from strangler.store import State, open_state


def change(url: str, port: int) -> None:
    state = open_state(url)
    verb = SetUpstream(name="monolith", url=f"http://127.0.0.1:{port}")
    Control(state.routes).change(Request(verb), via="store")
    state.close()


def rename_all(folder: Path, name: Callable[[str], str]) -> None:
    for file in folder.iterdir():
        file.rename(folder / name(file.name))


class Facade:
    """Remembers the tables that it was handed, and lets a test wait for one."""

    def __init__(self) -> None:
        self.tables: list[RouteTable] = []
        self._swapped = asyncio.Event()

    def swap(self, table: RouteTable) -> None:
        self.tables.append(table)
        self._swapped.set()

    async def until(self, reached: Callable[[], bool]) -> None:
        async with asyncio.timeout(10):
            while not reached():
                self._swapped.clear()
                try:
                    await asyncio.wait_for(self._swapped.wait(), 0.02)
                except TimeoutError:
                    continue

    async def version(self, version: int) -> None:
        await self.until(lambda: bool(self.tables) and self.tables[-1].version == version)


def test_a_store_that_vanishes_leaves_the_last_table_and_is_said_once(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    url = f"sqlite:///{tmp_path}/state.db"
    change(url, 1)

    async def scenario() -> None:
        facade = Facade()
        follower = Follower(url, facade.swap, asyncio.get_running_loop(), interval=0.001)
        follower.start()
        await facade.version(1)
        rename_all(tmp_path, lambda name: name + ".away")
        await facade.until(lambda: follower.trouble is not None)
        first = follower.trouble
        await facade.until(lambda: follower.trouble is not first)
        assert [table.version for table in facade.tables] == [1]
        rename_all(tmp_path, lambda name: name.removesuffix(".away"))
        await facade.until(lambda: follower.trouble is None)
        change(url, 2)
        await facade.version(2)
        follower.stop()

    with caplog.at_level(logging.WARNING, "strangler.control"):
        asyncio.run(scenario())
    assert [("cannot" in record.message, "again" in record.message) for record in caplog.records] == [
        (True, False),
        (False, True),
    ]


def test_a_store_that_is_not_there_yet_is_waited_for(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/state.db"

    async def scenario() -> None:
        facade = Facade()
        follower = Follower(url, facade.swap, asyncio.get_running_loop(), interval=0.001)
        follower.start(version=0)
        await facade.until(lambda: follower.trouble is not None)
        assert facade.tables == []
        assert not (tmp_path / "state.db").exists()
        change(url, 1)
        await facade.version(1)
        follower.stop()

    asyncio.run(scenario())


def test_after_stop_nothing_is_handed_over(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/state.db"
    change(url, 1)

    async def scenario() -> None:
        facade = Facade()
        follower = Follower(url, facade.swap, asyncio.get_running_loop(), interval=0.001)
        follower.start()
        await facade.version(1)
        follower.stop()
        change(url, 2)
        await asyncio.sleep(0)
        assert [table.version for table in facade.tables] == [1]

    asyncio.run(scenario())


def test_the_version_that_the_facade_has_is_not_handed_over_again(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/state.db"
    change(url, 1)

    async def scenario() -> None:
        facade = Facade()
        follower = Follower(url, facade.swap, asyncio.get_running_loop(), interval=0.001)
        follower.start(version=1)
        change(url, 2)
        await facade.version(2)
        follower.stop()
        assert [table.version for table in facade.tables] == [2]

    asyncio.run(scenario())


def test_a_closed_loop_ends_the_thread(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/state.db"
    change(url, 1)
    loop = asyncio.new_event_loop()
    loop.close()
    follower = Follower(url, lambda table: None, loop, interval=0.001)
    follower.start()
    follower._thread.join(10)
    assert not follower._thread.is_alive()


def test_what_nobody_thought_of_does_not_end_the_following(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/state.db"
    change(url, 1)
    troubles: list[Exception] = [RecursionError("deep"), TypeError("odd")]

    def open_(url: str) -> State:
        if troubles:
            raise troubles.pop()
        return open_state(url)

    async def scenario() -> None:
        facade = Facade()
        follower = Follower(url, facade.swap, asyncio.get_running_loop(), interval=0.001, open_=open_)
        follower.start()
        await facade.version(1)
        follower.stop()

    asyncio.run(scenario())


def test_an_empty_state_in_its_place_takes_no_route_back(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/state.db"
    change(url, 1)

    async def scenario() -> None:
        facade = Facade()
        follower = Follower(url, facade.swap, asyncio.get_running_loop(), interval=0.001)
        follower.start()
        await facade.version(1)
        rename_all(tmp_path, lambda name: name + ".away")
        await facade.until(lambda: follower.trouble is not None)
        open_state(url).close()
        await facade.until(lambda: "empty" in str(follower.trouble))
        change(url, 2)
        await facade.until(lambda: facade.tables[-1].upstreams["monolith"].url.endswith(":2"))
        follower.stop()
        assert [table.version for table in facade.tables] == [1, 1]

    asyncio.run(scenario())


def test_another_state_in_its_place_is_followed_even_at_the_same_version(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/state.db"
    change(url, 1)

    async def scenario() -> None:
        facade = Facade()
        follower = Follower(url, facade.swap, asyncio.get_running_loop(), interval=0.001)
        follower.start()
        await facade.version(1)
        rename_all(tmp_path, lambda name: name + ".away")
        await facade.until(lambda: follower.trouble is not None)
        change(url, 2)
        await facade.until(lambda: facade.tables[-1].upstreams["monolith"].url.endswith(":2"))
        follower.stop()

    asyncio.run(scenario())
