"""What is particular to the id map in SQLite: it lives in somebody's database, and in somebody's transaction."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest

from acl.errors import StoreError
from acl.stores import SqliteIdMap

Connect = Callable[..., sqlite3.Connection]


def test_a_file_that_is_no_database_is_one_clear_error(connect: Connect, tmp_path: Path) -> None:
    (tmp_path / "ids.db").write_text("not a database, but long enough to look like one " * 30)
    with pytest.raises(StoreError, match="the id map cannot be used: file is not a database"):
        SqliteIdMap(connect(tmp_path / "ids.db"))


def test_it_takes_part_in_the_callers_transaction(connect: Connect) -> None:
    connection = connect()
    ids = SqliteIdMap(connection)
    connection.execute("BEGIN")
    ids.add("orders", {1: "a"})
    assert connection.in_transaction
    connection.execute("ROLLBACK")
    assert ids.new_ids("orders", [1]) == {}


def test_a_lookup_does_not_read_the_whole_map(connect: Connect) -> None:
    connection = connect()
    ids = SqliteIdMap(connection)
    ids.add("orders", {key: f"id-{key}" for key in range(20_000)})
    steps = 0

    def count() -> int:
        nonlocal steps
        steps += 1
        return 0

    connection.set_progress_handler(count, 100)  # called after so many instructions of SQLite's machine
    assert len(ids.legacy_keys("orders", [f"id-{key}" for key in range(0, 20_000, 1000)])) == 20
    assert len(ids.new_ids("orders", range(0, 20_000, 1000))) == 20
    connection.set_progress_handler(None, 0)
    assert steps < 50
