"""The service's own database: SQLite, in WAL mode, so that a copy can run while requests are answered."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from uuid import UUID

from acl import Identity
from acl.identity import derived_ids
from acl.stores import SqliteIdMap

__all__ = ["connect", "identity", "open_for_reading"]

NAMESPACE = UUID("6f1c2f0e-2c0a-4b8e-9d55-0d1f5a7c3b21")  # of the ids derived from the monolith's keys

# An invoice is kept as its contract document; the other columns are what lists filter and sort by. `sequence` is the
# order of creation (on a copied invoice the monolith's key), `written_here` protects the service's own writes from
# a later copy, and `copied_by` says which run of the copy has seen the row.
_SCHEMA = """
CREATE TABLE IF NOT EXISTS invoices (
    id TEXT PRIMARY KEY,
    tenant TEXT NOT NULL,
    customer TEXT NOT NULL,
    state TEXT NOT NULL,
    issued_on TEXT NOT NULL,
    sequence INTEGER NOT NULL,
    document TEXT NOT NULL,
    written_here INTEGER NOT NULL DEFAULT 0,
    copied_by INTEGER
);
CREATE INDEX IF NOT EXISTS invoices_by_date ON invoices (tenant, issued_on, sequence);
CREATE INDEX IF NOT EXISTS invoices_by_state ON invoices (tenant, state, issued_on, sequence);
CREATE INDEX IF NOT EXISTS invoices_by_customer ON invoices (tenant, customer, issued_on, sequence);
CREATE TABLE IF NOT EXISTS payments (
    id TEXT PRIMARY KEY,
    invoice TEXT NOT NULL REFERENCES invoices (id),
    method TEXT NOT NULL,
    amount TEXT NOT NULL,
    currency TEXT NOT NULL,
    received_on TEXT NOT NULL,
    reference TEXT,
    recorded_by TEXT NOT NULL,
    recorded_at TEXT NOT NULL
);
CREATE TABLE IF NOT EXISTS tenants (slug TEXT PRIMARY KEY, id TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS tokens (digest BLOB PRIMARY KEY, tenant TEXT NOT NULL, username TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS billing_clerks (tenant TEXT, username TEXT, PRIMARY KEY (tenant, username));
CREATE TABLE IF NOT EXISTS copies (
    id INTEGER PRIMARY KEY,
    last_key INTEGER,
    finished INTEGER NOT NULL DEFAULT 0
);
CREATE TABLE IF NOT EXISTS quarantine (
    mapping TEXT NOT NULL,
    version INTEGER NOT NULL,
    direction TEXT NOT NULL,
    legacy_key INTEGER NOT NULL,
    path TEXT NOT NULL,
    operation TEXT NOT NULL,
    value TEXT NOT NULL,
    reason TEXT NOT NULL,
    PRIMARY KEY (mapping, legacy_key, path, operation)
);
"""


def connect(path: str | Path) -> sqlite3.Connection:
    """The service's database, made when it is missing. Transactions are explicit."""
    connection = sqlite3.connect(path, timeout=20, isolation_level=None)
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = NORMAL")
    # Ids are random, so a copy touches pages all over the indexes: keep them in memory, and write them back seldom.
    connection.execute("PRAGMA cache_size = -65536")
    connection.execute("PRAGMA wal_autocheckpoint = 10000")
    connection.executescript(_SCHEMA)
    return connection


def open_for_reading(path: str | Path) -> sqlite3.Connection:
    """Somebody else's database: it must exist, and nothing can be written to it."""
    return sqlite3.connect(
        f"{Path(path).resolve().as_uri()}?mode=ro", uri=True, timeout=20, isolation_level=None
    )


def identity(connection: sqlite3.Connection) -> Identity:
    """The ids of the service, kept in its own database."""
    return Identity(SqliteIdMap(connection), derived_ids(NAMESPACE))
