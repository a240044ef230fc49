"""Fills the service's database from the monolith's, through the mapping and nothing else.

Rows stream in batches, each a transaction, so that a copy that was stopped goes on where it was. A row that cannot be
translated goes to the quarantine, with the reasons. A copy can be repeated: it updates what the monolith changed,
removes what it deleted, and leaves alone what the service itself has written.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from dataclasses import dataclass
from time import perf_counter
from typing import Any

import msgspec
from acl import Translator, Untranslatable
from acl.data import read_batches
from acl.mapping import Row

from billing_service import compiled_invoice
from billing_service.callers import token_digest
from billing_service.contract import Invoice
from billing_service.database import identity
from billing_service.invoices import Document
from billing_service.legacy_billing import billing_invoice
from billing_service.mappings import invoice

__all__ = ["CopyResult", "Progress", "copy"]

Progress = Callable[[int, int], None]
"""(rows done, rows in all)"""

_UPSERT = """
INSERT INTO invoices (id, tenant, customer, state, issued_on, sequence, document, copied_by)
VALUES (?, ?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (id) DO UPDATE SET
    tenant = excluded.tenant, customer = excluded.customer, state = excluded.state,
    issued_on = excluded.issued_on, document = excluded.document, copied_by = excluded.copied_by
WHERE written_here = 0
"""


@dataclass(frozen=True, slots=True)
class CopyResult:
    """What a copy did. `quarantined` counts rows; `kept` those that the service itself has written since."""

    rows: int
    copied: int
    kept: int
    removed: int
    quarantined: int
    resumed_after: int | None
    seconds: float


def copy(
    legacy: sqlite3.Connection,
    database: sqlite3.Connection,
    progress: Progress = lambda done, total: None,
    size: int = 1000,
) -> CopyResult:
    """Copy every invoice, and who may call; both connections have explicit transactions."""
    started = perf_counter()
    ids = identity(database)
    translator = Translator(invoice, ids, compiled_invoice)
    run, after = _begin(database)
    total = _count(legacy, after)
    rows = quarantined = 0
    progress(0, total)
    for batch in read_batches(legacy, billing_invoice, after=after, size=size):
        database.execute("BEGIN IMMEDIATE")
        try:
            refused = _store(database, translator, batch, run)
            database.execute("UPDATE copies SET last_key = ? WHERE id = ?", (batch[-1]["id"], run))
            database.execute("COMMIT")
        except BaseException:
            database.execute("ROLLBACK")
            raise
        rows, quarantined = rows + len(batch), quarantined + refused
        progress(rows, total)
    kept, removed = _finish(database, legacy, run)
    return CopyResult(
        rows, rows - quarantined, kept, removed, quarantined, after, round(perf_counter() - started, 3)
    )


def _begin(database: sqlite3.Connection) -> tuple[int, int | None]:
    """This copy's number, and the key behind which it starts: a copy that did not finish is continued."""
    unfinished = database.execute(
        "SELECT id, last_key FROM copies WHERE NOT finished ORDER BY id DESC LIMIT 1"
    ).fetchone()
    if unfinished:
        return unfinished[0], unfinished[1]
    run = database.execute("INSERT INTO copies DEFAULT VALUES").lastrowid
    assert run is not None
    return run, None


def _count(legacy: sqlite3.Connection, after: int | None) -> int:
    query = "SELECT count(*) FROM billing_invoice WHERE id > coalesce(?, id - 1)"
    (count,) = legacy.execute(query, (after,)).fetchone()
    return int(count)


def _store(database: sqlite3.Connection, translator: Translator, batch: list[Row], run: int) -> int:
    """Write one batch; answers how many rows went to the quarantine."""
    translation = translator.to_contract(batch)
    refused = set(translation.refused)
    translated = [row["id"] for position, row in enumerate(batch) if position not in refused]
    documents, records = [], list(translation.untranslatable)
    for key, document in zip(translated, translation.translated, strict=True):
        flaw = _against_contract(document, key)
        if flaw is None:
            documents.append((key, document))
        else:
            records.append(flaw)
    database.executemany(_UPSERT, [_columns(key, document, run) for key, document in documents])
    database.execute(
        "DELETE FROM quarantine WHERE mapping = ? AND legacy_key BETWEEN ? AND ?",
        (translator.mapping.name, batch[0]["id"], batch[-1]["id"]),
    )
    database.executemany(
        "INSERT OR REPLACE INTO quarantine VALUES (?, ?, ?, ?, ?, ?, ?, ?)", map(_quarantined, records)
    )
    return len(batch) - len(documents)


def _against_contract(document: Document, key: int) -> Untranslatable | None:
    try:
        msgspec.convert(document, Invoice)
    except msgspec.ValidationError as error:
        reason, _, path = str(error).partition(" - at ")
        return Untranslatable(
            invoice.name, invoice.version, "to_contract", key, path.strip("`"), "contract", None, reason
        )
    return None


def _columns(key: int, document: Document, run: int) -> tuple[Any, ...]:
    return (
        document["id"],
        document["tenant"],
        document["recipient"]["customer"],
        document["state"],
        document["issued_on"],
        key,
        msgspec.json.encode(document).decode(),
        run,
    )


def _quarantined(record: Untranslatable) -> tuple[Any, ...]:
    return (
        record.mapping,
        record.version,
        record.direction,
        record.key,
        record.path,
        record.operation,
        repr(record.value),
        record.reason,
    )


def _finish(database: sqlite3.Connection, legacy: sqlite3.Connection, run: int) -> tuple[int, int]:
    """Remove what this copy has not seen, renew who may call; answers (kept, removed)."""
    database.execute("BEGIN IMMEDIATE")
    try:
        (kept,) = database.execute("SELECT count(*) FROM invoices WHERE written_here").fetchone()
        removed = database.execute(
            "DELETE FROM invoices WHERE NOT written_here AND copied_by IS NOT ?", (run,)
        ).rowcount
        _copy_callers(database, legacy)
        database.execute("UPDATE copies SET finished = 1 WHERE id = ?", (run,))
        database.execute("COMMIT")
    except BaseException:
        database.execute("ROLLBACK")
        raise
    return kept, removed


def _copy_callers(database: sqlite3.Connection, legacy: sqlite3.Connection) -> None:
    """Tenants, digests of live API tokens, and who may write invoices: read-only here, renewed by every copy."""
    tenants = legacy.execute("SELECT id, slug FROM accounts_tenant WHERE is_active").fetchall()
    new = identity(database).to_new("tenants", [tenant for tenant, _ in tenants])
    tokens = legacy.execute(
        "SELECT t.key, t.tenant_id, u.username FROM accounts_apitoken t JOIN accounts_user u ON u.id = t.user_id"
        " WHERE t.is_active AND u.is_active"
    )
    clerks = legacy.execute(
        "SELECT m.tenant_id, u.username FROM accounts_membership m JOIN accounts_user u ON u.id = m.user_id"
        " JOIN accounts_role r ON r.id = m.role_id WHERE r.can_bill"
        " UNION SELECT t.id, u.username FROM accounts_tenant t, accounts_user u WHERE u.is_superuser"
    )
    rows: dict[str, list[tuple[Any, ...]]] = {
        "tenants": [(slug, new[tenant]) for tenant, slug in tenants],
        "tokens": [(token_digest(key), new[tenant], name) for key, tenant, name in tokens if tenant in new],
        "billing_clerks": [(new[tenant], name) for tenant, name in clerks if tenant in new],
    }
    for table, values in rows.items():
        database.execute(f"DELETE FROM {table}")
        database.executemany(f"INSERT INTO {table} VALUES ({', '.join('?' * _WIDTHS[table])})", values)


_WIDTHS = {"tenants": 2, "tokens": 3, "billing_clerks": 2}
