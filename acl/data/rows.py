"""Legacy rows with their children, read in batches, with the values that Django's ORM would give."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, date, datetime, time
from decimal import Decimal
from functools import lru_cache, partial
from typing import Any
from uuid import UUID

from acl.contract import Column, Table
from acl.errors import StoreError
from acl.mapping import Row
from acl.stores.database import REFUSED, Database

__all__ = ["count_rows", "read_batches", "read_keys"]

_PARAMETERS = 500  # of one statement; SQLite's oldest limit is 999
Convert = Callable[[Any], Any]


def read_batches(
    connection: Database | sqlite3.Connection, table: Table, *, after: Any = None, size: int = 1000
) -> Iterator[list[Row]]:
    """The rows of a table in the order of its key, from the one behind `after`, `size` at a time.

    A batch and its children come from one snapshot. A value that is not of its column's kind is passed as it is:
    the mapping refuses it and says why. Raises StoreError when the database is not as the snapshot says.
    """
    database, key = _database(connection), _key(table)
    name = _quoted(key.stored_as)
    while True:
        where = f"WHERE {name} > ?" if after is not None else ""
        with database.snapshot():
            rows = _select(
                database,
                table,
                where,
                (after,) if after is not None else (),
                f"ORDER BY {name} LIMIT {int(size)}",
            )
            _attach(database, table, rows)
        if not rows:
            return
        yield rows
        after = rows[-1][key.name]


def read_keys(
    connection: Database | sqlite3.Connection, table: Table, keys: Iterable[Any]
) -> Iterator[list[Row]]:
    """The rows of those keys that there are, some hundred at a time."""
    database, key, wanted = _database(connection), _key(table), list(keys)
    for start in range(0, len(wanted), _PARAMETERS):
        with database.snapshot():
            rows = _select_in(database, table, key.stored_as, wanted[start : start + _PARAMETERS], "")
            _attach(database, table, rows)
        if rows:
            yield rows


def count_rows(connection: Database | sqlite3.Connection, table: Table, *, after: Any = None) -> int:
    """How many rows there are, or are behind a key."""
    key = _key(table)
    query = f"SELECT count(*) FROM {_quoted(table.name)}"  # noqa: S608 - the name is quoted
    condition = f" WHERE {_quoted(key.stored_as)} > ?" if after is not None else ""
    ((count,),) = _database(connection).rows(query + condition, (after,) if after is not None else ())
    return int(count)


def _database(connection: Database | sqlite3.Connection) -> Database:
    return connection if isinstance(connection, Database) else Database(connection)


def _key(table: Table) -> Column:
    if table.key is None:
        raise StoreError(
            f"{table.name} has no primary key", "add primary_key=True to a column of the snapshot"
        )
    return table.key


def _attach(database: Database, table: Table, rows: list[Row]) -> None:
    for children in table.children:
        key = _key(table)
        link = children.table.column(children.column)
        by_parent: dict[Any, list[Row]] = {row[key.name]: row.setdefault(children.name, []) for row in rows}
        parents = list(by_parent)
        own = children.table.key
        order = f"ORDER BY {_quoted(own.stored_as)}" if own is not None else ""
        for start in range(0, len(parents), _PARAMETERS):
            chunk = parents[start : start + _PARAMETERS]
            column = link.stored_as if link is not None else children.column
            found = _select_in(database, children.table, column, chunk, order)
            _attach(database, children.table, found)
            for child in found:
                by_parent[child[children.column]].append(child)


def _select_in(database: Database, table: Table, column: str, values: list[Any], order: str) -> list[Row]:
    where = f"WHERE {_quoted(column)} IN ({', '.join('?' * len(values))})"
    return _select(database, table, where, values, order)


def _select(database: Database, table: Table, where: str, values: Iterable[Any], order: str) -> list[Row]:
    names = [column.name for column in table.columns]
    stored = ", ".join(_quoted(column.stored_as) for column in table.columns)
    # Names come from the user's own snapshot and are quoted; values are parameters.
    query = f"SELECT {stored} FROM {_quoted(table.name)} {where} {order}"  # noqa: S608
    try:
        found = database.rows(query, tuple(values))
    except StoreError as error:
        raise StoreError(
            f"{table.name} cannot be read: {error.what.removeprefix(REFUSED)}", error.remedy
        ) from error
    columns = list(zip(*found, strict=True))
    if database.is_sqlite:
        for position, column in enumerate(table.columns):
            convert = _converter(column)
            if convert is not None and columns:
                columns[position] = tuple(
                    value if value is None else convert(value) for value in columns[position]
                )
    return [dict(zip(names, values, strict=True)) for values in zip(*columns, strict=True)]


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


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
