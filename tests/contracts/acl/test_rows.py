"""Rows, keys, counts and scans, whichever database they are in."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from fakes.acl_invoices import invoice
from fakes.acl_postgres import PostgresServer

from acl.contract import Children, Column, Table
from acl.data import count_rows, read_batches, read_keys
from acl.data.scan import scan
from acl.errors import StoreError
from acl.stores import Database, open_database

Connect = Callable[..., sqlite3.Connection]

child = Table("child", "app.C", "m.py:2", (Column("id", "int", primary_key=True), Column("parent_id", "int")))
table = Table(
    "parent",
    "app.P",
    "m.py:1",
    (
        Column("id", "int", primary_key=True),
        Column("made", "datetime"),
        Column("day", "date"),
        Column("vat", "decimal", decimals=2),
        Column("token", "uuid"),
        Column("extra", "json", null=True),
        Column("gift", "bool"),
        Column("said", "text", column="of % what"),
    ),
    (Children("children", child, "parent_id"),),
)
TYPES = {
    "sqlite": ("datetime", "decimal", "char(32)", "text", "bool"),
    "postgresql": ("timestamptz", "numeric(5,2)", "uuid", "jsonb", "boolean"),
}
SQL = (
    "CREATE TABLE parent (id bigint PRIMARY KEY, made {0}, day date, vat {1}, token {2}, extra {3}, gift {4},"
    ' "of % what" text)',
    "CREATE TABLE child (id bigint PRIMARY KEY, parent_id bigint)",
    "CREATE TABLE invoice (id bigint PRIMARY KEY, number text, issued {0}, vat {1}, paid {4}, exported {4})",
    "CREATE TABLE item (id bigint PRIMARY KEY, invoice_id bigint, position integer, cents integer)",
)
ROW = (
    "INSERT INTO parent VALUES ({0}, '2024-06-01 10:00:00+00:00', '2024-06-01', 19.5, '{1}', '{{\"a\": 1}}',"
    " {2}, 'it''s 100%?')"
)


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.service)])
def database(request: pytest.FixtureRequest, connect: Connect) -> Database:
    made = Database(connect())
    if request.param == "postgresql":
        server: PostgresServer = request.getfixturevalue("postgres_server")
        server.run("DROP SCHEMA public CASCADE", "CREATE SCHEMA public")
        made = server.open()
    for statement in SQL:
        made.connection.execute(statement.format(*TYPES[request.param]))
    for number in range(1, 6):
        made.connection.execute(ROW.format(number, UUID(int=number).hex, "true"))
    for number in range(1, 4):
        made.connection.execute(f"INSERT INTO child VALUES ({number}, 2)")
        made.connection.execute(
            f"INSERT INTO invoice VALUES ({number}, 'A-{number}', '2024-06-01 10:00:00+00:00', 19, true, false)"
        )
        made.connection.execute(f"INSERT INTO item VALUES ({number}, {number}, {number - 1}, 250)")
    return made


def a_row(number: int) -> dict[str, Any]:
    return {
        "id": number,
        "made": datetime(2024, 6, 1, 10, tzinfo=UTC),
        "day": date(2024, 6, 1),
        "vat": Decimal("19.50"),
        "token": UUID(int=number),
        "extra": {"a": 1},
        "gift": True,
        "said": "it's 100%?",
        "children": [{"id": n, "parent_id": 2} for n in (1, 2, 3)] if number == 2 else [],
    }


def test_a_table_that_is_not_there(database: Database) -> None:
    with pytest.raises(StoreError, match="nothing cannot be read"):
        list(
            read_batches(
                database, Table("nothing", "a.N", "m.py:1", (Column("id", "int", primary_key=True),))
            )
        )


def test_what_cannot_be_opened() -> None:
    for url in ("sqlite:///nowhere.db", "postgresql://u:secret@127.0.0.1:1/x", "mysql://x", ""):
        with pytest.raises(StoreError) as caught:
            open_database(url)
        assert "secret" not in str(caught.value)


def test_rows_are_as_the_orm_gives_them(database: Database) -> None:
    batches = list(read_batches(database, table, size=2))
    assert [len(batch) for batch in batches] == [2, 2, 1]
    assert [row for batch in batches for row in batch] == [a_row(number) for number in range(1, 6)]


def test_keys_and_counts(database: Database) -> None:
    assert [row["id"] for batch in read_keys(database, table, [4, 9, 2]) for row in batch] in ([2, 4], [4, 2])
    assert list(read_keys(database, table, [])) == []
    assert (count_rows(database, table), count_rows(database, table, after=3)) == (5, 2)
    assert [row["id"] for batch in read_batches(database, table, after=3) for row in batch] == [4, 5]


def test_a_scan_finds_the_same(database: Database) -> None:
    (found,) = scan(invoice, database, round_trip=True)
    assert (found.rows, found.refused, found.changed) == (3, 1, 0)
    assert [(one.path, one.examples[0][0]) for one in found.by_count] == [("items[].position", 1)]
