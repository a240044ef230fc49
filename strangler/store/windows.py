"""What the workers counted, second by second, so that one guard can judge the sum of all of them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import zip_longest
from typing import Protocol

from strangler.rollout.window import Counted


@dataclass(frozen=True, slots=True)
class Window:
    """What one worker saw of one group and side in one second (since the epoch).

    ``latency`` counts requests by bucket of latency; which bounds the buckets have is the writers' agreement.
    """

    worker: str
    second: int
    group: str
    side: Counted
    requests: int
    errors: int
    latency: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Total:
    """The sum over workers and seconds."""

    requests: int = 0
    errors: int = 0
    latency: tuple[int, ...] = ()

    def __add__(self, other: Total) -> Total:
        return Total(
            self.requests + other.requests,
            self.errors + other.errors,
            add_counts(self.latency, other.latency),
        )


class WindowStore(Protocol):
    def add(self, windows: Iterable[Window]) -> None:
        """Add to what is kept for the same worker, second, group and side; all of them or none."""

    def totals(
        self, since: int, until: int | None = None, group: str | None = None
    ) -> dict[tuple[str, Counted], Total]:
        """The sums by group and side over the seconds ``since <= second < until``, of one group or of all."""

    def by_second(self, group: str, since: int, until: int) -> dict[tuple[int, Counted], Total]:
        """The sums of one group by second and side."""

    def forget(self, before: int) -> None:
        """Drop everything older than a second."""


def add_counts(left: Sequence[int], right: Sequence[int]) -> tuple[int, ...]:
    """Two histograms, summed bucket by bucket."""
    return tuple(a + b for a, b in zip_longest(left, right, fillvalue=0))
