"""A seeded monolith and the billing service beside it, each a process of its own on a free port."""

from __future__ import annotations

import json
import os
import re
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

SAMPLE = Path(__file__).resolve().parents[3] / "sample_monolith"
BILLING = SAMPLE / "extracted" / "billing"


@dataclass(frozen=True)
class Pair:
    """Both sides' addresses and databases, and a client for calling them."""

    client: httpx.Client
    monolith: str
    service: str
    legacy: Path
    database: Path


@contextmanager
def serving(script: Path, *arguments: str | Path) -> Iterator[str]:
    """The address that a script prints once it serves; the process ends with the block."""
    environment = {**os.environ, "PYTHONWARNINGS": "", "SAAS_DATABASE": ""}
    process = subprocess.Popen(
        [sys.executable, script, *map(str, arguments)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=environment,
    )
    try:
        assert process.stdout is not None
        for line in process.stdout:
            if found := re.search(r"http://[\d.]+:\d+", line):
                yield found[0]
                break
        else:
            assert process.stderr is not None
            raise AssertionError(f"{script} did not start: {process.stderr.read()}")
    finally:
        process.terminate()
        process.communicate(timeout=20)


def backfill(legacy: Path, database: Path) -> tuple[int, dict[str, Any]]:
    """Run the copy as a person would; its exit code and its summary."""
    done = subprocess.run(
        [sys.executable, BILLING / "backfill.py", "--legacy", legacy, "--database", database],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stdout, done.stderr
    return done.returncode, json.loads(done.stdout)


@pytest.fixture(scope="session")
def pair(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pair]:
    """A monolith with demo data, and the service with a copy of its invoices. Tests do not write to it."""
    folder = tmp_path_factory.mktemp("pair")
    legacy, database = folder / "saas.db", folder / "billing.db"
    with serving(SAMPLE / "run.py", "--port", "0", "--database", legacy, "--orders", "120") as monolith:
        assert backfill(legacy, database)[0] == 0
        with (
            serving(BILLING / "run.py", "--database", database, "--monolith", monolith) as service,
            httpx.Client(timeout=20) as client,
        ):
            yield Pair(client, monolith, service, legacy, database)


@pytest.fixture
def legacy_copy(pair: Pair, tmp_path: Path) -> Path:
    """The monolith's database, to be spoilt by a test."""
    path = tmp_path / "legacy.db"
    with closing(sqlite3.connect(pair.legacy)) as source, closing(sqlite3.connect(path)) as target:
        source.backup(target)
    return path


@pytest.fixture
def writable(legacy_copy: Path, tmp_path: Path) -> Iterator[Pair]:
    """Both sides anew, with the same data, for tests that write."""
    database = tmp_path / "billing.db"
    assert backfill(legacy_copy, database)[0] == 0
    with (
        serving(SAMPLE / "run.py", "--port", "0", "--database", legacy_copy) as monolith,
        serving(BILLING / "run.py", "--database", database, "--monolith", monolith) as service,
        httpx.Client(timeout=20) as client,
    ):
        yield Pair(client, monolith, service, legacy_copy, database)


@contextmanager
def browser_of(username: str, pair: Pair) -> Iterator[httpx.Client]:
    """A client that is logged in at the monolith; its cookies go to both sides, as behind a facade."""
    with httpx.Client(timeout=20) as client:
        address = f"{pair.monolith}/accounts/login/"
        token = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', client.get(address).text)
        assert token is not None
        form = {"username": username, "password": "demo-password", "csrfmiddlewaretoken": token[1]}
        assert client.post(address, data=form).status_code == 302
        yield client
