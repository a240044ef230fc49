from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from fakes.commands import Answer

from strangler.cli import main

Run = Callable[..., Answer]


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """The command line in this process, in an empty folder."""
    monkeypatch.chdir(tmp_path)
    for name in ("STATE", "URL", "TOKEN", "DEBUG"):
        monkeypatch.delenv(f"STRANGLER_{name}", raising=False)
    monkeypatch.setenv("STRANGLER_ACTOR", "tester")

    def run(*arguments: str) -> Answer:
        with pytest.raises(SystemExit) as stopped:
            main(list(arguments))
        captured = capsys.readouterr()
        return Answer(int(stopped.value.code or 0), captured.out, captured.err)

    return run
