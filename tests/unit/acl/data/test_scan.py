"""A scan loses no row and no reason, goes on where it stopped, and tells what would come back changed."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from fakes.acl_invoices import invoice

from acl.data.quarantine import Quarantine
from acl.data.scan import Scan, scan, scan_keys
from acl.errors import StoreError
from acl.stores import Database
from acl.translate import Untranslatable

Connect = Callable[..., sqlite3.Connection]


@pytest.fixture
def database(connect: Connect) -> Database:
    """Ten invoices: the fifth has no date, the sixth a long number, and an item of the seventh counts from zero."""
    connection = connect()
    connection.execute("CREATE TABLE invoice (id INTEGER PRIMARY KEY, number, issued, vat, paid, exported)")
    connection.execute("CREATE TABLE item (id INTEGER PRIMARY KEY, invoice_id, position, cents)")
    for key in range(1, 11):
        number = "much too long" if key == 6 else f"A-{key}"
        issued = "soon" if key == 5 else "2024-06-01 10:00:00"
        connection.execute("INSERT INTO invoice VALUES (?, ?, ?, 19, 1, 0)", (key, number, issued))
        connection.execute("INSERT INTO item VALUES (?, ?, ?, 250)", (key, key, 0 if key == 7 else 1))
    return Database(connection)


BAD = [("issued", 5), ("number", 6), ("items[0].position", 7)]


def run(database: Database, **options: Any) -> tuple[Scan, list[Untranslatable]]:
    records: list[Untranslatable] = []
    grown = list(scan(invoice, database, size=3, keep=lambda more, key: records.extend(more), **options))
    return grown[-1] if grown else Scan(), records


def test_every_row_that_does_not_translate_is_told_once(database: Database) -> None:
    found, records = run(database)
    assert (found.rows, found.refused, found.last_key) == (10, 3, 10)
    assert [(record.path, record.key) for record in records] == BAD
    assert [(one.path, one.count) for one in found.by_count] == [
        ("issued", 1),
        ("items[].position", 1),
        ("number", 1),
    ]


def test_it_goes_on_where_it_stopped(database: Database) -> None:
    batches = scan(invoice, database, size=3)
    half = next(batches)
    batches.close()
    assert half.last_key == 3
    found, _ = run(database, so_far=half)
    assert (found.rows, found.refused) == (10, 3)


def test_reasons_are_counted_together_and_examples_are_few(database: Database) -> None:
    database.run("UPDATE invoice SET issued = 'soon'")
    found, _ = run(database)
    (reason,) = [one for one in found.by_count if one.path == "issued"]
    assert (reason.count, reason.examples) == (10, [(1, "soon"), (2, "soon"), (3, "soon")])


def test_there_is_an_end_to_the_reasons() -> None:
    found = Scan()
    for number in range(1500):
        found.add(Untranslatable("m", 1, "to_contract", number, "p", "o", None, f"reason {number}"))
    assert len(found.reasons) == 1001
    assert found.by_count[0].count == 500


def test_rows_that_come_back_changed_are_told(database: Database) -> None:
    database.run("DELETE FROM invoice WHERE id IN (5, 6, 7)")
    database.run("UPDATE invoice SET paid = 7 WHERE id = 2")
    assert run(database)[0].refused == 1
    database.run("UPDATE invoice SET paid = 1, vat = 19.004 WHERE id = 2")
    found, _ = run(database, round_trip=True)
    assert (found.refused, found.changed) == (0, 0)  # SQLite's decimals are read at the column's


def test_a_database_of_another_form_is_an_error(connect: Connect) -> None:
    with pytest.raises(StoreError, match="invoice cannot be read"):
        run(Database(connect()))


class TestQuarantine:
    def test_a_folder_that_is_not_there(self, tmp_path: Path) -> None:
        with pytest.raises(StoreError, match="cannot be used"):
            Quarantine(tmp_path / "no" / "q.jsonl", "invoice", "f").resume()

    def test_a_file_that_is_none(self, tmp_path: Path) -> None:
        for content in (b"nonsense\n", b"[]\n", b"{}\n"):
            (tmp_path / "q.jsonl").write_bytes(content)
            with pytest.raises(StoreError, match="is no quarantine"):
                Quarantine(tmp_path / "q.jsonl", "invoice", "f").keys()

    def test_a_scan_of_another_mapping_starts_again(self, database: Database, tmp_path: Path) -> None:
        file = Quarantine(tmp_path / "q.jsonl", "invoice", "one")
        file.resume()
        file.append(run(database)[1])
        file.save(run(database)[0])
        assert Quarantine(tmp_path / "q.jsonl", "invoice", "two").resume() is None
        assert (tmp_path / "q.jsonl").read_bytes() == b""

    def test_an_interrupted_scan_has_each_record_once(self, database: Database, tmp_path: Path) -> None:
        file = Quarantine(tmp_path / "q.jsonl", "invoice", "f")
        assert file.resume() is None
        batches = scan(invoice, database, size=3, keep=lambda records, key: file.append(records))
        file.save(next(batches))
        next(batches)  # whose records are written, and then the power goes
        batches.close()
        again = Quarantine(tmp_path / "q.jsonl", "invoice", "f")
        so_far = again.resume()
        assert so_far is not None
        for _ in scan(
            invoice, database, so_far=so_far, size=3, keep=lambda records, key: again.append(records)
        ):
            pass
        again.finish()
        lines = [json.loads(line) for line in (tmp_path / "q.jsonl").read_text().splitlines()]
        assert [(line["path"], line["key"]) for line in lines] == BAD
        assert [path.name for path in tmp_path.iterdir()] == ["q.jsonl"]

    def test_what_json_cannot_say_is_written_as_python_would(self, tmp_path: Path) -> None:
        file = Quarantine(tmp_path / "q.jsonl", "invoice", "f")
        file.resume()
        values = [datetime(2024, 6, 1, tzinfo=UTC), Decimal("1.5"), {1, 2}, object, 1j, {(1, 2): 3}]
        file.append(Untranslatable("m", 1, "to_contract", 1, "p", "o", value, "r") for value in values)
        assert len(file.keys()) == 1

    def test_a_replay_keeps_what_is_still_refused(self, database: Database, tmp_path: Path) -> None:
        file = Quarantine(tmp_path / "q.jsonl", "invoice", "f")
        file.resume()
        file.append(run(database)[1])
        database.run("UPDATE invoice SET issued = '2024-06-01' WHERE id = 5")
        still: list[Untranslatable] = []
        found = scan_keys(invoice, database, file.keys(), keep=lambda records, key: still.extend(records))
        file.replace(still)
        assert (found.rows, found.refused) == (3, 2)
        assert file.keys() == [6, 7]
