"""Counts of what the facade answered: windows for the guard, running totals for Prometheus."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from strangler.rollout.window import BOUNDS, SIZE, Counted, Window, bucket_index

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


def prometheus(counters: Counters, gauges: Mapping[str, Iterable[tuple[Mapping[str, str], float]]]) -> str:
    """The text exposition (format 0.0.4) of the totals, and of ``gauges``: name -> (labels, value) pairs;
    what is called ``_total`` is a counter."""
    lines = ["# HELP strangler_requests_total Requests answered.", "# TYPE strangler_requests_total counter"]
    totals = counters.totals()
    served = {key: total for key, total in totals.items() if key[1] != "shadow"}
    for (group, side), (window, _) in served.items():
        lines.append(f"strangler_requests_total{_labels(group=group, side=side)} {window.requests}")
    lines += ["# HELP strangler_errors_total Requests answered with 5xx, or not at all."]
    lines += ["# TYPE strangler_errors_total counter"]
    for (group, side), (window, _) in served.items():
        lines.append(f"strangler_errors_total{_labels(group=group, side=side)} {window.errors}")
    lines += ["# HELP strangler_request_seconds Time to the end of the answer."]
    lines += ["# TYPE strangler_request_seconds histogram"]
    for (group, side), (window, seconds) in served.items():
        lines += _histogram(group, side, window, seconds)
    lines += ["# HELP strangler_shadow_compared_total Shadowed answers compared."]
    lines += ["# TYPE strangler_shadow_compared_total counter"]
    shadows = {group: window for (group, side), (window, _) in totals.items() if side == "shadow"}
    for group, window in shadows.items():
        for result, count in (("equal", window.requests - window.errors), ("different", window.errors)):
            lines.append(f"strangler_shadow_compared_total{_labels(group=group, result=result)} {count}")
    for name, values in gauges.items():
        lines.append(f"# TYPE {name} {'counter' if name.endswith('_total') else 'gauge'}")
        lines += [f"{name}{_labels(**labels)} {value:g}" for labels, value in values]
    return "\n".join(lines) + "\n"


def _histogram(group: str, side: str, window: Window, seconds: float) -> list[str]:
    """Every fourth bound: one for each octave keeps the series few."""
    name, lines, seen = "strangler_request_seconds", [], 0
    for index, count in enumerate(window.latencies[:-1]):
        seen += count
        if index % 4 == 0:
            lines.append(f"{name}_bucket{_labels(group=group, side=side, le=f'{BOUNDS[index]:g}')} {seen}")
    lines.append(f"{name}_bucket{_labels(group=group, side=side, le='+Inf')} {window.requests}")
    lines.append(f"{name}_sum{_labels(group=group, side=side)} {seconds:.6f}")
    lines.append(f"{name}_count{_labels(group=group, side=side)} {window.requests}")
    return lines


def _labels(**labels: str) -> str:
    def escaped(value: str) -> str:
        return value.replace("\\", r"\\").replace('"', r"\"").replace("\n", r"\n")

    return "{" + ",".join(f'{name}="{escaped(value)}"' for name, value in labels.items()) + "}"
