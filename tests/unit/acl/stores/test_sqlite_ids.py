"""What is particular to the id map in SQLite: it lives in somebody's database, and in somebody's transaction."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from acl.errors import StoreError
from acl.stores import SqliteIdMap


def test_a_file_that_is_no_database_is_one_clear_error(tmp_path: Path) -> None:
    (tmp_path / "ids.db").write_text("not a database, but long enough to look like one " * 30)
    with pytest.raises(StoreError, match="the id map cannot be used: file is not a database"):
        SqliteIdMap(sqlite3.connect(tmp_path / "ids.db"))


def test_it_takes_part_in_the_callers_transaction() -> None:
    connection = sqlite3.connect(":memory:", isolation_level=None)
    ids = SqliteIdMap(connection)
    connection.execute("BEGIN")
    ids.add("orders", {1: "a"})
    assert connection.in_transaction
    connection.execute("ROLLBACK")
    assert ids.new_ids("orders", [1]) == {}
