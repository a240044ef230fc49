"""Every command of docs/runbook.md, in its order, in one folder, against a real facade before two real servers."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from socket import create_server

TESTS = Path(__file__).parents[2]
RUNBOOK = TESTS.parent / "docs" / "runbook.md"
COMMAND = re.compile(r"^\$ (?P<line>.*?)\s*(?:# exit (?P<code>\d+))?$", re.MULTILINE)
PORTS = ("8000", "9001", "8080", "8081")


def commands(text: str) -> list[tuple[str, int]]:
    """The shell lines of the console blocks and the codes with which they end."""
    blocks = re.findall(r"```console\n(.*?)```", text, re.DOTALL)
    return [(found["line"], int(found["code"] or 0)) for block in blocks for found in COMMAND.finditer(block)]


def free_ports() -> list[str]:
    with ExitStack() as stack:
        probes = [stack.enter_context(create_server(("127.0.0.1", 0))) for _ in PORTS]
        return [str(probe.getsockname()[1]) for probe in probes]


def answers(port: str) -> bool:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/healthz", timeout=5):
            return True
    except urllib.error.HTTPError:
        return True
    except OSError:
        return False


def wait_for(port: str) -> None:
    deadline = time.monotonic() + 60
    while not answers(port):
        assert time.monotonic() < deadline, f"nothing listens on {port}"
        time.sleep(0.05)


@contextmanager
def started(
    line: list[str] | str, folder: Path, environ: dict[str, str]
) -> Iterator[subprocess.Popen[bytes]]:
    process = subprocess.Popen(
        line,
        cwd=folder,
        env=environ,
        shell=isinstance(line, str),
        stdin=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        yield process
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(30)


def test_every_command_of_the_runbook_does_what_it_says(
    tmp_path: Path, program: Callable[[str], str]
) -> None:
    program("curl")
    ports = dict(zip(PORTS, free_ports(), strict=True))
    ours = tmp_path / "bin" / "strangler"
    ours.parent.mkdir()
    ours.write_text(f'#!/bin/sh\nexec {sys.executable} -c "from strangler.cli import main; main()" "$@"\n')
    ours.chmod(0o755)
    kept = {name: value for name, value in os.environ.items() if not name.startswith("STRANGLER_")}
    environ = {
        **kept,
        "PATH": f"{ours.parent}:{os.environ['PATH']}",
        "STRANGLER_BIND": f"127.0.0.1:{ports['8080']}",
        "STRANGLER_ADMIN_BIND": f"127.0.0.1:{ports['8081']}",
        "STRANGLER_ACTOR": "tester",
    }
    echo = str(TESTS / "fakes" / "echo.py")
    ran = 0
    with ExitStack() as stack:
        for name, port in (("monolith", "8000"), ("service", "9001")):
            stack.enter_context(started([sys.executable, echo, name, ports[port]], tmp_path, environ))
            wait_for(ports[port])
        for line, code in commands(RUNBOOK.read_text("utf-8")):
            line = re.sub(r"(?<=127\.0\.0\.1:)(\d+)", lambda found: ports[found[0]], line)
            ran += 1
            if line.endswith("&"):
                facade = stack.enter_context(started(f"exec {line.removesuffix('&')}", tmp_path, environ))
                environ["FACADE"] = str(facade.pid)
                wait_for(ports["8080"])
                wait_for(ports["8081"])
                continue
            done = subprocess.run(
                line, cwd=tmp_path, env=environ, shell=True, capture_output=True, text=True, check=False
            )
            assert done.returncode == code, f"{line}\n{done.stdout}{done.stderr}"
            assert facade.poll() is None, f"the facade ended at: {line}"
        wait_for(ports["8080"])
    assert ran > 30
