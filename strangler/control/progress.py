"""What is left of the monolith: for each boundary its tables, endpoints, traffic and lines, and how much has moved."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import msgspec

from strangler.control.urlconf import pattern_of
from strangler.errors import BadDocument
from strangler.routing import RouteTable
from strangler.routing.patterns import Kind

if TYPE_CHECKING:
    from analyzer.model.plan import Analysis

Traffic = Mapping[tuple[str, str], int]
"""(group, side) -> requests."""


@dataclass(frozen=True, slots=True)
class Part:
    """One boundary. ``moved`` counts an endpoint by the share of it that a service answers; ``writer`` is the groups'
    writer, "mixed" where they differ, empty where nothing was routed; ``requests`` are those of its groups."""

    name: str
    tables: int
    endpoints: int
    moved: float
    lines: int
    writer: str = ""
    requests: int = 0
    answered: int = 0
    """Of the requests: how many a service answered."""


@dataclass(frozen=True, slots=True)
class Day:
    """The whole on one day: what is left in the monolith."""

    date: str
    endpoints: int
    left: float
    """Endpoints that the monolith still answers, each by its share."""
    lines: int
    tables: int
    """Tables that the monolith still writes."""


def measure(analysis: Analysis, table: RouteTable, traffic: Traffic) -> tuple[Part, ...]:
    """Every boundary of the analysis but the libraries', sorted by name.

    An endpoint is a URL pattern; it has moved as far as the group of its route has. A route is an endpoint's when it
    has the same pattern, or is a prefix of it.
    """
    from analyzer.model.pins import FRAMEWORK

    exact = {(route.kind, route.pattern): route.group for route in reversed(table.routes)}
    prefixes = [(route.pattern, route.group) for route in table.routes if route.kind == "prefix"]
    lines = {module.name: module.lines for module in analysis.facts.modules}
    parts = []
    for boundary in analysis.boundaries:
        if boundary.name == FRAMEWORK:
            continue
        patterns = [
            found for at in boundary.routes if (found := pattern_of(analysis.facts.routes[at])) is not None
        ]
        groups = [group for group in (_group(pattern, exact, prefixes) for pattern in patterns) if group]
        used = sorted(set(groups))
        parts.append(
            Part(
                boundary.name,
                tables=len(boundary.tables),
                endpoints=len(patterns),
                moved=round(sum(table.groups[group].share for group in groups) / 100, 4),
                lines=sum(lines[module] for module in boundary.modules),
                writer=_writer(table, used),
                requests=sum(
                    traffic.get((group, side), 0) for group in used for side in ("monolith", "service")
                ),
                answered=sum(traffic.get((group, "service"), 0) for group in used),
            )
        )
    return tuple(sorted(parts, key=lambda part: part.name))


def whole(parts: Iterable[Part], date: str) -> Day:
    """The sum over all boundaries."""
    listed = tuple(parts)
    return Day(
        date,
        endpoints=sum(part.endpoints for part in listed),
        left=round(sum(part.endpoints - part.moved for part in listed), 4),
        lines=sum(part.lines for part in listed),
        tables=sum(part.tables for part in listed if part.writer != "service"),
    )


def read_days(data: bytes, where: str) -> tuple[Day, ...]:
    """The days of a history: one JSON object a line, in order. Raises ``BadDocument``."""
    days = []
    for number, line in enumerate(data.splitlines(), 1):
        if line.strip():
            try:
                days.append(msgspec.json.decode(line, type=Day))
            except msgspec.MsgspecError as error:
                raise BadDocument(
                    f"this is not a day of progress: {error}",
                    where=f"{where}:{number}",
                    remedy="Remove the line, or name another file with --history.",
                ) from None
    return tuple(sorted(days, key=lambda day: day.date))


def with_day(days: Sequence[Day], today: Day) -> tuple[Day, ...]:
    """The history with a day added; an earlier record of the same day is replaced."""
    return tuple(sorted([day for day in days if day.date != today.date] + [today], key=lambda day: day.date))


def write_days(days: Iterable[Day]) -> bytes:
    """The history as its file holds it."""
    return b"".join(msgspec.json.encode(day) + b"\n" for day in days)


def as_json(parts: Iterable[Part], days: Sequence[Day]) -> dict[str, Any]:
    """The document for programs."""
    found: dict[str, Any] = msgspec.to_builtins({"boundaries": list(parts), "history": list(days)})
    return found


def _group(
    pattern: tuple[Kind, str],
    exact: Mapping[tuple[Kind, str], str | None],
    prefixes: Iterable[tuple[str, str | None]],
) -> str | None:
    if pattern in exact:
        return exact[pattern]
    kind, text = pattern
    return next((group for prefix, group in prefixes if kind == "path" and text.startswith(prefix)), None)


def _writer(table: RouteTable, groups: Sequence[str]) -> str:
    writers = Counter(table.groups[group].writer for group in groups)
    return "mixed" if len(writers) > 1 else next(iter(writers), "")
