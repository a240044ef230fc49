from __future__ import annotations

from pathlib import Path

import pytest

from strangler.errors import BadDocument, StoreError
from strangler.store import open_state


@pytest.mark.parametrize(
    "url", ["", "state.db", "sqlite://", "sqlite:///", "postgresql:x", "memory:///x", "sqlite:/x"]
)
def test_an_address_that_means_nothing_names_what_exists(url: str) -> None:
    with pytest.raises(BadDocument, match=r"sqlite:///relative\.db.*memory://"):
        open_state(url)


def test_without_create_no_file_is_made(tmp_path: Path) -> None:
    with pytest.raises(StoreError):
        open_state(f"sqlite:///{tmp_path}/state.db", create=False)
    assert list(tmp_path.iterdir()) == []


def test_three_slashes_are_relative_four_absolute(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    open_state("sqlite:///relative.db").close()
    open_state(f"sqlite:///{tmp_path}/absolute.db").close()
    assert {path.name for path in tmp_path.iterdir()} == {"relative.db", "absolute.db"}
