"""The id map in SQLite: a table in the service's own database, or a file of its own."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from acl.errors import StoreError
from acl.stores.id_map import Key

__all__ = ["SqliteIdMap"]

# `legacy_key` has no declared type, so that SQLite keeps 7 and "7" apart.
_SCHEMA = """
CREATE TABLE IF NOT EXISTS acl_ids (
    kind TEXT NOT NULL,
    legacy_key NOT NULL,
    new_id TEXT NOT NULL,
    PRIMARY KEY (kind, legacy_key),
    UNIQUE (kind, new_id)
) WITHOUT ROWID
"""
_BATCH = 500  # parameters of one statement; SQLite's oldest limit is 999


class SqliteIdMap:
    """An id map in the database of an open connection; makes its table when it is missing.

    Within a transaction of the caller it takes part in it; otherwise each `add` is a transaction of its own.
    """

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        with _as_store_error():
            connection.execute(_SCHEMA)

    def new_ids(self, kind: str, keys: Iterable[Key]) -> dict[Key, str]:
        return dict(self._select("legacy_key, new_id", "legacy_key", kind, keys))

    def legacy_keys(self, kind: str, ids: Iterable[str]) -> dict[str, Key]:
        return dict(self._select("new_id, legacy_key", "new_id", kind, ids))

    def add(self, kind: str, proposed: Mapping[Key, str]) -> dict[Key, str]:
        rows = [(kind, _checked(key), new_id) for key, new_id in proposed.items()]
        with _as_store_error():
            own = not self._connection.in_transaction
            if own:
                self._connection.execute("BEGIN IMMEDIATE")
            try:
                self._connection.executemany(
                    "INSERT INTO acl_ids VALUES (?, ?, ?) ON CONFLICT (kind, legacy_key) DO NOTHING", rows
                )
            except BaseException:
                if own:
                    self._connection.rollback()
                raise
            if own:
                self._connection.commit()
        return self.new_ids(kind, proposed)

    def _select(self, columns: str, by: str, kind: str, values: Iterable[Any]) -> Iterator[Any]:
        storable = [value for value in values if _storable(value)]
        for start in range(0, len(storable), _BATCH):
            batch = storable[start : start + _BATCH]
            # A join, since for a long IN list the planner would rather read all ids of the kind. Only constants of
            # this module and question marks are put into the statement.
            wanted = f"WITH wanted (value) AS (VALUES {', '.join(['(?)'] * len(batch))})"
            found = f"SELECT {columns} FROM wanted CROSS JOIN acl_ids WHERE kind = ? AND {by} = value"  # noqa: S608
            with _as_store_error():
                yield from self._connection.execute(f"{wanted} {found}", (*batch, kind)).fetchall()


def _storable(value: object) -> bool:
    return type(value) is str or (type(value) is int and -(2**63) <= value < 2**63)


def _checked(key: Key) -> Key:
    if not _storable(key):
        raise StoreError(f"{key!r} is no legacy key", "a key is text, or an integer of at most 64 bits")
    return key


@contextmanager
def _as_store_error() -> Iterator[None]:
    try:
        yield
    except sqlite3.Error as error:
        raise StoreError(f"the id map cannot be used: {error}", "check the database file") from error
