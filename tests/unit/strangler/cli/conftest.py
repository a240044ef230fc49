from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from fakes.commands import Answer, Here


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Here:
    """The command line in this process, in an empty folder."""
    return Here(tmp_path, monkeypatch, capsys)


@pytest.fixture
def run(here: Here) -> Callable[..., Answer]:
    return here.run
