"""A connection to a legacy database by its URL: SQLite from the standard library, PostgreSQL through psycopg."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from acl.errors import StoreError

__all__ = ["REFUSED", "Database", "open_database"]

_REMEDY = (
    "say sqlite:///FILE (four slashes for an absolute path) or postgresql://USER:PASSWORD@HOST:PORT/NAME"
)


class Database:
    """A database of either kind behind the few words that reading and the id map need.

    `connection` is a sqlite3 connection, or one of a PostgreSQL driver with `%s` parameters (psycopg, say).
    Statements are written with `?`, which stands for nothing else in them.
    """

    def __init__(self, connection: Any) -> None:
        self.connection = connection
        self.is_sqlite = isinstance(connection, sqlite3.Connection)

    def rows(self, statement: str, parameters: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        """Every row of a query's answer. Raises StoreError when the database refuses it."""
        with self.as_store_error():
            if self.is_sqlite:
                return list(self.connection.execute(statement, parameters))
            cursor = self.connection.cursor()
            cursor.execute(_percent(statement), tuple(parameters))
            return [tuple(row) for row in cursor.fetchall()] if cursor.description else []

    def run(self, statement: str, parameters: Sequence[Any] = ()) -> None:
        """Run a statement that answers nothing."""
        with self.as_store_error():
            if self.is_sqlite:
                self.connection.execute(statement, parameters)
            else:
                self.connection.cursor().execute(_percent(statement), tuple(parameters))

    def run_many(self, statement: str, parameters: Iterable[Sequence[Any]]) -> None:
        """Run a statement once for each tuple of parameters."""
        with self.as_store_error():
            if self.is_sqlite:
                self.connection.executemany(statement, parameters)
            else:
                self.connection.cursor().executemany(_percent(statement), [tuple(one) for one in parameters])

    @contextmanager
    def snapshot(self) -> Iterator[None]:
        """Everything that is read within belongs together. Within a transaction of the caller, that is the caller's."""
        if self.is_sqlite and self.connection.in_transaction:
            yield
            return
        explicit = self.is_sqlite or getattr(self.connection, "autocommit", False)
        if explicit:
            self.run("BEGIN" if self.is_sqlite else "BEGIN ISOLATION LEVEL REPEATABLE READ")
        try:
            yield
        finally:
            if explicit:
                self.run("ROLLBACK")

    @contextmanager
    def as_store_error(self) -> Iterator[None]:
        """What a driver raises, as a StoreError."""
        try:
            yield
        except sqlite3.Error as error:
            raise StoreError(f"{REFUSED}{error}", "compare the snapshot with the database") from error
        except Exception as error:
            if self.is_sqlite or type(error).__module__.partition(".")[0] not in _DRIVERS:
                raise
            raise StoreError(f"{REFUSED}{_said(error)}", "compare the snapshot with the database") from error

    def close(self) -> None:
        """Close the connection."""
        self.connection.close()


REFUSED = "the database refuses: "
"""How the errors of statements begin."""

_FAILED = "connection failed: "
_DRIVERS = ("psycopg", "psycopg2", "psycopg_binary")


def open_database(url: str) -> Database:
    """Open a database for reading. The password is in no error.

    Raises StoreError when there is none, the URL is of another kind, or the driver is not installed.
    """
    scheme = url.partition(":")[0]
    if scheme == "sqlite":
        return _open_sqlite(url)
    if scheme in {"postgresql", "postgres"}:
        return _open_postgresql(url)
    raise StoreError(f"{scheme!r} is no kind of database that is known here", _REMEDY)


def _open_sqlite(url: str) -> Database:
    path = Path(unquote(url.removeprefix("sqlite:///")))
    if not url.startswith("sqlite:///") or not path.is_file():
        raise StoreError(f"there is no database file {path}", _REMEDY)
    try:
        connection = sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True, isolation_level=None)
        connection.execute("SELECT count(*) FROM sqlite_master")
    except sqlite3.Error as error:
        raise StoreError(f"{path} cannot be read: {error}", "name a SQLite file") from error
    return Database(connection)


def _open_postgresql(url: str) -> Database:
    try:
        import psycopg
    except ImportError:
        raise StoreError(
            "the driver for PostgreSQL is not installed", "pip install 'strangler[postgres]'"
        ) from None
    parts = urlsplit(url)
    where = f"{parts.hostname or 'localhost'}:{parts.port or 5432}{parts.path}"
    try:
        return Database(psycopg.connect(url, autocommit=True, connect_timeout=30))
    except psycopg.Error as error:
        remedy = "check the URL and that the server runs"
        raise StoreError(f"{where} cannot be opened: {_said(error).removeprefix(_FAILED)}", remedy) from None


def _percent(statement: str) -> str:
    return statement.replace("%", "%%").replace("?", "%s")


def _said(error: Exception) -> str:
    return str(error).strip().partition("\n")[0]
