"""The schema of the state, in the SQL that SQLite and PostgreSQL share, as the steps that led to it."""

from __future__ import annotations

from collections.abc import Iterator

MIGRATIONS = (
    """
    CREATE TABLE versions (
        version  INTEGER PRIMARY KEY,
        time     DOUBLE PRECISION NOT NULL,
        actor    TEXT NOT NULL,
        via      TEXT NOT NULL,
        action   TEXT NOT NULL,
        subject  TEXT NOT NULL,
        summary  TEXT NOT NULL,
        reason   TEXT NOT NULL,
        forced   INTEGER NOT NULL,
        alarms   TEXT NOT NULL,
        document TEXT NOT NULL
    );
    CREATE TABLE windows (
        second   BIGINT NOT NULL,
        worker   TEXT NOT NULL,
        name     TEXT NOT NULL,
        side     TEXT NOT NULL,
        requests BIGINT NOT NULL,
        errors   BIGINT NOT NULL,
        latency  TEXT NOT NULL,
        PRIMARY KEY (second, worker, name, side)
    );
    CREATE TABLE rollouts (name TEXT PRIMARY KEY, state TEXT NOT NULL, version INTEGER NOT NULL);
    CREATE TABLE leases (
        name TEXT PRIMARY KEY, holder TEXT NOT NULL, token INTEGER NOT NULL, expires DOUBLE PRECISION NOT NULL
    );
    CREATE TABLE tokens (
        name TEXT PRIMARY KEY, role TEXT NOT NULL, digest TEXT NOT NULL UNIQUE,
        created DOUBLE PRECISION NOT NULL
    )
    """,
    """
    CREATE TABLE differences (
        name     TEXT NOT NULL,
        path     TEXT NOT NULL,
        count    BIGINT NOT NULL,
        first    DOUBLE PRECISION NOT NULL,
        last     DOUBLE PRECISION NOT NULL,
        examples TEXT NOT NULL,
        PRIMARY KEY (name, path)
    )
    """,
    """
    CREATE TABLE notes (name TEXT PRIMARY KEY, text TEXT NOT NULL)
    """,
)
"""The steps from nothing to today's schema. Only ever added to: each step is taken once, in a transaction, and leaves
what an older strangler reads and writes in place, so that old and new facades run side by side while one is replaced.
"""


def steps_from(version: int) -> Iterator[str]:
    """The statements that are still to be run on a schema of this version."""
    for step in MIGRATIONS[version:]:
        yield from step.split(";")
