"""A SQLite file as it has to be opened here: durable, several processes at once, and nobody else's file harmed."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import RLock
from time import monotonic, sleep
from urllib.parse import quote

from strangler.errors import BadDocument, StoreError
from strangler.store.schema import MIGRATIONS, steps_from

APPLICATION_ID = 0x53747267
"""``Strg``: what tells a state file from any other SQLite database. How many of ``MIGRATIONS`` it has seen stands in
``PRAGMA user_version``."""


class SQLiteDatabase:
    """One connection to a state file, shared by the threads of a process.

    A committed transaction survives ``kill -9`` and the loss of power (write-ahead log, every commit synced). When the
    file is replaced under a running process (a restored backup), the new file is opened; when it vanishes, every call
    raises ``StoreError`` until it is back.
    """

    look_every = 0.05
    schema_before = 0

    def __init__(self, path: Path, *, create: bool = True, busy_timeout: float = 5.0) -> None:
        self.path = path
        self.place = str(path)
        self._busy_timeout = busy_timeout
        self._lock = RLock()
        self._inode = (0, 0)
        self._connection: sqlite3.Connection | None = None
        with self._errors():
            self._open(create)

    def changed(self) -> None:
        """Nothing: whoever wants to know looks at the file, which costs some ten microseconds."""

    def wait(self, seconds: float) -> None:
        """SQLite gives no hints to other processes."""
        sleep(seconds)

    def close(self) -> None:
        with self._lock:
            if self._connection is not None:
                self._connection.close()
                self._connection = None

    @contextmanager
    def read(self) -> Iterator[sqlite3.Connection]:
        """The connection, for a single statement that reads."""
        with self._lock, self._errors():
            yield self._current()

    @contextmanager
    def write(self) -> Iterator[sqlite3.Connection]:
        """The connection inside a transaction that holds the write lock: all of it is kept, or nothing."""
        with self._lock, self._errors():
            connection = self._current()
            connection.execute("BEGIN IMMEDIATE")
            try:
                yield connection
                connection.execute("COMMIT")
            except BaseException:
                if connection.in_transaction:
                    connection.execute("ROLLBACK")
                raise

    def _current(self) -> sqlite3.Connection:
        status = self.path.stat()
        if self._connection is None or (status.st_dev, status.st_ino) != self._inode:
            self.close()
            self._open(create=False)
        assert self._connection is not None
        return self._connection

    def _open(self, create: bool) -> None:
        if not create and not self.path.exists():
            raise FileNotFoundError
        # The mode must come in a URI: without "c" SQLite makes no file, whatever happens in between.
        uri = f"file:{quote(str(self.path))}?mode={'rwc' if create else 'rw'}"
        connection = sqlite3.connect(
            uri, uri=True, timeout=self._busy_timeout, isolation_level=None, check_same_thread=False
        )
        try:
            self._recognise(connection)
            self._log_ahead(connection)
            connection.execute("PRAGMA synchronous = FULL")
            self._migrate(connection)
            status = self.path.stat()
        except BaseException:
            connection.close()
            raise
        self._inode = (status.st_dev, status.st_ino)
        self._connection = connection

    def _log_ahead(self, connection: sqlite3.Connection) -> None:
        """Switch to the write-ahead log. SQLite does not wait by itself where others open the file at that moment."""
        deadline = monotonic() + self._busy_timeout
        while True:
            try:
                connection.execute("PRAGMA journal_mode = WAL")
                return
            except sqlite3.OperationalError as error:
                if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY or monotonic() > deadline:
                    raise
            sleep(0.005)

    def _recognise(self, connection: sqlite3.Connection) -> None:
        """Refuse what is not ours before anything is written to it."""
        connection.execute("BEGIN")  # one snapshot: another process may be making the schema right now
        [version] = connection.execute("PRAGMA user_version").fetchone()
        [application] = connection.execute("PRAGMA application_id").fetchone()
        [tables] = connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
        connection.execute("COMMIT")
        if application != APPLICATION_ID and (version or tables or application):
            raise StoreError(
                "this is the database of another program",
                where=str(self.path),
                remedy="Name another file with --state; this one was left as it is.",
            )
        if version > len(MIGRATIONS):
            raise StoreError(
                f"this state was written by a newer strangler (schema {version}, this one knows {len(MIGRATIONS)})",
                where=str(self.path),
                remedy="Upgrade strangler; the file was left as it is.",
            )

    def _migrate(self, connection: sqlite3.Connection) -> None:
        [version] = connection.execute("PRAGMA user_version").fetchone()
        self.schema_before = version
        if version == len(MIGRATIONS):
            return
        connection.execute("BEGIN IMMEDIATE")
        # Another process may have migrated while this one waited for the lock.
        [version] = connection.execute("PRAGMA user_version").fetchone()
        for statement in steps_from(version):
            connection.execute(statement)
        connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
        connection.execute(f"PRAGMA user_version = {len(MIGRATIONS)}")
        connection.execute("COMMIT")

    @contextmanager
    def _errors(self) -> Iterator[None]:
        try:
            yield
        except FileNotFoundError:
            raise StoreError(
                "there is no state",
                where=str(self.path),
                remedy="Name it with --state, or begin with: strangler routes add, import or apply.",
            ) from None
        except OSError as error:
            raise StoreError(
                f"the state cannot be reached: {error.strerror}",
                where=str(self.path),
                remedy="Check its path.",
            ) from None
        except sqlite3.Error as error:
            raise _explain(error, self.path) from None
        except (UnicodeEncodeError, OverflowError) as error:
            what = (
                "a text that is not UTF-8" if isinstance(error, UnicodeEncodeError) else "a number so large"
            )
            raise BadDocument(f"{what} cannot be kept", where=str(self.path), remedy="Correct it.") from None


def _explain(error: sqlite3.Error, path: Path) -> StoreError:
    where = str(path)
    code = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_ERROR) & 0xFF
    if code in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
        return StoreError("the state is locked by another process", where=where, remedy="Try again.")
    if code == sqlite3.SQLITE_NOTADB:
        return StoreError(
            "this is not a state file",
            where=where,
            remedy="Name another file with --state; this one was left as it is.",
        )
    if code == sqlite3.SQLITE_CANTOPEN:
        if path.is_dir():
            return StoreError(
                "this is a directory", where=where, remedy="Name a file inside it with --state."
            )
        return StoreError("the state cannot be opened", where=where, remedy="Check that its folder exists.")
    if code in (sqlite3.SQLITE_READONLY, sqlite3.SQLITE_PERM):
        return StoreError("the state cannot be written", where=where, remedy="Check the permissions.")
    if code == sqlite3.SQLITE_FULL:
        return StoreError("the disk is full", where=where, remedy="Make room; nothing was changed.")
    return StoreError(
        f"the state cannot be used: {error}", where=where, remedy="Check the disk, or restore a backup."
    )
