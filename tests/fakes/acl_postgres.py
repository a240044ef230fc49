"""A PostgreSQL server of the test's own: on a Unix machine, in a folder that goes with it."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from acl.stores import Database, open_database

HOMES = [Path("/usr/bin"), Path("/usr/local/bin"), *sorted(Path("/usr/lib/postgresql").glob("*/bin"))]


class PostgresServer:
    """A running server; `open` connects, `run` runs one statement."""

    def __init__(self, url: str) -> None:
        self.url = url
        self._opened: list[Database] = []

    def open(self) -> Database:
        database = open_database(self.url)
        self._opened.append(database)
        return database

    def run(self, *statements: str) -> None:
        database = self.open()
        for statement in statements:
            database.run(statement)

    def close(self) -> None:
        while self._opened:
            self._opened.pop().close()


def programs() -> Path | None:
    """Where initdb and postgres are, if they are anywhere."""
    return next(
        (home for home in reversed(HOMES) if (home / "initdb").is_file() and (home / "postgres").is_file()),
        None,
    )


@contextmanager
def running(home: Path, folder: Path) -> Iterator[PostgresServer]:
    """Start a server with a fresh cluster in `folder`; it is gone afterwards."""
    data, user = folder / "data", _user()
    folder.chmod(0o755)
    data.mkdir()
    if user:
        shutil.chown(data, user, user)
    _run(
        user, home / "initdb", "-D", data, "-U", "acl", "-A", "trust", "-E", "UTF8", "--no-sync", "--locale=C"
    )
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    options = f"-h 127.0.0.1 -p {port} -k {data} -F"
    _run(user, home / "pg_ctl", "-D", data, "-w", "-l", data / "log", "-o", options, "start")
    server = PostgresServer(f"postgresql://acl@127.0.0.1:{port}/postgres")
    try:
        yield server
    finally:
        server.close()
        _run(user, home / "pg_ctl", "-D", data, "-m", "immediate", "-w", "stop")


def _user() -> str:
    """PostgreSQL does not run as root."""
    return "postgres" if os.geteuid() == 0 else ""


def _run(user: str, *command: object) -> None:
    words = [str(word) for word in command]
    whole = ["setpriv", f"--reuid={user}", f"--regid={user}", "--clear-groups", *words] if user else words
    subprocess.run(whole, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd="/")
