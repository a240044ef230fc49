"""The processes of the demo: started on free ports, waited for, logged to files, stopped in reverse order."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import httpx

from strangler.errors import StranglerError

PATIENCE = 30.0
"""Seconds that a process may take until it answers."""


class StageError(StranglerError):
    """A process of the demo did not do its part."""


def free_port() -> int:
    """A port that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@dataclass(slots=True)
class Stage:
    """A folder for databases and logs, and the processes that run in it."""

    folder: Path
    env: dict[str, str] = field(default_factory=dict)
    processes: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)

    def run(self, *command: str | Path, check: bool = True) -> subprocess.CompletedProcess[str]:
        """Run a Python command to its end, in the folder."""
        done = subprocess.run(  # noqa: S603
            [sys.executable, *map(str, command)],
            cwd=self.folder,
            env=self._environment(),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )
        if check and done.returncode:
            told = (done.stderr.strip() or done.stdout.strip()).splitlines()
            raise StageError(
                f"`{_shown(command)}` answered {done.returncode}: {told[-1] if told else 'nothing'}"
            )
        return done

    def start(self, name: str, command: Sequence[str | Path], health: str) -> None:
        """Start a Python process and wait until ``health`` (a URL) answers with less than 500."""
        log = self.folder / f"{name}.log"
        with log.open("ab") as out:
            process = subprocess.Popen(  # noqa: S603
                [sys.executable, *map(str, command)],
                cwd=self.folder,
                env=self._environment(),
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        self.processes[name] = process
        deadline = time.monotonic() + PATIENCE
        while not _answers(health):
            if process.poll() is not None:
                raise StageError(f"{name} ended with {process.returncode} while starting: {_last_line(log)}")
            if time.monotonic() > deadline:
                raise StageError(
                    f"{name} gave no answer at {health} within {PATIENCE:.0f} s: {_last_line(log)}"
                )
            time.sleep(0.05)

    def stop(self, name: str) -> None:
        """Ask a process to end; insist after five seconds."""
        process = self.processes.pop(name, None)
        if process is None or process.poll() is not None:
            return
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(5)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()

    def close(self) -> None:
        """Stop everything, the youngest first."""
        for name in reversed(list(self.processes)):
            self.stop(name)

    def _environment(self) -> dict[str, str]:
        return {**os.environ, "PYTHONUNBUFFERED": "1", **self.env}


def _answers(url: str) -> bool:
    try:
        return httpx.get(url, timeout=2, trust_env=False).status_code < 500
    except httpx.HTTPError:
        return False


def _last_line(log: Path) -> str:
    lines = log.read_text(errors="replace").strip().splitlines()
    return lines[-1] if lines else "it said nothing"


def _shown(command: Sequence[str | Path]) -> str:
    return " ".join(str(part) for part in command)
