"""What every test may ask for. Skipping is for a person's machine; where it is forbidden, it is a failure."""

from __future__ import annotations

import os
import shutil
import sqlite3
import tempfile
from collections.abc import Callable, Generator, Iterator
from contextlib import ExitStack, closing
from pathlib import Path
from uuid import uuid4

import pytest
from fakes.acl_postgres import PostgresServer, programs, running
from hypothesis import HealthCheck, settings

# How long an example takes is the machine's affair: no test here is about time.
settings.register_profile("house", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("house")

NO_SKIP = os.environ.get("STRANGLER_NO_SKIP") == "1"


@pytest.fixture
def program() -> Callable[[str], str]:
    """Gives the path of a program (``wrk``, ``nginx``, ``chromium``), or skips the test with the reason."""

    def find(name: str) -> str:
        path = shutil.which(name)
        if path is None:
            pytest.skip(f"{name} is not installed")
        return path

    return find


@pytest.fixture(scope="session", autouse=True)
def _no_cache_of_this_user(tmp_path_factory: pytest.TempPathFactory) -> None:
    """What an analysis keeps for the next run goes to a folder of the tests."""
    os.environ["XDG_CACHE_HOME"] = str(tmp_path_factory.mktemp("cache"))


Connect = Callable[..., sqlite3.Connection]


@pytest.fixture
def connect() -> Iterator[Connect]:
    """Opens SQLite databases (``:memory:`` by default) and closes all of them when the test is over."""
    with ExitStack() as stack:

        def open_(path: str | Path = ":memory:", timeout: float = 5.0) -> sqlite3.Connection:
            made = sqlite3.connect(path, timeout=timeout, isolation_level=None, check_same_thread=False)
            return stack.enter_context(closing(made))

        yield open_


POSTGRES = os.environ.get("STRANGLER_TEST_POSTGRES", "postgresql://postgres@127.0.0.1:5432/postgres")


@pytest.fixture
def postgres() -> Iterator[str]:
    """The address of a schema that is not there yet, in a PostgreSQL that runs; dropped when the test is over."""
    psycopg = pytest.importorskip("psycopg", reason="psycopg is not installed")
    schema = f"strangler_test_{uuid4().hex[:12]}"
    try:
        connection = psycopg.connect(POSTGRES, autocommit=True, connect_timeout=2)
    except psycopg.OperationalError as error:
        pytest.skip(f"no PostgreSQL answers (STRANGLER_TEST_POSTGRES names one): {error}")
    with closing(connection):
        yield f"{POSTGRES}?schema={schema}"
        connection.execute(f"DROP SCHEMA IF EXISTS {schema} CASCADE")


@pytest.fixture(scope="session")
def _postgres_server() -> Iterator[PostgresServer]:
    home = programs()
    if home is None:
        pytest.skip("PostgreSQL is not installed")
    with tempfile.TemporaryDirectory(prefix="acl-postgres-") as folder, running(home, Path(folder)) as server:
        yield server


@pytest.fixture
def postgres_server(_postgres_server: PostgresServer) -> Iterator[PostgresServer]:
    """A PostgreSQL server for this run of the tests; connections are closed when the test is over."""
    yield _postgres_server
    _postgres_server.close()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    # Another Python is the one thing that nobody installs for a test.
    excused = hasattr(report, "wasxfail") or "there is no Python" in str(report.longrepr)
    if NO_SKIP and report.skipped and not excused:
        report.outcome = "failed"
        report.longrepr = f"{item.nodeid} was skipped where skipping is forbidden: {report.longrepr}"
    return report


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Real code bases are fetched from the package index: only when asked for."""
    if os.environ.get("STRANGLER_REAL") != "1":
        skip = pytest.mark.skip(reason="fetches real code bases from the package index: set STRANGLER_REAL=1")
        for item in items:
            if item.get_closest_marker("real") is not None:
                item.add_marker(skip)
