"""The text that Prometheus reads (exposition format 0.0.4)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Literal, TypeAlias

Labels: TypeAlias = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Histogram:
    """Counts below or at each bound, in seconds; ``counts`` has one more, for what was slower."""

    bounds: tuple[float, ...]
    counts: tuple[int, ...]
    seconds: float


@dataclass(frozen=True, slots=True)
class Family:
    """A metric with all its series."""

    name: str
    kind: Literal["counter", "gauge", "histogram"]
    help: str
    series: tuple[tuple[Labels, float | Histogram], ...]


def exposition(families: Iterable[Family]) -> str:
    """The text of all metrics. A family without series is left out."""
    return "".join(f"{line}\n" for family in families if family.series for line in _lines(family))


def merged(families: Iterable[Family]) -> list[Family]:
    """Families of the same name made one: the sums of their series."""
    found: dict[str, Family] = {}
    sums: dict[str, dict[tuple[tuple[str, str], ...], tuple[Labels, float | Histogram]]] = {}
    for family in families:
        found.setdefault(family.name, family)
        series = sums.setdefault(family.name, {})
        for labels, value in family.series:
            key = tuple(labels.items())
            series[key] = labels, _sum(series[key][1], value) if key in series else value
    return [replace(family, series=tuple(sums[name].values())) for name, family in found.items()]


def _sum(one: float | Histogram, other: float | Histogram) -> float | Histogram:
    if isinstance(one, Histogram) and isinstance(other, Histogram):
        counts = tuple(a + b for a, b in zip(one.counts, other.counts, strict=True))
        return Histogram(one.bounds, counts, one.seconds + other.seconds)
    assert not isinstance(one, Histogram)
    assert not isinstance(other, Histogram)
    return one + other


def _lines(family: Family) -> Iterator[str]:
    yield f"# HELP {family.name} {family.help}"
    yield f"# TYPE {family.name} {family.kind}"
    for labels, value in family.series:
        if isinstance(value, Histogram):
            yield from _histogram(family.name, labels, value)
        else:
            yield f"{family.name}{_labels(labels)} {_number(value)}"


def _histogram(name: str, labels: Labels, histogram: Histogram) -> Iterator[str]:
    seen = 0
    for bound, count in zip(histogram.bounds, histogram.counts, strict=False):
        seen += count
        yield f"{name}_bucket{_labels({**labels, 'le': f'{bound:g}'})} {seen}"
    total = sum(histogram.counts)
    yield f"{name}_bucket{_labels({**labels, 'le': '+Inf'})} {total}"
    yield f"{name}_sum{_labels(labels)} {histogram.seconds:.6f}"
    yield f"{name}_count{_labels(labels)} {total}"


def _number(value: float) -> str:
    return str(int(value)) if value == int(value) else f"{value:g}"


def _labels(labels: Labels) -> str:
    told = ",".join(f'{name}="{_escaped(value)}"' for name, value in labels.items())
    return f"{{{told}}}" if told else ""


def _escaped(value: str) -> str:
    return value.replace("\\", r"\\").replace('"', r"\"").replace("\n", r"\n")
