"""Real load by wrk while the table changes: nobody fails, shares are what was asked, nobody goes back and forth."""

from __future__ import annotations

import signal
import socket
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from fakes.load import USERS, Running, echo, free_port, load, seen, serve, start, wait_for

from strangler.control.verbs import Add, Canary, Flip, Pattern, SetWriter
from strangler.store import open_state


@pytest.fixture
def running(tmp_path: Path) -> Iterator[Running]:
    old, new, port = free_port(), free_port(), free_port()
    processes = [echo("monolith", old), echo("service", new)]
    state = f"sqlite:///{tmp_path / 'strangler.db'}"
    command = serve(old, port, state)
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
