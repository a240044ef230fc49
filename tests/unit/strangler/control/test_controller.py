from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from strangler.control.controller import Controller
from strangler.control.rollouts import Rollouts
from strangler.store import open_state


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
