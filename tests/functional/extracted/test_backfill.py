"""The copy: nothing is lost, nothing is copied around the mapping, and it can be stopped and repeated."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from .conftest import BILLING, backfill


def run(database: Path, statement: str) -> list[Any]:
    with closing(sqlite3.connect(database)) as connection, connection:
        return connection.execute(statement).fetchall()


def test_what_cannot_be_translated_is_quarantined_with_its_reasons(legacy_copy: Path, tmp_path: Path) -> None:
    database = tmp_path / "billing.db"
    rows = run(legacy_copy, "SELECT count(*) FROM billing_invoice")[0][0]
    run(legacy_copy, "UPDATE billing_invoice SET status = 'X', due = 'soon' WHERE id = 3")
    run(
        legacy_copy,
        "UPDATE billing_invoice SET invoice_no = 'much longer than twenty characters' WHERE id = 5",
    )
    run(
        legacy_copy,
        "UPDATE billing_invoiceline SET tax_percent = 'many' WHERE invoice_id = 7 AND position = 1",
    )
    code, summary = backfill(legacy_copy, database)
    assert (code, summary["copied"], summary["quarantined"]) == (1, rows - 3, 3)
    found = run(database, "SELECT legacy_key, path, operation, value, reason FROM quarantine ORDER BY 1, 2")
    assert found == [
        (3, "due", "date", "'soon'", "not a date"),
        (3, "status", "enum", "'X'", "no partner; known are 'O', 'P', 'V'"),
        (5, "$.number", "contract", "None", "Expected `str` of length <= 20"),
        (7, "lines[0].tax_percent", "decimal", "'many'", "not a finite decimal number"),
    ]


def test_what_was_mended_leaves_the_quarantine(legacy_copy: Path, tmp_path: Path) -> None:
    database = tmp_path / "billing.db"
    run(legacy_copy, "UPDATE billing_invoice SET status = 'X' WHERE id = 3")
    assert backfill(legacy_copy, database)[0] == 1
    run(legacy_copy, "UPDATE billing_invoice SET status = 'V' WHERE id = 3")
    assert backfill(legacy_copy, database)[0] == 0
    assert run(database, "SELECT count(*) FROM quarantine") == [(0,)]


@pytest.mark.parametrize("name", ["absent.db", "empty.db", "text.db"])
def test_a_database_that_is_no_monolith_is_one_clear_line(name: str, tmp_path: Path) -> None:
    (tmp_path / "empty.db").touch()
    (tmp_path / "text.db").write_text("no database\n" * 500)
    done = subprocess.run(
        [
            sys.executable,
            BILLING / "backfill.py",
            "--legacy",
            tmp_path / name,
            "--database",
            tmp_path / "b.db",
        ],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("cannot copy from ")
    assert done.stderr.count("\n") == 1


def test_a_repeated_copy_changes_nothing(legacy_copy: Path, tmp_path: Path) -> None:
    database = tmp_path / "billing.db"
    columns = "id, tenant, customer, state, issued_on, sequence, document, written_here"
    first = backfill(legacy_copy, database)[1]
    before = run(database, f"SELECT {columns} FROM invoices ORDER BY id")
    second = backfill(legacy_copy, database)[1]
    assert run(database, f"SELECT {columns} FROM invoices ORDER BY id") == before
    assert (second["copied"], second["removed"]) == (first["copied"], 0)


def test_two_copies_into_two_databases_agree_on_every_id(legacy_copy: Path, tmp_path: Path) -> None:
    for name in ("a.db", "b.db"):
        backfill(legacy_copy, tmp_path / name)
    first, second = (run(tmp_path / name, "SELECT * FROM acl_ids ORDER BY 1, 2") for name in ("a.db", "b.db"))
    assert first == second
    assert first


def test_a_repeated_copy_follows_changes_and_deletions(legacy_copy: Path, tmp_path: Path) -> None:
    database = tmp_path / "billing.db"
    rows = backfill(legacy_copy, database)[1]["rows"]
    run(legacy_copy, "UPDATE billing_invoice SET bill_to = 'Renamed' WHERE id = 4")
    run(legacy_copy, "DELETE FROM billing_invoice WHERE id = 6")
    code, summary = backfill(legacy_copy, database)
    assert (code, summary["rows"], summary["removed"]) == (0, rows - 1, 1)
    assert run(database, "SELECT count(*) FROM invoices WHERE sequence = 6") == [(0,)]
    shown = "SELECT json_extract(document, '$.recipient.name') FROM invoices WHERE sequence = 4"
    assert run(database, shown) == [("Renamed",)]


def test_a_copy_that_was_stopped_goes_on_where_it_was(legacy_copy: Path, tmp_path: Path) -> None:
    database = tmp_path / "billing.db"
    rows = backfill(legacy_copy, database)[1]["rows"]
    last = run(legacy_copy, "SELECT max(id) FROM billing_invoice")[0][0]
    # As if the process had been killed after the batch that ended ten rows before the last.
    run(database, f"INSERT INTO copies (last_key) VALUES ({last - 10})")
    run(database, "UPDATE invoices SET copied_by = (SELECT max(id) FROM copies)")
    code, summary = backfill(legacy_copy, database)
    assert (code, summary["resumed_after"], summary["rows"], summary["removed"]) == (0, last - 10, 10, 0)
    assert run(database, "SELECT count(*) FROM invoices") == [(rows,)]


def test_no_secret_is_copied(legacy_copy: Path, tmp_path: Path) -> None:
    database = tmp_path / "billing.db"
    backfill(legacy_copy, database)
    keys = run(legacy_copy, "SELECT key FROM accounts_apitoken")
    everything = b"".join(path.read_bytes() for path in tmp_path.glob("billing.db*"))
    assert keys
    assert not [key for (key,) in keys if key.encode() in everything]
