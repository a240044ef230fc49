"""A facade in a process of its own before two servers, and wrk as thousands of users with a session each."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
import urllib.request
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from strangler.control.service import Control
from strangler.control.verbs import Request
from strangler.store import open_state

TESTS = Path(__file__).parents[1]
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


def echo(name: str, port: int) -> subprocess.Popen[str]:
    """A server that says its name."""
    return start([sys.executable, str(TESTS / "fakes" / "echo.py"), name, str(port)])


def serve(old: int, port: int, state: str) -> list[str]:
    """The command of a facade."""
    bind = ["--bind", f"127.0.0.1:{port}", "--admin-bind", "127.0.0.1:0", "--state", state]
    return [sys.executable, "-m", "strangler.cli", "serve", "--monolith", f"http://127.0.0.1:{old}", *bind]
