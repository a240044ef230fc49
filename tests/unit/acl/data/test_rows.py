"""Rows come out of SQLite as Django's ORM would give them, with their children, in batches."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from datetime import UTC, date, datetime, time
from decimal import Decimal
from uuid import UUID

import pytest

from acl.contract import Children, Column, Table
from acl.data import read_batches
from acl.errors import StoreError

grandchild = Table("g", "a.G", "m.py:3", (Column("id", "int", primary_key=True), Column("child_id", "int")))
child = Table(
    "child",
    "a.C",
    "m.py:2",
    (Column("id", "int", primary_key=True), Column("root_id", "int")),
    (Children("grandchildren", grandchild, "child_id"),),
)
root = Table(
    "ro ot",
    "a.R",
    "m.py:1",
    (
        Column("id", "int", primary_key=True),
        Column("flag", "bool", null=True),
        Column("price", "decimal", decimals=2),
        Column("seen", "datetime"),
        Column("local", "datetime", naive=True),
        Column("day", "date"),
        Column("at", "time"),
        Column("uid", "uuid"),
        Column("extra", "json"),
    ),
    (Children("children", child, "root_id"),),
)
GOOD = (
    1,
    12.1,
    "2024-01-01 10:00:00.5",
    "2024-01-01 10:00:00",
    "2024-02-29",
    "10:30:00",
    "0" * 32,
    '{"a": 1}',
)


@pytest.fixture
def connection(connect: Callable[..., sqlite3.Connection]) -> sqlite3.Connection:
    connection = connect()
    connection.execute(
        'CREATE TABLE "ro ot" (id INTEGER PRIMARY KEY, flag, price, seen, local, day, at, uid, extra)'
    )
    connection.execute("CREATE TABLE child (id INTEGER PRIMARY KEY, root_id)")
    connection.execute("CREATE TABLE g (id INTEGER PRIMARY KEY, child_id)")
    return connection


def insert(connection: sqlite3.Connection, key: int, values: tuple[object, ...] = GOOD) -> None:
    connection.execute('INSERT INTO "ro ot" VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)', (key, *values))


def test_a_database_that_is_not_as_the_snapshot_says_is_an_error(connection: sqlite3.Connection) -> None:
    with pytest.raises(StoreError, match="elsewhere cannot be read: no such table"):
        next(
            read_batches(
                connection, Table("elsewhere", "a.E", "m.py:1", (Column("id", "int", primary_key=True),))
            )
        )
    with pytest.raises(StoreError, match="has no primary key"):
        next(read_batches(connection, Table("child", "a.C", "m.py:1", (Column("id", "int"),))))


def test_a_value_of_another_kind_is_passed_as_it_is(connection: sqlite3.Connection) -> None:
    bad = ("maybe", "dear", "once", 5, "2024-02-30", "late", "me", "{")
    insert(connection, 1, bad)
    ((row,),) = read_batches(connection, root)
    assert tuple(row.values())[1:9] == bad


def test_values_are_those_of_the_orm(connection: sqlite3.Connection) -> None:
    insert(connection, 1)
    insert(connection, 2, (None,) * 8)
    ((first, second),) = read_batches(connection, root)
    assert first == {
        "id": 1,
        "flag": True,
        "price": Decimal("12.10"),
        "seen": datetime(2024, 1, 1, 10, 0, 0, 500000, tzinfo=UTC),
        "local": datetime(2024, 1, 1, 10),
        "day": date(2024, 2, 29),
        "at": time(10, 30),
        "uid": UUID(int=0),
        "extra": {"a": 1},
        "children": [],
    }
    assert str(first["price"]) == "12.10"
    assert list(second.values()) == [2, *[None] * 8, []]


def test_children_come_with_their_root_at_any_depth(connection: sqlite3.Connection) -> None:
    for key in (1, 2):
        insert(connection, key)
    connection.executemany("INSERT INTO child VALUES (?, ?)", [(10, 1), (11, 2), (12, 1), (13, 99)])
    connection.executemany("INSERT INTO g VALUES (?, ?)", [(100, 12), (101, 12)])
    ((first, second),) = read_batches(connection, root)
    assert [one["id"] for one in first["children"]] == [10, 12]
    assert [one["id"] for one in first["children"][1]["grandchildren"]] == [100, 101]
    assert [one["id"] for one in second["children"]] == [11]


@pytest.mark.parametrize(("size", "batches"), [(1, 1201), (500, 3), (1201, 1), (5000, 1)])
def test_every_row_comes_once_in_the_order_of_its_key(
    connection: sqlite3.Connection, size: int, batches: int
) -> None:
    for key in reversed(range(1201)):
        insert(connection, key)
    read = list(read_batches(connection, root, size=size))
    assert [row["id"] for batch in read for row in batch] == list(range(1201))
    assert len(read) == batches


def test_reading_goes_on_behind_a_key(connection: sqlite3.Connection) -> None:
    for key in range(10):
        insert(connection, key)
    assert [row["id"] for batch in read_batches(connection, root, after=6, size=2) for row in batch] == [
        7,
        8,
        9,
    ]
