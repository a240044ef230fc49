"""The command line as a person has it: a process of its own, in a folder of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from strangler.cli import main


@dataclass(frozen=True)
class Answer:
    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


class Here:
    """Runs ``strangler`` in this process: quicker, and a debugger gets in."""

    def __init__(
        self,
        folder: Path,
        monkeypatch: pytest.MonkeyPatch,
        capsys: pytest.CaptureFixture[str],
        **environ: str,
    ) -> None:
        self._folder = folder
        self._monkeypatch = monkeypatch
        self._capsys = capsys
        self._environ = {"STRANGLER_ACTOR": "tester", **environ}

    def run(self, *arguments: str) -> Answer:
        with self._monkeypatch.context() as patched:
            patched.chdir(self._folder)
            for name in [name for name in os.environ if name.startswith("STRANGLER_")]:
                patched.delenv(name)
            for name, value in self._environ.items():
                patched.setenv(name, value)
            self._capsys.readouterr()
            with pytest.raises(SystemExit) as stopped:
                main(list(arguments))
        captured = self._capsys.readouterr()
        return Answer(int(stopped.value.code or 0), captured.out, captured.err)

    def having(self, **environ: str) -> Here:
        """The same with other environment variables."""
        return Here(self._folder, self._monkeypatch, self._capsys, **environ)


class Commands:
    """Runs ``strangler`` in a folder; no setting of the developer's own environment reaches it."""

    def __init__(self, folder: Path, **environ: str) -> None:
        self._folder = folder
        kept = {name: value for name, value in os.environ.items() if not name.startswith("STRANGLER_")}
        self._environ = {**kept, "STRANGLER_ACTOR": "tester", **environ}

    def run(self, *arguments: str, stdin: str = "") -> Answer:
        done = subprocess.run(
            self.line(*arguments),
            cwd=self._folder,
            env=self._environ,
            input=stdin,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        return Answer(done.returncode, done.stdout, done.stderr)

    def start(self, *arguments: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            self.line(*arguments),
            cwd=self._folder,
            env=self._environ,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    @staticmethod
    def line(*arguments: str) -> list[str]:
        return [sys.executable, "-c", "from strangler.cli import main; main()", *arguments]
