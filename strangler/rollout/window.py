"""What was seen on one side of a group over a stretch of time: counts and a latency histogram. Pure sums."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Literal

from strangler.rollout.checks import Figure

Counted = Literal["monolith", "service", "shadow"]
"""What a count is of: answers of a side, or the shadow's comparisons (whose errors are the differing ones)."""

BOUNDS: tuple[float, ...] = tuple(round(0.0005 * 2 ** (i / 4), 7) for i in range(68))
"""Upper bounds of the latency buckets in seconds: 0.5 ms to 55 s, four to an octave (a factor of 1.19). One more
bucket behind them takes what was slower."""

SIZE = len(BOUNDS) + 1


def bucket_index(seconds: float) -> int:
    """The histogram bucket of a latency."""
    return bisect_left(BOUNDS, seconds)


@dataclass(frozen=True, slots=True)
class Window:
    """Requests answered by one side. ``errors`` are answers with status 500 and above or none at all; ``latencies``
    has one count for each of ``BOUNDS`` and one more."""

    requests: int = 0
    errors: int = 0
    latencies: tuple[int, ...] = field(default=(0,) * SIZE)

    def __add__(self, other: Window) -> Window:
        return Window(
            self.requests + other.requests,
            self.errors + other.errors,
            tuple(a + b for a, b in zip(self.latencies, other.latencies, strict=True)),
        )

    @classmethod
    def sum(cls, windows: Iterable[Window]) -> Window:
        """All of them together."""
        total = cls()
        for window in windows:
            total += window
        return total

    def quantile(self, q: float) -> float:
        """The latency in seconds below which a share ``q`` (0..1) of the requests stayed; 0 when there were none.

        Linear between the bounds of the bucket that holds it, so its error is at most the bucket's width.
        """
        total = sum(self.latencies)
        rank, seen = q * total, 0
        for index, count in enumerate(self.latencies):
            if count and seen + count >= rank:
                low = BOUNDS[index - 1] if index else 0.0
                high = BOUNDS[index] if index < len(BOUNDS) else low
                return low + (high - low) * max(0.0, rank - seen) / count
            seen += count
        return 0.0


@dataclass(frozen=True, slots=True)
class Observation:
    """Both sides over the same stretch, and the shadow's comparisons in it."""

    monolith: Window = Window()
    service: Window = Window()
    compared: int = 0
    differing: int = 0
    figures: tuple[Figure, ...] = ()
    """What the checks found, in their order."""
    consent: bool | None = None
    """What the hook says to going on from this step; None: it has not answered."""
    objection: str = ""
