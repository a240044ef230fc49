"""Sends a copy of a sampled request to the new side, after the real answer is out, and keeps what differed.

A mirror has its own small bulkhead: when it is full, or the new side is slow, copies are dropped and counted; a real
request never waits for one.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass

from strangler.shadow.compare import Answer, Difference, compare

MOST_AT_ONCE = 8
MOST_WAITING = 64
MOST_SAMPLES = 20
MOST_PATHS = 1_000
"""Paths of a group that are counted one by one: a document may be keyed by what its users choose."""
OTHER_PATHS = "(others)"
LONGEST_PATH = 200
TIMEOUT = 10.0


@dataclass(frozen=True, slots=True)
class Copy:
    """A request that was answered by the monolith, and is to be asked again. ``headers`` are those that were
    forwarded; ``answer`` is what the client got."""

    group: str
    upstream: str
    method: str
    target: bytes
    headers: tuple[tuple[bytes, bytes], ...]
    answer: Answer
    ignore: tuple[str, ...] = ()


Send = Callable[[Copy], Awaitable[Answer]]
"""Asks the new side; raises ``OSError`` or ``TimeoutError`` when it gives no answer."""


@dataclass(slots=True)
class Tally:
    """What the comparisons of one group came to. ``unanswered`` counts copies that the new side did not answer,
    ``dropped`` those that were never sent because the bulkhead was full."""

    compared: int = 0
    differing: int = 0
    unanswered: int = 0
    dropped: int = 0


@dataclass(frozen=True, slots=True)
class Sample:
    """One difference as it was seen: the request line without its query, and both values, shortened."""

    request: str
    difference: Difference


class Mirror:
    """Compares copies in the background. ``on_compared(group, differs)`` hears of every comparison."""

    def __init__(self, send: Send, on_compared: Callable[[str, bool], None]) -> None:
        self._send = send
        self._on_compared = on_compared
        self._waiting: deque[Copy] = deque()
        self._tasks: set[asyncio.Task[None]] = set()
        self._tallies: dict[str, Tally] = {}
        self._paths: dict[str, dict[str, int]] = {}
        self._samples: dict[str, deque[Sample]] = {}

    def offer(self, copy: Copy) -> None:
        """Compare it when there is room; never blocks, never raises."""
        if len(self._waiting) >= MOST_WAITING:
            self._tally(copy.group).dropped += 1
            return
        self._waiting.append(copy)
        if len(self._tasks) < MOST_AT_ONCE:
            task = asyncio.get_running_loop().create_task(self._work())
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    def tallies(self) -> Mapping[str, Tally]:
        """The sums so far, by group."""
        return self._tallies

    def paths(self, group: str) -> Mapping[str, int]:
        """How many answers differed at each path, by count, then path."""
        counts = self._paths.get(group, {})
        return dict(sorted(counts.items(), key=lambda item: (-item[1], item[0])))

    def samples(self, group: str) -> tuple[Sample, ...]:
        """The latest differences of a group, oldest first."""
        return tuple(self._samples.get(group, ()))

    async def drain(self) -> None:
        """Wait until every accepted copy is compared."""
        while self._tasks:
            await asyncio.gather(*self._tasks)

    async def aclose(self) -> None:
        """Drop what waits and stop what runs."""
        self._waiting.clear()
        for task in tuple(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _work(self) -> None:
        while self._waiting:
            await self._compare(self._waiting.popleft())

    async def _compare(self, copy: Copy) -> None:
        tally = self._tally(copy.group)
        try:
            async with asyncio.timeout(TIMEOUT):
                answer = await self._send(copy)
        except (OSError, TimeoutError):
            tally.unanswered += 1
            self._note(copy, (Difference("status", str(copy.answer.status), "(no answer)"),))
            return
        self._note(copy, compare(copy.answer, answer, copy.ignore))

    def _note(self, copy: Copy, differences: tuple[Difference, ...]) -> None:
        tally = self._tally(copy.group)
        tally.compared += 1
        tally.differing += bool(differences)
        counts = self._paths.setdefault(copy.group, {})
        samples = self._samples.setdefault(copy.group, deque(maxlen=MOST_SAMPLES))
        request = f"{copy.method} {copy.target.partition(b'?')[0].decode('latin-1')}"
        for path, difference in {difference.path: difference for difference in differences}.items():
            place = path[:LONGEST_PATH]
            if place not in counts and len(counts) >= MOST_PATHS:
                place = OTHER_PATHS
            counts[place] = counts.get(place, 0) + 1
            samples.append(Sample(request, difference))
        self._on_compared(copy.group, bool(differences))

    def _tally(self, group: str) -> Tally:
        return self._tallies.setdefault(group, Tally())
