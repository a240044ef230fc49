"""Several controllers, of which the one that leads is killed again and again: every rollout takes each step once."""

from __future__ import annotations

import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager

import fakes.controller
import pytest
from fakes.controller import fast_clock

from strangler.control import Control, Request
from strangler.control.rollouts import LEASE, Rollouts
from strangler.control.verbs import Add, Pattern, SetWriter
from strangler.rollout import Rollout, Thresholds
from strangler.rollout.window import SIZE
from strangler.store import State, Window, open_state

SPEED = 5.0
CONTROLLERS = 4
GROUPS = tuple(f"group-{number}" for number in range(5))
STEPS = (1.0, 5.0, 25.0, 50.0, 100.0)
HISTOGRAM = (0,) * 10 + (50,) + (0,) * (SIZE - 11)


class Crew:
    """Controllers in processes of their own."""

    def __init__(self, url: str, began: float) -> None:
        self._line = [sys.executable, fakes.controller.__file__, url, str(began), str(SPEED)]
        self._running: dict[str, subprocess.Popen[str]] = {}
        self.killed = 0

    def start(self) -> None:
        process = subprocess.Popen(self._line, stdout=subprocess.PIPE, text=True)
        self._running[f"pid {process.pid}"] = process

    def kill(self, holder: str) -> None:
        process = self._running.pop(holder, None)
        if process is not None:
            process.send_signal(signal.SIGKILL)
            process.communicate(timeout=10)
            self.killed += 1

    def stop(self) -> None:
        for holder in list(self._running):
            self.kill(holder)


@contextmanager
def crew(url: str, began: float) -> Iterator[Crew]:
    made = Crew(url, began)
    try:
        yield made
    finally:
        made.stop()


def count(state: State, second: int) -> None:
    """What two facades saw of every group in a second: nothing wrong."""
    state.windows.add(
        Window(facade, second, group, side, 50, 0, HISTOGRAM)
        for facade in ("a", "b")
        for group in GROUPS
        for side in ("monolith", "service")
    )


@pytest.mark.parametrize("pauses", [(0.5, 1.5), pytest.param((0.2, 2.0), marks=pytest.mark.service)])
def test_a_controller_that_is_killed_skips_and_repeats_no_step(url: str, pauses: tuple[float, float]) -> None:
    chance, began = random.Random(20_240_502), time.time()
    clock = fast_clock(began, SPEED)
    with closing(open_state(url)) as state, crew(url, began) as controllers:
        control = Control(state.routes, clock=clock)
        operator = Rollouts(state, control, holder="operator", clock=clock)
        for group in GROUPS:
            add = Add(
                name=group, patterns=(Pattern("prefix", f"/{group}/"),), service="http://127.0.0.1:9001"
            )
            control.change(Request(add), via="store")
            control.change(Request(SetWriter(name=group, writer="monolith")), via="store")
            operator.start(Rollout(group, STEPS, interval=5, thresholds=Thresholds(min_requests=50)))
        for _ in range(CONTROLLERS):
            controllers.start()
        deadline, next_kill, second = time.monotonic() + 120, time.monotonic() + 1.5, 0
        while any(rollout.phase == "running" for rollout in operator.all()):
            assert time.monotonic() < deadline, operator.all()
            if int(clock()) != second:
                second = int(clock())
                count(state, second)
            lease = state.leases.holder(LEASE)
            if time.monotonic() > next_kill and lease is not None:
                controllers.kill(lease.holder)
                controllers.start()
                next_kill = time.monotonic() + chance.uniform(*pauses)
            time.sleep(0.01)
        assert controllers.killed >= 3
        history = state.routes.history()[::-1]
        assert {rollout.phase for rollout in operator.all()} == {"promoted"}
    for group in GROUPS:
        steps = [
            record.entry.summary
            for record in history
            if record.entry.action == "canary" and record.entry.subject == group
        ]
        shares = [0.0, *STEPS]
        assert steps == [
            f"share of {group} {before:g} % -> {after:g} %"
            for before, after in zip(shares, STEPS, strict=False)
        ]
    assert [record.version for record in history] == list(range(1, len(history) + 1))
