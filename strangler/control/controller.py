"""The heartbeat of a facade: once a second it hands its counters to the state and, if it holds the lease, advances the
rollouts."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Mapping

from strangler.control.probes import Probes
from strangler.control.rollouts import Rollouts
from strangler.control.service import Control
from strangler.errors import StranglerError
from strangler.rollout import Window
from strangler.rollout.window import Counted
from strangler.store import Differing, State, open_state
from strangler.store import Window as Counts

INTERVAL = 1.0
"""Seconds between two beats."""
MOST_UNSAVED = 10_000
"""Windows that are kept while the state cannot be reached; older ones are dropped first."""

Drain = Callable[[], Mapping[tuple[str, Counted], Window]]

log = logging.getLogger("strangler.control")


class Controller:
    """Beats in the event loop; what touches the state runs in a thread, so that no request waits for a disk.

    ``drain`` gives what was counted since the last beat, ``differing(now)`` what the shadow saw; ``worker`` names this
    process among all facades.
    """

    def __init__(
        self,
        state_url: str,
        worker: str,
        drain: Drain,
        differing: Callable[[float], list[Differing]] = lambda now: [],
        *,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._url = state_url
        self._worker = worker
        self._drain = drain
        self._differing = differing
        self._clock = clock
        self._state: State | None = None
        self._rollouts: Rollouts | None = None
        self._probes: Probes | None = None
        self._unsaved: list[Counts] = []
        self._unkept: list[Differing] = []
        self._drained = clock()
        self.leads = False
        self.trouble: Exception | None = None

    async def run(self) -> None:
        """Beat until cancelled; then flush once more and let the lease go."""
        try:
            while True:
                await asyncio.sleep(INTERVAL)
                await self.beat()
        finally:
            await self.beat()
            await asyncio.to_thread(self._close)

    async def beat(self) -> None:
        """One beat. A state that cannot be reached is logged once; its counters are kept for the next beat."""
        now = self._clock()
        # Stamped with the second in which the counting began: what belongs to the last step, even in part, is the last
        # step's. A clock that was set back counts from where it is now.
        second, self._drained = int(min(self._drained, now)), now
        for (group, side), window in self._drain().items():
            self._unsaved.append(
                Counts(self._worker, second, group, side, window.requests, window.errors, window.latencies)
            )
        del self._unsaved[:-MOST_UNSAVED]
        self._unkept += self._differing(now)
        del self._unkept[:-MOST_UNSAVED]
        try:
            await asyncio.to_thread(self._act)
        except Exception as error:  # whatever it is: a guard that has died would protect nobody
            if self.trouble is None:
                log.warning("rollouts are not watched while the state cannot be reached: %s", error)
            self.trouble, self.leads = error, False
        else:
            self.trouble = None

    def _act(self) -> None:
        if self._state is None or self._rollouts is None:
            self._state = open_state(self._url, create=False)
            control = Control(self._state.routes, actor=self._worker, clock=self._clock)
            self._probes = Probes()
            self._rollouts = Rollouts(
                self._state, control, holder=self._worker, clock=self._clock, probes=self._probes
            )
        if self._unsaved:
            self._state.windows.add(self._unsaved)
            self._unsaved = []
        if self._unkept:
            self._state.differences.add(self._unkept)
            self._unkept = []
        self.leads = self._rollouts.tick()

    def _close(self) -> None:
        if self._probes is not None:
            self._probes.close()
        if self._rollouts is not None:
            try:
                self._rollouts.release()
            except StranglerError as error:
                log.warning("the controller's lease runs out by itself: %s", error)
        if self._state is not None:
            self._state.close()
