"""A PostgreSQL database for facades on several machines: one schema of it, durable, and nobody else's harmed."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from threading import RLock
from time import monotonic, sleep
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

from strangler.errors import BadDocument, StoreError
from strangler.store.address import without_password
from strangler.store.schema import MIGRATIONS, steps_from

try:
    import psycopg
    from psycopg import sql
except ImportError:
    raise StoreError(
        "the driver for PostgreSQL is not installed",
        where="state",
        remedy="Run: pip install 'strangler[postgres]'",
    ) from None

SCHEMA = "strangler"
"""Where the tables are, unless the address says ``?schema=NAME``."""
CONNECT_TIMEOUT = 5
"""Seconds, unless the address says otherwise."""
WAIT = 5
"""Seconds for which a change waits for another one."""
QUIET = 1.0
"""Seconds after which a connection is asked whether it still stands before anything is entrusted to it."""

_SESSION = f"""
    SET lock_timeout = '{WAIT}s';
    SET statement_timeout = '{2 * WAIT}s';
    SET idle_in_transaction_session_timeout = '{2 * WAIT}s';
    SELECT set_config('synchronous_commit', 'on', false) WHERE current_setting('synchronous_commit') = 'off'
"""


class PostgresDatabase:
    """One connection, shared by the threads of a process, and a second one that listens for hints.

    A transaction whose commit the server has confirmed is durable. Changes are made one after the other (an advisory
    lock). A connection that was lost is made anew by the next call; the call that loses it raises ``StoreError``.
    """

    look_every = 0.5
    schema_before = 0

    def __init__(self, url: str, *, create: bool = True) -> None:
        self._address, self._schema, self.place = _read(url)
        self._lock = RLock()
        self._connection: psycopg.Connection[Any] | None = None
        self._listening: psycopg.Connection[Any] | None = None
        self._used = 0.0
        with self._errors():
            self._open(create)

    def close(self) -> None:
        with self._lock:
            for connection in (self._connection, self._listening):
                if connection is not None:
                    connection.close()
            self._connection = self._listening = None

    @contextmanager
    def read(self) -> Iterator[_Statements]:
        """The connection, for a single statement that reads."""
        with self._lock, self._errors():
            yield _Statements(self._current())

    @contextmanager
    def write(self) -> Iterator[_Statements]:
        """The connection inside a transaction that holds the write lock: all of it is kept, or nothing."""
        with self._lock, self._errors():
            connection = self._current()
            self._begin(connection)
            try:
                yield _Statements(connection)
            except BaseException:
                if not connection.closed:
                    connection.rollback()
                raise
            self._commit(connection)

    def changed(self) -> None:
        """Wake whoever waits, once the transaction is committed."""
        assert self._connection is not None
        self._connection.execute("SELECT pg_notify(%s, '')", (self._schema,))

    def wait(self, seconds: float) -> None:
        """Until a hint comes, or so long. Without a listening connection it is just the time: nothing depends on it."""
        try:
            if self._listening is None:
                self._listening = self._connect()
                self._listening.execute(sql.SQL("LISTEN {}").format(sql.Identifier(self._schema)))
                return
            for _ in self._listening.notifies(timeout=seconds, stop_after=1):
                pass
        except psycopg.Error:
            if self._listening is not None:
                self._listening.close()
            self._listening = None
            sleep(seconds)

    def _begin(self, connection: psycopg.Connection[Any]) -> None:
        connection.execute("BEGIN")
        try:
            connection.execute(
                "SELECT pg_advisory_xact_lock(hashtext('strangler'), hashtext(%s))", (self._schema,)
            )
        except BaseException:
            if not connection.closed:
                connection.rollback()
            raise

    def _commit(self, connection: psycopg.Connection[Any]) -> None:
        try:
            connection.execute("COMMIT")
        except psycopg.OperationalError:
            raise StoreError(
                "the connection was lost while a change was being committed: it may have been accepted or not",
                where=self.place,
                remedy="See what stands with: strangler routes history.",
            ) from None

    def _current(self) -> psycopg.Connection[Any]:
        connection = self._connection
        if connection is not None and monotonic() - self._used > QUIET:
            try:
                connection.execute("SELECT 1")
            except psycopg.OperationalError:
                connection.close()
        if connection is None or connection.closed:
            self._open(create=False)
        self._used = monotonic()
        assert self._connection is not None
        return self._connection

    def _connect(self) -> psycopg.Connection[Any]:
        told = _unless_said(self._address, self._schema)
        return psycopg.connect(self._address, autocommit=True, prepare_threshold=None, **told)

    def _open(self, create: bool) -> None:
        connection = self._connect()
        try:
            connection.execute(_SESSION)
            connection.execute("SELECT set_config('search_path', %s, false)", (self._quoted(),))
            version = self._recognise(connection)
            if version is None and not create:
                raise StoreError(
                    "there is no state",
                    where=self.place,
                    remedy="Name it with --state, or begin with: strangler routes add, import or apply.",
                )
            self.schema_before = version or 0
            if version != len(MIGRATIONS):
                self._migrate(connection)
        except BaseException:
            connection.close()
            raise
        self._connection, self._used = connection, monotonic()

    def _recognise(self, connection: psycopg.Connection[Any]) -> int | None:
        """The version of the schema that stands, None where there is none; refuses what is not ours."""
        tables = {
            name
            for [name] in connection.execute(
                "SELECT relname FROM pg_class WHERE relkind IN ('r', 'p', 'v', 'm', 'f')"
                " AND relnamespace = (SELECT oid FROM pg_namespace WHERE nspname = %s)",
                (self._schema,),
            )
        }
        if not tables:
            return None
        if "strangler_schema" not in tables:
            raise StoreError(
                f"the schema {self._schema!r} belongs to another program",
                where=self.place,
                remedy="Name another one: postgresql://HOST/DATABASE?schema=NAME; this one was left as it is.",
            )
        row = connection.execute("SELECT version FROM strangler_schema").fetchone()
        version = int(row[0]) if row else 0
        if version > len(MIGRATIONS):
            raise StoreError(
                f"this state was written by a newer strangler (schema {version}, this one knows {len(MIGRATIONS)})",
                where=self.place,
                remedy="Upgrade strangler; the state was left as it is.",
            )
        return version

    def _migrate(self, connection: psycopg.Connection[Any]) -> None:
        self._begin(connection)
        try:
            # Another process may have migrated while this one waited for the lock.
            version = self._recognise(connection)
            if version is None:
                connection.execute(
                    sql.SQL("CREATE SCHEMA IF NOT EXISTS {}").format(sql.Identifier(self._schema))
                )
                connection.execute("CREATE TABLE strangler_schema (version INTEGER NOT NULL)")
                connection.execute("INSERT INTO strangler_schema VALUES (0)")
            for statement in steps_from(version or 0):
                connection.execute(statement)
            connection.execute("UPDATE strangler_schema SET version = %s", (len(MIGRATIONS),))
        except BaseException:
            connection.rollback()
            raise
        self._commit(connection)

    def _quoted(self) -> str:
        return '"' + self._schema.replace('"', '""') + '"'

    @contextmanager
    def _errors(self) -> Iterator[None]:
        try:
            yield
        except psycopg.Error as error:
            raise _explain(error, self.place) from None
        except (UnicodeEncodeError, OverflowError):
            raise _unkeepable(self.place) from None


class _Statements:
    """The connection as the stores speak to it: parameters are ``?``."""

    def __init__(self, connection: psycopg.Connection[Any]) -> None:
        self._connection = connection

    def execute(self, statement: str, parameters: Sequence[Any] = (), /) -> psycopg.Cursor[Any]:
        return self._connection.execute(statement.replace("?", "%s"), parameters)


def _read(url: str) -> tuple[str, str, str]:
    """The address for the driver, the schema, and the address for a person, without what is secret in it."""
    try:
        parts = urlsplit(url)
    except ValueError as error:
        raise BadDocument(
            f"this is no address: {error}",
            where="state",
            remedy="Write it as postgresql://USER@HOST/DATABASE.",
        ) from None
    query = parse_qsl(parts.query, keep_blank_values=True)
    schema = next((value for key, value in query if key == "schema"), SCHEMA)
    if not re.fullmatch("[a-z_][a-z0-9_]{0,62}", schema) or schema.startswith("pg_") or schema == "public":
        raise BadDocument(
            f"{schema!r} is not the name of a schema for the state",
            where="state",
            remedy="Use small letters, digits and _: postgresql://HOST/DATABASE?schema=strangler.",
        )
    kept = urlencode([(key, value) for key, value in query if key != "schema"])
    place = without_password(url).partition("?")[0]
    if schema != SCHEMA:
        place += f"?schema={schema}"
    return f"postgresql://{parts.netloc}{parts.path}?{kept}", schema, place


def _unless_said(address: str, schema: str) -> dict[str, Any]:
    defaults = {
        "connect_timeout": CONNECT_TIMEOUT,
        "application_name": f"strangler {schema}",
        "keepalives_idle": 10,
        "keepalives_interval": 5,
        "keepalives_count": 3,
        "tcp_user_timeout": 15_000,
    }
    said = {key for key, _ in parse_qsl(urlsplit(address).query)}
    return {key: value for key, value in defaults.items() if key not in said}


def _explain(error: psycopg.Error, where: str) -> StoreError | BadDocument:
    if isinstance(error, psycopg.errors.LockNotAvailable):
        return StoreError("the state is locked by another process", where=where, remedy="Try again.")
    if isinstance(error, psycopg.errors.DiskFull):
        return StoreError("the server's disk is full", where=where, remedy="Make room; nothing was changed.")
    if isinstance(error, psycopg.errors.InsufficientPrivilege):
        return StoreError(
            f"the server forbids it: {_first_line(error)}",
            where=where,
            remedy="Grant CREATE on the database, or make the schema for this user.",
        )
    if isinstance(error, psycopg.DataError):
        return _unkeepable(where)
    if isinstance(error, psycopg.errors.ReadOnlySqlTransaction):
        return StoreError(
            "this server only reads",
            where=where,
            remedy="Name the primary, or add target_session_attrs=read-write to an address of several hosts.",
        )
    if isinstance(error, psycopg.OperationalError):
        return StoreError(
            f"PostgreSQL cannot be reached: {_first_line(error)}",
            where=where,
            remedy="Check that the server is running, and the address, user and password of the state.",
        )
    return StoreError(
        f"the state cannot be used: {_first_line(error)}", where=where, remedy="See the server's log."
    )


def _unkeepable(where: str) -> BadDocument:
    return BadDocument(
        "a text or number that PostgreSQL cannot keep",
        where=where,
        remedy="Leave out NUL and what is not UTF-8.",
    )


def _first_line(error: psycopg.Error) -> str:
    return (str(error).strip() or type(error).__name__).splitlines()[0]
