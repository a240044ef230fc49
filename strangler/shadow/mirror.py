"""Sends a copy of a sampled request to the new side, after the real answer is out, and keeps what differed.

A mirror has its own small bulkhead: when it is full, or the new side is slow, copies are dropped and counted; a real
request never waits for one.
"""

from __future__ import annotations

import asyncio
import random
from collections import deque
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass

from strangler.routing.comparison import EXACTLY, Comparison
from strangler.shadow.compare import Answer, Difference, compare
from strangler.shadow.noise import Noise
from strangler.shadow.redact import redacted

MOST_AT_ONCE = 8
MOST_WAITING = 64
MOST_FRESH = 1_000
"""Differences that wait to be kept; what comes on top is counted, and not kept."""
LONGEST_PATH = 200
TIMEOUT = 10.0
_LARGE = 16 * 1024
"""Bytes of both bodies from which a comparison takes longer than starting a thread."""
_NO_ANSWER = "(no answer)"


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
    rules: Comparison = EXACTLY
    mapping: str = ""
    """What the new side's answer is translated by before it is compared."""


Send = Callable[[Copy, str], Awaitable[Answer]]
"""Asks an upstream, by its name; raises ``OSError`` or ``TimeoutError`` when it gives no answer."""


@dataclass(slots=True)
class Tally:
    """What the comparisons of one group came to. ``unanswered`` counts copies that the new side did not answer,
    ``dropped`` those that were never sent because the bulkhead was full, ``noise`` answers that differed only where the
    monolith differs from itself: these count as equal. ``repeated``: how often the monolith was asked again."""

    compared: int = 0
    differing: int = 0
    unanswered: int = 0
    dropped: int = 0
    noise: int = 0
    repeated: int = 0


@dataclass(frozen=True, slots=True)
class Sample:
    """One difference as it was seen: the request line without its query, and both values, shortened and redacted."""

    group: str
    request: str
    difference: Difference


class Mirror:
    """Compares copies in the background. ``on_compared(group, differs)`` hears of every comparison; ``monolith`` is the
    name of the upstream that is asked again; ``roll()`` gives numbers from 0 to 1."""

    def __init__(
        self,
        send: Send,
        on_compared: Callable[[str, bool], None],
        *,
        monolith: str = "monolith",
        roll: Callable[[], float] = random.random,
    ) -> None:
        self._send = send
        self._on_compared = on_compared
        self._monolith = monolith
        self._roll = roll
        self._waiting: deque[Copy] = deque()
        self._tasks: set[asyncio.Task[None]] = set()
        self._tallies: dict[str, Tally] = {}
        self._noise: dict[str, Noise] = {}
        self._fresh: list[Sample] = []

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

    def take(self) -> list[Sample]:
        """The differences since the last call, oldest first."""
        fresh, self._fresh = self._fresh, []
        return fresh

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
        again = self._roll() * 100 < copy.rules.noise
        new, old = await asyncio.gather(
            self._ask(copy, copy.upstream), self._ask(copy, self._monolith) if again else _nothing()
        )
        noise = self._noise.setdefault(copy.group, Noise())
        if old is not None:
            self._tally(copy.group).repeated += 1
            found = await _compared(copy, old)
            noise.learn(difference.path[:LONGEST_PATH] for difference in found)
        if new is None:
            self._tally(copy.group).unanswered += 1
            self._note(copy, [Difference("status", str(copy.answer.status), _NO_ANSWER)])
            return
        differences = await _compared(copy, new)
        known = noise.judge(difference.path[:LONGEST_PATH] for difference in differences)
        told = [difference for difference in differences if difference.path[:LONGEST_PATH] not in known]
        self._tally(copy.group).noise += bool(differences) and not told
        self._note(copy, told)

    async def _ask(self, copy: Copy, upstream: str) -> Answer | None:
        try:
            async with asyncio.timeout(TIMEOUT):
                return await self._send(copy, upstream)
        except (OSError, TimeoutError):
            return None

    def _note(self, copy: Copy, differences: Iterable[Difference]) -> None:
        first = {difference.path[:LONGEST_PATH]: difference for difference in reversed(list(differences))}
        tally = self._tally(copy.group)
        tally.compared += 1
        tally.differing += bool(first)
        request = f"{copy.method} {copy.target.partition(b'?')[0].decode('latin-1')}"
        for path in list(first)[: max(0, MOST_FRESH - len(self._fresh))]:
            difference = redacted(first[path], copy.rules.redact)
            self._fresh.append(Sample(copy.group, request, Difference(path, difference.old, difference.new)))
        self._on_compared(copy.group, bool(first))

    def _tally(self, group: str) -> Tally:
        return self._tallies.setdefault(group, Tally())


async def _compared(copy: Copy, answer: Answer) -> tuple[Difference, ...]:
    """A large answer is compared in a thread: on the event loop it would hold up real requests for milliseconds."""
    if len(copy.answer.body) + len(answer.body) <= _LARGE:
        return compare(copy.answer, answer, copy.ignore, copy.rules)
    return await asyncio.to_thread(compare, copy.answer, answer, copy.ignore, copy.rules)


async def _nothing() -> None:
    return None
