"""``strangler serve`` as a person meets it: one clear line, the right exit code, a clean end."""

from __future__ import annotations

import http.server
import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from strangler.control import Control
from strangler.routing import RouteTable
from strangler.store import open_state

READY = re.compile(r"strangler: facade on (http://\S+) -> monolith (http://\S+); admin on (http://\S+)\n")


class Slow(http.server.BaseHTTPRequestHandler):
    """Answers ``/slow`` after a moment, ``/stuck`` never."""

    def do_GET(self) -> None:
        if self.path == "/stuck":
            self.server.shutdown_now.wait()  # type: ignore[attr-defined]
            return
        if self.path == "/slow":
            time.sleep(0.5)
        self.send_response(200)
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"ok")

    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.fixture
def monolith() -> Iterator[str]:
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Slow) as server:
        server.shutdown_now = threading.Event()  # type: ignore[attr-defined]
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown_now.set()  # type: ignore[attr-defined]
        server.shutdown()
        thread.join()


def command(monolith: str, folder: Path, *options: str) -> list[str]:
    start = [sys.executable, "-m", "strangler.cli", "serve", "--monolith", monolith]
    free = ["--bind", "127.0.0.1:0", "--admin-bind", "127.0.0.1:0"]
    return [*start, *free, "--state", f"sqlite:///{folder / 'state.db'}", *options]


def fails(arguments: list[str], folder: Path) -> str:
    done = subprocess.run(arguments, cwd=folder, capture_output=True, text=True, timeout=20)
    assert done.returncode == 2
    assert done.stdout == ""
    assert "Traceback" not in done.stderr
    assert done.stderr.count("\n") == 1
    return done.stderr


@contextmanager
def served(arguments: list[str], folder: Path) -> Iterator[tuple[subprocess.Popen[str], str, str]]:
    process = subprocess.Popen(arguments, cwd=folder, stderr=subprocess.PIPE, text=True)
    assert process.stderr is not None
    try:
        line = process.stderr.readline()
        ready = READY.fullmatch(line)
        assert ready is not None, line
        yield process, ready[1], ready[3]
    finally:
        process.kill()
        process.communicate()


def fetch(url: str) -> tuple[int, str]:
    try:
        with urllib.request.urlopen(url, timeout=10) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.read().decode()


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (["--bind", "127.0.0.1"], "--bind: '127.0.0.1' is not HOST:PORT"),
        (["--bind", "127.0.0.1:70000"], "--bind: '127.0.0.1:70000' is not HOST:PORT"),
        (["--bind", "no.such.host.invalid:80"], "--bind: the host 'no.such.host.invalid' is unknown"),
        (["--bind", "192.0.2.1:8080"], "--bind: 192.0.2.1:8080 is no address of this machine"),
        (["--monolith", "ftp://x"], "--monolith: 'ftp://x' is not the address of a server"),
        (["--monolith", "http://x/path"], "--monolith: 'http://x/path' is more than the address of a server"),
        (["--state", "redis://x"], "'redis://x' is not the address of a state"),
        (["--state", "memory://"], "--state: memory:// ends with this process"),
        (["--config", "missing.toml"], "missing.toml"),
    ],
)
def test_what_means_nothing_is_one_line_and_exit_2(options: list[str], told: str, tmp_path: Path) -> None:
    assert told in fails(command("http://127.0.0.1:1", tmp_path, *options), tmp_path)


def test_an_admin_api_for_this_machine_alone_needs_no_warning(monolith: str, tmp_path: Path) -> None:
    with served(command(monolith, tmp_path), tmp_path) as (process, _, _):
        process.send_signal(signal.SIGTERM)
        assert "warning" not in process.communicate(timeout=20)[1]


def test_an_admin_api_that_others_can_reach_is_told_with_the_remedy(monolith: str, tmp_path: Path) -> None:
    with served(command(monolith, tmp_path, "--admin-bind", "0.0.0.0:0"), tmp_path) as (process, _, _):
        assert process.stderr is not None
        told = process.stderr.readline()
        assert told.startswith("strangler: warning: others can reach the admin API on 0.0.0.0:")
        assert "Bind it to 127.0.0.1" in told


@pytest.mark.parametrize("option", ["--bind", "--admin-bind"])
def test_a_port_in_use_is_one_line_and_exit_2(option: str, tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        address = f"127.0.0.1:{taken.getsockname()[1]}"
        told = fails(command("http://127.0.0.1:1", tmp_path, option, address), tmp_path)
    assert (
        told
        == f"strangler: {option}: {address} is in use. Stop what listens there, or choose another port.\n"
    )


def test_a_facade_before_itself_is_refused(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        address = f"127.0.0.1:{probe.getsockname()[1]}"
    told = fails(command(f"http://{address}", tmp_path, "--bind", address), tmp_path)
    assert "the facade would forward to itself" in told


def test_a_state_file_that_is_none_is_refused(tmp_path: Path) -> None:
    (tmp_path / "state.db").write_text("this is not a database" * 100)
    fails(command("http://127.0.0.1:1", tmp_path), tmp_path)


def test_the_monoliths_address_is_needed(tmp_path: Path) -> None:
    told = fails([sys.executable, "-m", "strangler.cli", "serve"], tmp_path)
    assert "the monolith's address is missing" in told


def test_an_absent_monolith_is_a_warning_and_502_until_it_is_there(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    with served(command(f"http://127.0.0.1:{port}", tmp_path), tmp_path) as (process, facade, _):
        assert process.stderr is not None
        warning = process.stderr.readline()
        assert warning.startswith("strangler: warning: monolith refused the connection")
        status, body = fetch(facade)
        assert status == 502
        assert "monolith refused the connection" in body
        with http.server.ThreadingHTTPServer(("127.0.0.1", port), Slow) as server:
            thread = threading.Thread(target=server.serve_forever)
            thread.start()
            assert fetch(facade) == (200, "ok")
            server.shutdown()
            thread.join()


def test_nobody_without_a_token_fills_the_memory_through_the_admin_listener(
    monolith: str, tmp_path: Path
) -> None:
    with served(command(monolith, tmp_path), tmp_path) as (_, _, admin):
        host, _, port = admin.removeprefix("http://").rpartition(":")
        with socket.create_connection((host, int(port)), timeout=10) as client:
            client.sendall(b"GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\nX: " + b"a" * 100_000)
            assert client.recv(100).startswith(b"HTTP/1.1 431 ")
        assert fetch(f"{admin}/healthz") == (200, "ok\n")
        assert fetch(f"{admin}/api/table")[0] == 401


ROUTES = """
[gateway]
trusted_hops = 1
[upstreams.things]
url = "http://127.0.0.1:9"
[groups.things]
service = "things"
share = 100
writer = "monolith"
[[routes]]
name = "things"
group = "things"
prefix = "/things/"
"""


def table_of(folder: Path) -> RouteTable:
    state = open_state(f"sqlite:///{folder / 'state.db'}", create=False)
    try:
        return state.routes.load()
    finally:
        state.close()


def test_routes_in_the_file_that_mean_nothing_stop_the_start(monolith: str, tmp_path: Path) -> None:
    (tmp_path / "strangler.toml").write_text(ROUTES + 'jwt = "default"\n')
    assert "jwt" in fails(command(monolith, tmp_path), tmp_path)


def test_routes_in_the_file_are_the_first_table_and_undo_nothing_later(monolith: str, tmp_path: Path) -> None:
    (tmp_path / "strangler.toml").write_text(ROUTES)
    with served(command(monolith, tmp_path), tmp_path) as (_, facade, _):
        assert fetch(f"{facade}/things/")[0] == 502
    assert table_of(tmp_path).gateway.trusted_hops == 1
    state = open_state(f"sqlite:///{tmp_path / 'state.db'}", create=False)
    Control(state.routes).rollback("things", via="store")
    state.close()
    with served(command(monolith, tmp_path), tmp_path) as (process, facade, _):
        assert fetch(f"{facade}/things/") == (200, "ok")
        assert "the state counts" in process.stderr.readline()  # type: ignore[union-attr]
    assert table_of(tmp_path).version == 2


def test_settings_come_from_the_file_too(monolith: str, tmp_path: Path) -> None:
    (tmp_path / "strangler.toml").write_text(
        f'monolith = "{monolith}"\nbind = "127.0.0.1:0"\nadmin_bind = "127.0.0.1:0"\n'
    )
    with served([sys.executable, "-m", "strangler.cli", "serve"], tmp_path) as (_, facade, admin):
        assert fetch(facade) == (200, "ok")
        assert fetch(f"{admin}/healthz") == (200, "ok\n")
        assert fetch(f"{admin}/metrics")[0] == 401


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_lets_requests_finish_and_exits_0(number: int, monolith: str, tmp_path: Path) -> None:
    with served(command(monolith, tmp_path), tmp_path) as (process, facade, _):
        got: list[tuple[int, str]] = []
        client = threading.Thread(target=lambda: got.append(fetch(f"{facade}/slow")))
        client.start()
        time.sleep(0.2)
        os.kill(process.pid, number)
        client.join()
        assert got == [(200, "ok")]
        assert process.wait(10) == 0
        assert process.stderr is not None
        assert process.stderr.read() == ""


def test_a_second_sigint_does_not_wait(monolith: str, tmp_path: Path) -> None:
    with served(command(monolith, tmp_path), tmp_path) as (process, facade, _):
        host, port = facade.removeprefix("http://").split(":")
        with socket.create_connection((host, int(port))) as client:
            client.sendall(b"GET /stuck HTTP/1.1\r\nHost: a\r\n\r\n")
            time.sleep(0.2)
            process.send_signal(signal.SIGINT)
            time.sleep(0.3)
            assert process.poll() is None
            process.send_signal(signal.SIGINT)
            assert process.wait(5) == 0


def test_the_request_path_loads_no_analyzer_no_command_line_no_django() -> None:
    code = (
        "import sys, strangler.facade;"
        "print([m for m in ('analyzer', 'typer', 'rich', 'httpx', 'django', 'starlette') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"
