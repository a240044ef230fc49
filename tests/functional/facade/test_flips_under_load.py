"""Real load by wrk while the table changes: nobody fails, shares are what was asked, nobody goes back and forth."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from strangler.control.service import Control
from strangler.control.verbs import Add, Canary, Flip, Pattern, Request, SetWriter
from strangler.store import open_state

TESTS = Path(__file__).parents[2]
USERS = 20_000


@dataclass
class Running:
    """A facade before two servers."""

    url: str
    state: str
    command: list[str]
    process: subprocess.Popen[str]

    def change(self, verb: Any) -> None:
        state = open_state(self.state, create=False)
        try:
            Control(state.routes).change(Request(verb), via="store")
        finally:
            state.close()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_for(port: int) -> None:
    deadline = time.monotonic() + 20
    while True:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=5):
                return
        except OSError:
            assert time.monotonic() < deadline, f"nothing listens on {port}"
            time.sleep(0.02)


def start(command: list[str]) -> subprocess.Popen[str]:
    return subprocess.Popen(command, stdin=subprocess.DEVNULL, stderr=subprocess.DEVNULL, text=True)


@pytest.fixture
def running(tmp_path: Path) -> Iterator[Running]:
    old, new, port = free_port(), free_port(), free_port()
    echo = str(TESTS / "fakes" / "echo.py")
    processes = [
        start([sys.executable, echo, "monolith", str(old)]),
        start([sys.executable, echo, "service", str(new)]),
    ]
    state = f"sqlite:///{tmp_path / 'strangler.db'}"
    bind = ["--bind", f"127.0.0.1:{port}", "--admin-bind", "127.0.0.1:0", "--state", state]
    command = [sys.executable, "-m", "strangler.cli", "serve", "--monolith", f"http://127.0.0.1:{old}", *bind]
    try:
        wait_for(old)
        wait_for(new)
        processes.append(start(command))
        wait_for(port)
        facade = Running(f"http://127.0.0.1:{port}", state, command, processes[-1])
        pattern = Pattern("path", "/api/things/")
        facade.change(
            Add(name="things", patterns=(pattern,), service=f"http://127.0.0.1:{new}", methods=("GET",))
        )
        facade.change(SetWriter(name="things", writer="monolith"))
        yield facade
        processes.append(facade.process)
    finally:
        for process in processes:
            process.kill()
            process.wait()


def load(wrk: str, url: str, seconds: int) -> subprocess.Popen[str]:
    script = str(TESTS / "assets" / "cohort.lua")
    command = [wrk, "-t", "1", "-c", "16", "-d", f"{seconds}s", "-s", script, f"{url}/api/things/"]
    return subprocess.Popen(
        command, stdout=subprocess.PIPE, text=True, env={**os.environ, "USERS": str(USERS)}
    )


def seen(process: subprocess.Popen[str]) -> dict[str, int]:
    out, _ = process.communicate(timeout=60)
    result: dict[str, int] = json.loads(out.splitlines()[-1])
    return result


@pytest.mark.service
def test_twenty_flips_under_load_lose_no_request(running: Running, program: Callable[[str], str]) -> None:
    wrk = load(program("wrk"), running.url, 8)
    for flip in range(20):
        time.sleep(0.3)
        running.change(Flip(name="things", to="service" if flip % 2 == 0 else "monolith"))
    result = seen(wrk)
    assert result["errors"] == result["failed"] == 0, result
    assert result["changed"] > 0, "the flips did not reach the facade"
    assert running.process.poll() is None


@pytest.mark.service
@pytest.mark.parametrize("share", [1, 25, 50, 90])
def test_the_share_is_what_was_asked(running: Running, program: Callable[[str], str], share: int) -> None:
    running.change(Canary(name="things", percent=share))
    time.sleep(0.3)
    result = seen(load(program("wrk"), running.url, 7))
    users = result["monolith"] + result["service"]
    assert result["errors"] == result["failed"] == result["changed"] == 0, result
    assert users > 0.9 * USERS, "too slow to see everybody"
    assert 100 * result["service"] / users == pytest.approx(share, abs=1)


@pytest.mark.service
def test_nobody_changes_sides_twice_while_the_share_grows(
    running: Running, program: Callable[[str], str]
) -> None:
    """Each user may come to the service once, so the changes are at most the users who ended there."""
    wrk = load(program("wrk"), running.url, 8)
    for share in (5, 10, 20, 40, 60, 80, 100):
        time.sleep(0.9)
        running.change(Canary(name="things", percent=share))
    result = seen(wrk)
    assert result["errors"] == result["failed"] == 0, result
    assert 0 < result["changed"] <= result["monolith"]


@pytest.mark.parametrize("round_", range(3))
def test_a_facade_killed_between_flips_comes_back_with_the_last_accepted_table(
    running: Running, round_: int
) -> None:
    for flip in range(5 + round_):
        running.change(Flip(name="things", to="service" if flip % 2 == 0 else "monolith"))
    running.process.send_signal(signal.SIGKILL)
    running.process.wait()
    state = open_state(running.state, create=False)
    expected = state.routes.load()
    state.close()
    running.process = start(running.command)
    port = int(running.url.rpartition(":")[2])
    wait_for(port)
    with socket.create_connection(("127.0.0.1", port), timeout=5) as client:
        client.sendall(b"GET /api/things/ HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        answer = b""
        while chunk := client.recv(4096):
            answer += chunk
    side = b"service" if expected.groups["things"].share == 100 else b"monolith"
    assert b"x-side: " + side in answer
