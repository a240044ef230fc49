from __future__ import annotations

import sqlite3
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from threading import Barrier

import pytest

from strangler.errors import BadDocument, StoreError
from strangler.routing import RouteTable
from strangler.store import Entry, open_state
from strangler.store.schema import MIGRATIONS
from strangler.store.sqlite import SQLiteDatabase

ENTRY = Entry("add", "add", "someone", "store", 1.0)


def _version(path: Path, version: int) -> None:
    with closing(sqlite3.connect(path)) as connection:
        connection.execute(f"PRAGMA user_version = {version}")
        connection.commit()


def test_a_state_of_a_newer_version_is_left_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "state.db"
    SQLiteDatabase(path).close()
    _version(path, len(MIGRATIONS) + 1)
    before = path.read_bytes()
    with pytest.raises(StoreError, match="newer strangler"):
        SQLiteDatabase(path)
    assert path.read_bytes() == before


def test_the_database_of_another_program_is_left_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "django.sqlite3"
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("CREATE TABLE auth_user (id INTEGER)")
        connection.commit()
    before = path.read_bytes()
    with pytest.raises(StoreError, match="another program"):
        SQLiteDatabase(path)
    assert path.read_bytes() == before


@pytest.mark.parametrize("content", [b"hello", b"SQLite format 3\0" + b"x" * 4096])
def test_what_is_no_database_is_left_as_it_is(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "notes.txt"
    path.write_bytes(content)
    with pytest.raises(StoreError) as caught:
        SQLiteDatabase(path)
    assert caught.value.where == str(path)
    assert path.read_bytes() == content
    assert list(tmp_path.iterdir()) == [path]


def test_a_directory_is_no_state(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="directory"):
        SQLiteDatabase(tmp_path)


def test_a_folder_that_does_not_exist_is_said(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="folder"):
        SQLiteDatabase(tmp_path / "missing" / "state.db")


def test_reading_makes_no_file(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="there is no state"):
        SQLiteDatabase(tmp_path / "state.db", create=False)
    assert list(tmp_path.iterdir()) == []


def test_a_lock_that_is_held_for_too_long_is_said(tmp_path: Path) -> None:
    path = tmp_path / "state.db"
    database = SQLiteDatabase(path, busy_timeout=0.01)
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(StoreError, match="locked"), database.write():
            raise AssertionError
    database.close()


def test_what_fails_half_way_is_undone(tmp_path: Path) -> None:
    database = SQLiteDatabase(tmp_path / "state.db")

    def stumble() -> None:
        with database.write() as connection:
            connection.execute("INSERT INTO rollouts VALUES ('billing', '{}', 1)")
            raise KeyError

    with pytest.raises(KeyError):
        stumble()
    with database.read() as connection:
        assert connection.execute("SELECT count(*) FROM rollouts").fetchone() == (0,)
    database.close()


def test_a_file_that_vanishes_is_not_written_to(tmp_path: Path) -> None:
    state = open_state(f"sqlite:///{tmp_path}/state.db")
    (tmp_path / "state.db").unlink()
    with pytest.raises(StoreError, match="there is no state"):
        state.routes.commit(RouteTable(), 0, ENTRY)
    state.close()


def test_a_damaged_document_is_said_with_its_version(tmp_path: Path) -> None:
    state = open_state(f"sqlite:///{tmp_path}/state.db")
    state.routes.commit(RouteTable(), 0, ENTRY)
    with closing(sqlite3.connect(tmp_path / "state.db")) as connection:
        connection.execute("UPDATE versions SET document = '{\"grups\": {}}'")
        connection.commit()
    with pytest.raises(StoreError, match="version 1 of the routes cannot be read"):
        state.routes.load()
    state.close()


def test_a_restored_backup_is_taken_up(tmp_path: Path) -> None:
    path, backup = tmp_path / "state.db", tmp_path / "backup.db"
    open_state(f"sqlite:///{backup}").close()
    state = open_state(f"sqlite:///{path}")
    state.routes.commit(RouteTable(), 0, ENTRY)
    for leftover in (path, tmp_path / "state.db-wal", tmp_path / "state.db-shm"):
        leftover.unlink()
    backup.rename(path)
    assert state.routes.version() == 0
    assert state.routes.commit(RouteTable(), 0, ENTRY).version == 1
    state.close()


def test_commits_are_synced_to_the_disk(tmp_path: Path) -> None:
    database = SQLiteDatabase(tmp_path / "state.db")
    with database.read() as connection:
        assert connection.execute("PRAGMA synchronous").fetchone() == (2,)
        assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    database.close()


def test_names_that_mean_something_in_an_address_are_only_names(tmp_path: Path) -> None:
    path = tmp_path / "odd ?mode=memory#%41.db"
    SQLiteDatabase(path).close()
    assert path.exists()


def test_many_that_find_no_state_at_once_make_one(tmp_path: Path) -> None:
    together = Barrier(8)

    def open_it(path: Path) -> None:
        together.wait(10)
        SQLiteDatabase(path).close()

    with ThreadPoolExecutor(8) as pool:
        for number in range(10):
            list(pool.map(open_it, [tmp_path / f"{number}.db"] * 8))
    assert len(list(tmp_path.glob("*.db"))) == 10


@pytest.mark.parametrize("value", ["\udcff", 2**80])
def test_what_cannot_be_kept_is_said_in_one_line(tmp_path: Path, value: object) -> None:
    database = SQLiteDatabase(tmp_path / "state.db")
    with pytest.raises(BadDocument, match="cannot be kept"), database.read() as connection:
        connection.execute("SELECT ?", (value,))
    database.close()
