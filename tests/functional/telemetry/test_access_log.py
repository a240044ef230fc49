"""The access log of a running facade."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import httpx
import pytest
from fakes.servers import ADDRESS


class Facade:
    """``strangler serve`` with its standard output in a file."""

    def __init__(self, folder: Path, *options: str) -> None:
        self.out = folder / "out"
        (folder / "strangler.toml").write_text("")
        command = [sys.executable, "-m", "strangler.cli", "serve", "--monolith", "http://127.0.0.1:9"]
        command += [
            "--bind",
            "127.0.0.1:0",
            "--admin-bind",
            "127.0.0.1:0",
            "--config",
            str(folder / "strangler.toml"),
        ]
        command += ["--state", f"sqlite:///{folder / 'state.db'}", *options]
        with self.out.open("wb") as out:
            self.process = subprocess.Popen(command, stdout=out, stderr=subprocess.PIPE, text=True)
        assert self.process.stderr is not None
        ready = next(line for line in self.process.stderr if "facade on" in line)
        found = ADDRESS.search(ready)
        assert found is not None
        self.url = found[0]

    def stop(self) -> str:
        """Ends it; what it said last."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.communicate(timeout=30)[1]


def lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text().splitlines()]


@pytest.mark.parametrize("workers", [[], ["--workers", "2"]], ids=["alone", "workers"])
def test_every_request_is_one_line_and_none_holds_a_query(tmp_path: Path, workers: list[str]) -> None:
    facade = Facade(tmp_path, "--access-log", "-", *workers)
    try:
        for number in range(40):
            answer = httpx.get(f"{facade.url}/page/{number}/?token=s3cret", trust_env=False)
            assert answer.status_code == 502
    finally:
        facade.stop()
    told = lines(facade.out)
    assert sorted(line["path"] for line in told) == sorted(f"/page/{number}/" for number in range(40))
    assert {(line["status"], line["error"], line["side"]) for line in told} == {(502, "refused", "monolith")}
    assert "s3cret" not in facade.out.read_text()


def test_a_log_that_cannot_be_written_stops_nobody(tmp_path: Path) -> None:
    facade = Facade(tmp_path, "--access-log", "/dev/full")
    try:
        for _ in range(3):
            assert httpx.get(f"{facade.url}/", trust_env=False).status_code == 502
            time.sleep(0.3)
    finally:
        said = facade.stop()
    assert said.count("the access log /dev/full: No space left on device") == 1


def test_a_log_in_a_folder_that_is_not_there_is_one_line_and_exit_2(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "strangler.cli", "serve", "--monolith", "http://127.0.0.1:9"]
    command += [
        "--bind",
        "127.0.0.1:0",
        "--admin-bind",
        "127.0.0.1:0",
        "--state",
        f"sqlite:///{tmp_path / 'state.db'}",
    ]
    done = subprocess.run(
        [*command, "--access-log", str(tmp_path / "no" / "log")],
        capture_output=True, text=True, cwd=tmp_path, env={**os.environ}, timeout=30,
    )  # fmt: skip
    assert done.returncode == 2
    assert "the access log cannot be opened: No such file or directory" in done.stderr
    assert len(done.stderr.splitlines()) <= 2
