"""One suite, every backend."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from strangler.store import Entry, State, open_state


@pytest.fixture(params=["sqlite", "memory", pytest.param("postgres", marks=pytest.mark.service)])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "postgres":
        address: str = request.getfixturevalue("postgres")
        return address
    return f"sqlite:///{tmp_path}/state.db" if request.param == "sqlite" else "memory://"


@pytest.fixture
def state(url: str) -> Iterator[State]:
    opened = open_state(url)
    yield opened
    opened.close()


@pytest.fixture
def entry() -> Entry:
    return Entry(
        "canary", "share of billing 0 % -> 5 %", "someone", "api", 1_700_000_000.5, "billing", "why not"
    )
