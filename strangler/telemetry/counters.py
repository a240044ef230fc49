"""Counts of what the facade answered: windows for the guard, running totals for Prometheus."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from strangler.rollout.window import BOUNDS, SIZE, Counted, Window, bucket_index
from strangler.telemetry.exposition import Family, Histogram

NO_GROUP = "-"
"""The group's name in the figures of requests that belong to none."""


@dataclass(slots=True)
class _Cell:
    requests: int = 0
    errors: int = 0
    latencies: list[int] = field(default_factory=lambda: [0] * SIZE)
    seconds: float = 0.0

    def add(self, other: _Cell) -> None:
        self.requests += other.requests
        self.errors += other.errors
        self.latencies = [a + b for a, b in zip(self.latencies, other.latencies, strict=True)]
        self.seconds += other.seconds

    def window(self) -> Window:
        return Window(self.requests, self.errors, tuple(self.latencies))


class Counters:
    """Counts by group and side: ``monolith``, ``service``; ``shadow`` counts comparisons, differing ones as errors.

    ``note`` is called once for each request, on the event loop's thread; ``drain`` hands over what has come since the
    last drain, for the store; ``totals`` never shrink.
    """

    def __init__(self) -> None:
        self._fresh: dict[tuple[str, Counted], _Cell] = {}
        self._drained: dict[tuple[str, Counted], _Cell] = {}

    def note(
        self, group: str | None, side: Counted, seconds: float, failed: bool, *, judged: bool = True
    ) -> None:
        """Count one request of ``seconds``; ``failed`` is a status of 500 and above, or no answer.

        What is not ``judged`` goes into the totals only, and the guard never sees it.
        """
        key = (group or NO_GROUP, side)
        cells = self._fresh if judged else self._drained
        cell = cells.get(key)
        if cell is None:
            cell = cells[key] = _Cell()
        cell.requests += 1
        cell.errors += failed
        cell.latencies[bucket_index(seconds)] += 1
        cell.seconds += seconds

    def drain(self) -> dict[tuple[str, Counted], Window]:
        """What was counted since the last call, by (group, side)."""
        fresh, self._fresh = self._fresh, {}
        for key, cell in fresh.items():
            self._drained.setdefault(key, _Cell()).add(cell)
        return {key: cell.window() for key, cell in fresh.items()}

    def absorb(self, totals: Mapping[tuple[str, Counted], tuple[Window, float]]) -> None:
        """Add what other counters have come to."""
        for key, (window, seconds) in totals.items():
            cell = _Cell(window.requests, window.errors, list(window.latencies), seconds)
            self._drained.setdefault(key, _Cell()).add(cell)

    def totals(self) -> dict[tuple[str, Counted], tuple[Window, float]]:
        """Everything counted since the start, by (group, side), sorted; with the sum of the latencies in seconds."""
        result = {}
        for key in sorted(self._drained.keys() | self._fresh.keys()):
            cell = _Cell()
            for part in (self._drained.get(key), self._fresh.get(key)):
                if part is not None:
                    cell.add(part)
            result[key] = (cell.window(), cell.seconds)
        return result


def families(counters: Counters) -> list[Family]:
    """The totals by group and side as metrics; one latency bucket for each octave keeps the series few."""
    totals = counters.totals()
    served = [
        ({"group": group, "side": side}, window, seconds)
        for (group, side), (window, seconds) in totals.items()
        if side != "shadow"
    ]
    shadows = [(group, window) for (group, side), (window, _) in totals.items() if side == "shadow"]
    return [
        Family(
            "strangler_requests_total",
            "counter",
            "Requests answered.",
            tuple((labels, window.requests) for labels, window, _ in served),
        ),
        Family(
            "strangler_errors_total",
            "counter",
            "Requests answered with 5xx, or not at all.",
            tuple((labels, window.errors) for labels, window, _ in served),
        ),
        Family(
            "strangler_request_seconds",
            "histogram",
            "Time to the end of the answer.",
            tuple((labels, _histogram(window, seconds)) for labels, window, seconds in served),
        ),
        Family(
            "strangler_shadow_compared_total",
            "counter",
            "Shadowed answers compared.",
            tuple(
                ({"group": group, "result": result}, count)
                for group, window in shadows
                for result, count in (
                    ("equal", window.requests - window.errors),
                    ("different", window.errors),
                )
            ),
        ),
    ]


def _histogram(window: Window, seconds: float) -> Histogram:
    counts = window.latencies
    octaves = [counts[0], *(sum(counts[start : start + 4]) for start in range(1, len(BOUNDS) - 3, 4))]
    return Histogram(BOUNDS[::4], (*octaves, sum(counts) - sum(octaves)), seconds)
