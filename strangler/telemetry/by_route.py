"""Running totals by route and side, for Prometheus."""

from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass, field

from strangler.rollout.window import BOUNDS
from strangler.telemetry.counters import NO_GROUP
from strangler.telemetry.exposition import Family, Histogram

OCTAVES = BOUNDS[::4]
"""Upper bounds of the buckets in seconds, one to an octave: 0.5 ms to 33 s."""
MOST_ROUTES = 1000
"""Pairs of route and side that get series of their own; the others share those of the route ``(other)``."""
OTHER = "(other)"


@dataclass(slots=True)
class _Total:
    classes: list[int] = field(default_factory=lambda: [0] * 6)
    """Answers by the hundreds of their status; place 0: broken off, or the client had gone."""
    latencies: list[int] = field(default_factory=lambda: [0] * (len(OCTAVES) + 1))
    seconds: float = 0.0


class RouteTotals:
    """What every route answered since the start. Routes appear when they are first used."""

    def __init__(self) -> None:
        self._totals: dict[tuple[str, str, str], _Total] = {}

    def note(self, route: str, group: str, side: str, status: int, seconds: float, broken: bool) -> None:
        """Count one request; ``broken``: the client did not get the answer whole."""
        key = route or NO_GROUP, group or NO_GROUP, side
        total = self._totals.get(key)
        if total is None:
            if len(self._totals) >= MOST_ROUTES:
                key = OTHER, NO_GROUP, side
            total = self._totals.setdefault(key, _Total())
        total.classes[0 if broken or not 100 <= status < 600 else status // 100] += 1
        total.latencies[bisect_left(OCTAVES, seconds)] += 1
        total.seconds += seconds

    def families(self) -> list[Family]:
        """The totals as metrics."""
        rows = [(dict(zip(_LABELS, key, strict=True)), self._totals[key]) for key in sorted(self._totals)]
        return [
            Family(
                "strangler_route_requests_total",
                "counter",
                "Requests by route, side and class of the answer's status; none: broken off.",
                tuple(
                    ({**labels, "status": f"{number}xx" if number else "none"}, count)
                    for labels, total in rows
                    for number, count in enumerate(total.classes)
                    if count
                ),
            ),
            Family(
                "strangler_route_seconds",
                "histogram",
                "Time to the end of the answer, by route and side.",
                tuple(
                    (labels, Histogram(OCTAVES, tuple(total.latencies), total.seconds))
                    for labels, total in rows
                ),
            ),
        ]


_LABELS = ("route", "group", "side")
