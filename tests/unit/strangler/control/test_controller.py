from __future__ import annotations

import asyncio
from contextlib import closing
from pathlib import Path

import pytest

from strangler.control.controller import Controller
from strangler.control.rollouts import Rollouts
from strangler.rollout import Window
from strangler.store import open_state


class Clock:
    now = 1_000.9

    def __call__(self) -> float:
        return self.now


def test_what_was_counted_before_a_step_is_never_counted_into_it(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/state.db"
    clock, seen = Clock(), {("billing", "service"): Window(40, 40)}

    async def scenario() -> None:
        controller = Controller(url, "w", lambda: seen, clock=clock)  # type: ignore[arg-type, return-value]
        clock.now = 1_001.9  # counted from 1000.9 to 1001.9; a step that begins at 1000.95 must not see it
        await controller.beat()
        clock.now = 900.0
        await controller.beat()
        await asyncio.to_thread(controller._close)

    with closing(open_state(url)) as state:
        asyncio.run(scenario())
        assert state.windows.totals(1_001) == {}
        assert state.windows.totals(1_000)["billing", "service"].requests == 40
        assert state.windows.totals(900, 901)["billing", "service"].requests == 40


def test_what_nobody_thought_of_does_not_end_the_watching(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = f"sqlite:///{tmp_path}/state.db"
    open_state(url).close()

    def broken(self: Rollouts) -> bool:
        raise TypeError("odd")

    async def scenario() -> None:
        controller = Controller(url, "w", dict)
        with monkeypatch.context() as patched:
            patched.setattr(Rollouts, "tick", broken)
            await controller.beat()
        assert controller.trouble is not None
        assert not controller.leads
        await controller.beat()
        assert controller.trouble is None
        assert controller.leads
        await asyncio.to_thread(controller._close)

    asyncio.run(scenario())
