"""Legacy rows with their children, read from SQLite in batches, with the values that Django's ORM would give."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, time
from decimal import Decimal
from functools import lru_cache, partial
from typing import Any
from uuid import UUID

from acl.contract import Column, Table
from acl.errors import StoreError
from acl.mapping import Row

__all__ = ["read_batches"]

_PARAMETERS = 500  # of one statement; SQLite's oldest limit is 999
Convert = Callable[[Any], Any]


def read_batches(
    connection: sqlite3.Connection, table: Table, *, after: Any = None, size: int = 1000
) -> Iterator[list[Row]]:
    """The rows of a table in the order of its key, from the one behind `after`, `size` at a time.

    A batch and its children come from one snapshot. A value that is not of its column's kind is passed as it is:
    the mapping refuses it and says why. Raises StoreError when the database is not as the snapshot says.
    """
    key = table.key
    if key is None:
        raise StoreError(
            f"{table.name} has no primary key", "add primary_key=True to a column of the snapshot"
        )
    while True:
        with _snapshot(connection):
            rows = _select(
                connection,
                table,
                f"WHERE {_quoted(key.name)} > ?" if after is not None else "",
                (after,) if after is not None else (),
                f"ORDER BY {_quoted(key.name)} LIMIT {int(size)}",
            )
            _attach(connection, table, rows)
        if not rows:
            return
        yield rows
        after = rows[-1][key.name]


def _attach(connection: sqlite3.Connection, table: Table, rows: list[Row]) -> None:
    key = table.key
    for children in table.children:
        assert key is not None
        by_parent: dict[Any, list[Row]] = {row[key.name]: row.setdefault(children.name, []) for row in rows}
        parents = list(by_parent)
        for start in range(0, len(parents), _PARAMETERS):
            chunk = parents[start : start + _PARAMETERS]
            where = f"WHERE {_quoted(children.column)} IN ({', '.join('?' * len(chunk))})"
            found = _select(connection, children.table, where, chunk, "ORDER BY rowid")
            _attach(connection, children.table, found)
            for child in found:
                by_parent[child[children.column]].append(child)


def _select(
    connection: sqlite3.Connection, table: Table, where: str, values: Iterable[Any], order: str
) -> list[Row]:
    names = [column.name for column in table.columns]
    # Names come from the user's own snapshot and are quoted; values are parameters.
    query = f"SELECT {', '.join(map(_quoted, names))} FROM {_quoted(table.name)} {where} {order}"  # noqa: S608
    try:
        rows = [dict(zip(names, values, strict=True)) for values in connection.execute(query, tuple(values))]
    except sqlite3.Error as error:
        raise StoreError(
            f"{table.name} cannot be read: {error}", "compare the snapshot with the database"
        ) from error
    for name, convert in ((column.name, _converter(column)) for column in table.columns):
        if convert is not None:
            for row in rows:
                if row[name] is not None:
                    row[name] = convert(row[name])
    return rows


def _converter(column: Column) -> Convert | None:
    match column.kind:
        case "datetime":
            return _tolerant(datetime.fromisoformat if column.naive else _aware)
        case "decimal" if column.decimals is not None:
            return _tolerant(partial(_decimal, column.decimals))
        case "bool":
            return _tolerant({0: False, 1: True}.__getitem__)
    plain: dict[str, Convert] = {
        "date": date.fromisoformat,
        "time": time.fromisoformat,
        "uuid": UUID,
        "json": json.loads,
    }
    return _tolerant(plain[column.kind]) if column.kind in plain else None


def _tolerant(convert: Convert) -> Convert:
    def converted(value: Any) -> Any:
        try:
            return convert(value)
        except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError):
            return value

    return converted


def _aware(text: str) -> datetime:
    value = datetime.fromisoformat(text)
    return value.replace(tzinfo=UTC) if value.tzinfo is None else value


@lru_cache(maxsize=4096)
def _decimal(places: int, value: float | str) -> Decimal:
    """SQLite keeps a decimal as a float: its shortest text, at the column's decimals, is what was stored."""
    return Decimal(str(value)).quantize(Decimal(1).scaleb(-places))


@contextmanager
def _snapshot(connection: sqlite3.Connection) -> Iterator[None]:
    own = not connection.in_transaction
    if own:
        connection.execute("BEGIN")
    try:
        yield
    finally:
        if own:
            connection.rollback()


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
