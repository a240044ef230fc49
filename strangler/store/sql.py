"""The state in a SQL database: each protocol over a ``Database``, in the SQL that SQLite and PostgreSQL share."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from contextlib import AbstractContextManager
from dataclasses import replace
from typing import Any, Protocol

from strangler.errors import BadDocument, Refused, StoreError, Unknown
from strangler.rollout.window import Counted
from strangler.routing import RouteTable
from strangler.routing.document import from_document, to_json
from strangler.store.differences import MOST_PATHS, OTHER_PATHS, Differing, Example, below, in_order
from strangler.store.leases import Lease
from strangler.store.rollouts import RolloutRecord, stale_rollout
from strangler.store.routes import Entry, Record, lost_lease, no_version, stale
from strangler.store.tokens import Token
from strangler.store.windows import Total, Window

_CURRENT = "SELECT coalesce(max(version), 0) FROM versions"
_NO_LIMIT = 2**62
_ROWS = 500
"""At once: SQLite takes some 30,000 parameters."""


class Rows(Protocol):
    """What a statement found."""

    @property
    def rowcount(self) -> int: ...
    def fetchone(self) -> Any: ...
    def fetchall(self) -> list[Any]: ...


class Connection(Protocol):
    def execute(self, sql: str, parameters: Sequence[Any] = (), /) -> Rows:
        """Run one statement whose parameters are written as ``?``."""


class Database(Protocol):
    """An open database, shared by the threads of a process. Every fault of it is a ``StoreError``."""

    place: str
    """Where it is, for a person: no password in it."""
    look_every: float
    """Seconds between two looks at the version that cost it nothing worth mentioning."""
    schema_before: int
    """The version of the schema that was found; opening it has brought it to this program's."""

    def read(self) -> AbstractContextManager[Connection]:
        """The connection, for a single statement that reads."""

    def write(self) -> AbstractContextManager[Connection]:
        """The connection inside a transaction beside which no other one writes: all of it is kept, or nothing."""

    def changed(self) -> None:
        """To be called inside of a transaction that changes the routes: tells whoever waits, when it is committed."""

    def wait(self, seconds: float) -> None:
        """Return when the routes may have changed, or after so long: a hint, never the truth."""

    def close(self) -> None: ...


class SQLRoutes:
    def __init__(self, database: Database) -> None:
        self._database = database

    def version(self) -> int:
        with self._database.read() as connection:
            return _number(connection, _CURRENT)

    def load(self) -> RouteTable:
        with self._database.read() as connection:
            row = connection.execute(
                "SELECT version, document FROM versions ORDER BY version DESC LIMIT 1"
            ).fetchone()
        return self._table(*row) if row else RouteTable()

    def at(self, version: int) -> RouteTable:
        if version == 0:
            return RouteTable()
        with self._database.read() as connection:
            row = connection.execute(
                "SELECT version, document FROM versions WHERE version = ?", (version,)
            ).fetchone()
            if row is None:
                raise no_version(version, _number(connection, _CURRENT))
        return self._table(*row)

    def commit(
        self, table: RouteTable, expected_version: int, entry: Entry, fence: Lease | None = None
    ) -> RouteTable:
        document = to_json(table)
        with self._database.write() as connection:
            _check(connection, fence)
            current = _number(connection, _CURRENT)
            if current != expected_version:
                raise stale(expected_version, current)
            committed = replace(table, version=current + 1)
            insert_version(connection, committed.version, entry, document)
            self._database.changed()
        return committed

    def wait(self, seconds: float) -> None:
        self._database.wait(seconds)

    def history(self, limit: int | None = None) -> list[Record]:
        with self._database.read() as connection:
            rows = connection.execute(
                "SELECT version, forced, alarms, action, summary, actor, via, time, subject, reason FROM versions"
                " ORDER BY version DESC LIMIT ?",
                (_NO_LIMIT if limit is None else limit,),
            ).fetchall()
        return [
            Record(version, replace(Entry(*texts), forced=bool(forced), alarms=tuple(json.loads(alarms))))
            for version, forced, alarms, *texts in rows
        ]

    def _table(self, version: int, document: str) -> RouteTable:
        try:
            return from_document(json.loads(document), version)
        except (BadDocument, ValueError) as error:
            raise StoreError(
                f"version {version} of the routes cannot be read: {error}",
                where=self._database.place,
                remedy="Restore a backup, or go back with: strangler routes rollback --to VERSION.",
            ) from None


class SQLLeases:
    def __init__(self, database: Database) -> None:
        self._database = database

    def acquire(self, name: str, holder: str, now: float, ttl: float) -> Lease | None:
        if _stands_in_the_way(self.holder(name), holder, now, ttl):
            return None  # found without holding up whoever writes
        with self._database.write() as connection:
            held = _lease(connection, name)
            token = 1
            if held is not None:
                if _stands_in_the_way(held, holder, now, ttl):
                    return None
                mine = held.holder == holder and held.expires > now
                token = held.token if mine else held.token + 1
            lease = Lease(name, holder, token, now + ttl)
            connection.execute(
                "INSERT INTO leases (name, holder, token, expires) VALUES (?, ?, ?, ?) ON CONFLICT (name)"
                " DO UPDATE SET holder = excluded.holder, token = excluded.token, expires = excluded.expires",
                (lease.name, lease.holder, lease.token, lease.expires),
            )
            return lease

    def release(self, lease: Lease) -> None:
        with self._database.write() as connection:
            connection.execute(
                "UPDATE leases SET expires = 0.0 WHERE name = ? AND token = ?", (lease.name, lease.token)
            )

    def holder(self, name: str) -> Lease | None:
        with self._database.read() as connection:
            return _lease(connection, name)


class SQLWindows:
    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, windows: Iterable[Window]) -> None:
        added: dict[tuple[int, str], dict[tuple[str, str], Total]] = {}
        for window in windows:
            cells = added.setdefault((window.second, window.worker), {})
            key = (window.group, window.side)
            cells[key] = cells.get(key, Total()) + Total(window.requests, window.errors, window.latency)
        with self._database.write() as connection:
            for second_and_worker, cells in added.items():
                _add_cells(connection, second_and_worker, cells)

    def totals(
        self, since: int, until: int | None = None, group: str | None = None
    ) -> dict[tuple[str, Counted], Total]:
        with self._database.read() as connection:
            rows = connection.execute(
                "SELECT name, side, requests, errors, latency FROM windows"
                " WHERE second >= ? AND second < ? AND name = coalesce(?, name)",
                (since, _NO_LIMIT if until is None else until, group),
            ).fetchall()
        sums: dict[tuple[str, Counted], Total] = {}
        for name, side, requests, errors, latency in rows:
            found = Total(requests, errors, tuple(json.loads(latency)))
            sums[name, side] = sums.get((name, side), Total()) + found
        return sums

    def by_second(self, group: str, since: int, until: int) -> dict[tuple[int, Counted], Total]:
        with self._database.read() as connection:
            rows = connection.execute(
                "SELECT second, side, requests, errors, latency FROM windows"
                " WHERE name = ? AND second >= ? AND second < ?",
                (group, since, until),
            ).fetchall()
        sums: dict[tuple[int, Counted], Total] = {}
        for second, side, requests, errors, latency in rows:
            found = Total(requests, errors, tuple(json.loads(latency)))
            sums[second, side] = sums.get((second, side), Total()) + found
        return sums

    def forget(self, before: int) -> None:
        with self._database.write() as connection:
            connection.execute("DELETE FROM windows WHERE second < ?", (before,))


class SQLDifferences:
    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, seen: Iterable[Differing]) -> None:
        with self._database.write() as connection:
            for one in seen:
                kept = self._kept(connection, one)
                if kept is None and self._is_full(connection, one.group):
                    one = replace(one, path=OTHER_PATHS)
                    kept = self._kept(connection, one)
                total = one if kept is None else kept + one
                connection.execute(
                    "INSERT INTO differences (name, path, count, first, last, examples) VALUES (?, ?, ?, ?, ?, ?)"
                    " ON CONFLICT (name, path) DO UPDATE SET count = excluded.count, first = excluded.first,"
                    " last = excluded.last, examples = excluded.examples",
                    (
                        total.group,
                        total.path,
                        total.count,
                        total.first,
                        total.last,
                        json.dumps([(item.request, item.old, item.new) for item in total.examples]),
                    ),
                )

    def all(self, group: str | None = None) -> list[Differing]:
        with self._database.read() as connection:
            rows = connection.execute(
                "SELECT name, path, count, first, last, examples FROM differences"
            ).fetchall()
        return in_order(_differing(row) for row in rows if group in (None, row[0]))

    def forget(self, group: str, path: str | None = None) -> None:
        with self._database.write() as connection:
            rows = connection.execute("SELECT path FROM differences WHERE name = ?", (group,)).fetchall()
            for [known] in rows:
                if path is None or below(known, path):
                    connection.execute("DELETE FROM differences WHERE name = ? AND path = ?", (group, known))

    def _kept(self, connection: Connection, one: Differing) -> Differing | None:
        row = connection.execute(
            "SELECT name, path, count, first, last, examples FROM differences WHERE name = ? AND path = ?",
            (one.group, one.path),
        ).fetchone()
        return _differing(row) if row else None

    def _is_full(self, connection: Connection, group: str) -> bool:
        [known] = connection.execute("SELECT count(*) FROM differences WHERE name = ?", (group,)).fetchone()
        return bool(known >= MOST_PATHS)


def _differing(row: Sequence[Any]) -> Differing:
    name, path, count, first, last, examples = row
    return Differing(name, path, count, first, last, tuple(Example(*item) for item in json.loads(examples)))


class SQLRollouts:
    def __init__(self, database: Database) -> None:
        self._database = database

    def all(self) -> list[RolloutRecord]:
        with self._database.read() as connection:
            rows = connection.execute("SELECT name, state, version FROM rollouts ORDER BY name").fetchall()
        return [RolloutRecord(name, json.loads(state), version) for name, state, version in rows]

    def save(
        self, group: str, state: dict[str, Any], expected_version: int, fence: Lease | None = None
    ) -> RolloutRecord:
        with self._database.write() as connection:
            _check(connection, fence)
            row = connection.execute("SELECT version FROM rollouts WHERE name = ?", (group,)).fetchone()
            current: int = row[0] if row else 0
            if current != expected_version:
                raise stale_rollout(group, current)
            connection.execute(
                "INSERT INTO rollouts (name, state, version) VALUES (?, ?, ?) ON CONFLICT (name)"
                " DO UPDATE SET state = excluded.state, version = excluded.version",
                (group, json.dumps(state), current + 1),
            )
        return RolloutRecord(group, state, current + 1)

    def delete(self, group: str) -> None:
        with self._database.write() as connection:
            connection.execute("DELETE FROM rollouts WHERE name = ?", (group,))


class SQLTokens:
    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, token: Token, digest: str) -> None:
        with self._database.write() as connection:
            taken = connection.execute("SELECT 1 FROM tokens WHERE name = ?", (token.name,)).fetchone()
            if taken:
                raise Refused(
                    f"there is a token called {token.name!r} already", remedy="Choose another name."
                )
            connection.execute(
                "INSERT INTO tokens (name, role, digest, created) VALUES (?, ?, ?, ?)",
                (token.name, token.role, digest, token.created),
            )

    def find(self, digest: str) -> Token | None:
        with self._database.read() as connection:
            row = connection.execute(
                "SELECT name, role, created FROM tokens WHERE digest = ?", (digest,)
            ).fetchone()
        return Token(*row) if row else None

    def list(self) -> list[Token]:
        with self._database.read() as connection:
            rows = connection.execute("SELECT name, role, created FROM tokens ORDER BY name").fetchall()
        return [Token(*row) for row in rows]

    def revoke(self, name: str) -> None:
        with self._database.write() as connection:
            if connection.execute("DELETE FROM tokens WHERE name = ?", (name,)).rowcount == 0:
                raise Unknown(
                    f"there is no token called {name!r}", remedy="List them with: strangler tokens list."
                )


class SQLNotes:
    def __init__(self, database: Database) -> None:
        self._database = database

    def get(self, name: str) -> str | None:
        with self._database.read() as connection:
            row = connection.execute("SELECT text FROM notes WHERE name = ?", (name,)).fetchone()
        return row[0] if row else None

    def put(self, name: str, text: str, fence: Lease | None = None) -> None:
        with self._database.write() as connection:
            _check(connection, fence)
            connection.execute(
                "INSERT INTO notes (name, text) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET text = excluded.text",
                (name, text),
            )

    def all(self, prefix: str) -> dict[str, str]:
        with self._database.read() as connection:
            rows = connection.execute(
                "SELECT name, text FROM notes WHERE substr(name, 1, ?) = ? ORDER BY name",
                (len(prefix), prefix),
            ).fetchall()
        return dict(rows)

    def drop(self, name: str) -> None:
        with self._database.write() as connection:
            connection.execute("DELETE FROM notes WHERE name = ?", (name,))


def _add_cells(
    connection: Connection, second_and_worker: tuple[int, str], cells: dict[tuple[str, str], Total]
) -> None:
    """What one worker saw in one second, on top of what it had said of it: two statements, however many groups."""
    kept = connection.execute(
        "SELECT name, side, requests, errors, latency FROM windows WHERE second = ? AND worker = ?",
        second_and_worker,
    ).fetchall()
    for name, side, requests, errors, latency in kept:
        if (name, side) in cells:
            cells[name, side] += Total(requests, errors, json.loads(latency))
    rows = [
        (*second_and_worker, *key, total.requests, total.errors, json.dumps(total.latency))
        for key, total in cells.items()
    ]
    for start in range(0, len(rows), _ROWS):
        some = rows[start : start + _ROWS]
        connection.execute(
            "INSERT INTO windows (second, worker, name, side, requests, errors, latency) VALUES "  # noqa: S608
            + ", ".join(["(?, ?, ?, ?, ?, ?, ?)"] * len(some))
            + " ON CONFLICT (second, worker, name, side) DO UPDATE"
            " SET requests = excluded.requests, errors = excluded.errors, latency = excluded.latency",
            [value for row in some for value in row],
        )


def insert_version(connection: Connection, version: int, entry: Entry, document: str) -> None:
    """Write a version and its line of the audit log: one row, so that neither is ever without the other."""
    connection.execute(
        "INSERT INTO versions (version, time, actor, via, action, subject, summary, reason, forced, alarms, document)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            version,
            entry.time,
            entry.actor,
            entry.via,
            entry.action,
            entry.subject,
            entry.summary,
            entry.reason,
            int(entry.forced),
            json.dumps(entry.alarms),
            document,
        ),
    )


def _number(connection: Connection, query: str) -> int:
    [number] = connection.execute(query).fetchone()
    return int(number)


def _lease(connection: Connection, name: str) -> Lease | None:
    row = connection.execute(
        "SELECT name, holder, token, expires FROM leases WHERE name = ?", (name,)
    ).fetchone()
    return Lease(*row) if row else None


def _stands_in_the_way(held: Lease | None, holder: str, now: float, ttl: float) -> bool:
    return held is not None and held.holder != holder and now < held.expires <= now + 2 * ttl


def _check(connection: Connection, fence: Lease | None) -> None:
    if fence is None:
        return
    held = _lease(connection, fence.name)
    if held is None or held.token != fence.token:
        raise lost_lease(fence)
