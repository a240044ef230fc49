"""What every backend of the id map must do. Each has its way to open a second, concurrent connection."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from fakes.acl_postgres import PostgresServer

from acl.errors import StoreError
from acl.stores import IdMap, PostgresIdMap, SqliteIdMap

Open = Callable[[], IdMap]
Connect = Callable[..., sqlite3.Connection]


def sqlite_file(connect: Connect, folder: Path) -> Open:
    return lambda: SqliteIdMap(connect(folder / "ids.db", timeout=20))


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.service)])
def open_map(request: pytest.FixtureRequest, connect: Connect, tmp_path: Path) -> Open:
    if request.param == "sqlite":
        return sqlite_file(connect, tmp_path)
    server: PostgresServer = request.getfixturevalue("postgres_server")
    server.run("DROP TABLE IF EXISTS acl_ids")
    return lambda: PostgresIdMap(server.open().connection)


def test_a_pair_is_never_changed(open_map: Open) -> None:
    ids = open_map()
    assert ids.add("orders", {1: "a"}) == {1: "a"}
    assert ids.add("orders", {1: "b", 2: "c"}) == {1: "a", 2: "c"}
    assert ids.new_ids("orders", [1, 2, 3]) == {1: "a", 2: "c"}


def test_an_id_belongs_to_one_key(open_map: Open) -> None:
    ids = open_map()
    ids.add("orders", {1: "a"})
    with pytest.raises(StoreError):
        ids.add("orders", {3: "c", 2: "a"})
    assert ids.new_ids("orders", [1, 2, 3]) == {1: "a"}
    assert ids.add("orders", {3: "c"}) == {3: "c"}


@pytest.mark.parametrize("key", [True, 1.0, None, 2**63, (1,)])
def test_what_cannot_be_a_key_is_refused(open_map: Open, key: int) -> None:
    with pytest.raises(StoreError, match="no legacy key"):
        open_map().add("orders", {key: "a"})
    assert open_map().new_ids("orders", [key]) == {}


def test_kinds_and_types_of_keys_are_kept_apart(open_map: Open) -> None:
    ids = open_map()
    ids.add("orders", {1: "a", "1": "b"})
    ids.add("lines", {1: "a"})
    assert ids.legacy_keys("orders", ["a", "b"]) == {"a": 1, "b": "1"}
    assert ids.legacy_keys("lines", ["a", "b"]) == {"a": 1}


def test_text_comes_back_as_it_was(open_map: Open) -> None:
    ids = open_map()
    ids.add("orders", {"ÅÄ 'quoted\"\n": "a", "": "b"})
    assert ids.legacy_keys("orders", ["a", "b"]) == {"a": "ÅÄ 'quoted\"\n", "b": ""}


def test_a_batch_of_any_size_goes_both_ways(open_map: Open) -> None:
    ids = open_map()
    pairs = {number: f"id-{number}" for number in range(5000)}
    assert ids.add("orders", pairs) == pairs
    assert ids.new_ids("orders", range(-5, 6000)) == pairs
    assert ids.legacy_keys("orders", pairs.values()) == {new_id: number for number, new_id in pairs.items()}
    assert ids.new_ids("orders", []) == {}


def test_what_one_connection_wrote_another_reads(open_map: Open) -> None:
    open_map().add("orders", {1: "a"})
    assert open_map().new_ids("orders", [1]) == {1: "a"}


def test_concurrent_writers_agree_on_every_id(open_map: Open) -> None:
    open_map()
    answers: list[dict[int | str, str]] = []
    ready = threading.Barrier(4)

    def write(name: str) -> None:
        ids = open_map()
        ready.wait()
        given: dict[int | str, str] = {}
        for start in range(0, 400, 20):
            given |= ids.add("orders", {key: f"{name}-{key}" for key in range(start, start + 30)})
        answers.append(given)

    threads = [threading.Thread(target=write, args=(name,)) for name in "abcd"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(answers) == 4
    assert all(answer == answers[0] for answer in answers)
