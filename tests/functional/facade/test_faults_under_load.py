"""Real load by wrk while the service dies, comes back, and hangs: no safe request fails while the monolith is well."""

from __future__ import annotations

import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from fakes.load import Running, echo, free_port, load, seen, serve, start, wait_for

from strangler.control.verbs import Apply

POLICY = {
    "retry": {"tries": 2, "first": "10ms"},
    "timeouts": {"first_byte": "300ms"},
    "fallback": True,
}
BREAKER = {"minimum": 10, "window": "2s", "open": "500ms"}


@dataclass
class Site:
    """A facade whose routes are all on a service that can be killed."""

    facade: Running
    port: int
    service: subprocess.Popen[str]
    started: list[subprocess.Popen[str]] = field(default_factory=list)

    def kill(self) -> None:
        self.service.kill()
        self.service.wait()

    def restart(self) -> None:
        self.service = echo("service", self.port)
        self.started.append(self.service)


def document(service: int) -> dict[str, Any]:
    return {
        "policies": {"kind": POLICY},
        "upstreams": {"things": {"url": f"http://127.0.0.1:{service}", "breaker": BREAKER}},
        "groups": {"things": {"service": "things", "share": 100, "policy": "kind"}},
        "routes": [{"name": "things", "path": "/api/things/", "group": "things", "methods": ["GET"]}],
    }


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    old, new, port = free_port(), free_port(), free_port()
    monolith, service = echo("monolith", old), echo("service", new)
    state = f"sqlite:///{tmp_path / 'strangler.db'}"
    command = serve(old, port, state)
    wait_for(old)
    wait_for(new)
    running = Running(f"http://127.0.0.1:{port}", state, command, start(command))
    made = Site(running, new, service, [monolith, service, running.process])
    try:
        wait_for(port)
        running.change(Apply(document=document(new)))
        time.sleep(0.5)
        yield made
    finally:
        for process in made.started:
            process.kill()
            process.wait()


@pytest.mark.service
def test_no_safe_request_fails_while_the_service_dies_comes_back_and_hangs(
    site: Site, program: Callable[[str], str]
) -> None:
    wrk = load(program("wrk"), site.facade.url, 10)
    time.sleep(1.5)
    site.kill()
    time.sleep(1.5)
    site.restart()
    time.sleep(2.5)
    site.service.send_signal(signal.SIGSTOP)
    time.sleep(1.5)
    site.service.send_signal(signal.SIGCONT)
    result = seen(wrk)
    assert result["errors"] == result["failed"] == 0, result
    assert result["changed"] > 0, "nobody was answered by the monolith"
    assert result["service"] > 0, "nobody was answered by the service"
