"""What the dashboard shows: each group's figures on both sides, where its rollout stands, who changed it last. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from strangler.rollout import Observation, Rollout, Window
from strangler.rollout.window import Counted
from strangler.routing import Group, RouteTable
from strangler.store import Record
from strangler.telemetry.counters import NO_GROUP

STRETCH = 60
"""Seconds over which rates are told."""
BIN = 10
"""Seconds of one point of a chart."""
Totals = Mapping[tuple[str, Counted], Window]


def board(
    table: RouteTable, totals: Totals, rollouts: Iterable[Rollout], records: Sequence[Record], trouble: str
) -> dict[str, Any]:
    """The state of everything. ``totals`` are of the last ``STRETCH`` seconds; ``records`` come newest first."""
    by_group = {rollout.group: rollout for rollout in rollouts}
    groups = [
        _group(table, group, totals, by_group.get(name), records) for name, group in table.groups.items()
    ]
    monolith = sum(window.requests for (_, side), window in totals.items() if side == "monolith")
    service = sum(window.requests for (_, side), window in totals.items() if side == "service")
    return {
        "version": table.version,
        "trouble": trouble,
        "requests": (monolith + service) / STRETCH,
        "moved": service / (monolith + service) if monolith + service else None,
        "groups": groups,
        "others": _side(totals.get((NO_GROUP, "monolith"), Window())),
    }


def _group(
    table: RouteTable, group: Group, totals: Totals, rollout: Rollout | None, records: Sequence[Record]
) -> dict[str, Any]:
    routes = [route for route in table.routes if route.group == group.name]
    shadow = totals.get((group.name, "shadow"), Window())
    last = next((record for record in records if record.entry.subject in (group.name, "")), None)
    return {
        "name": group.name,
        "upstream": group.service,
        "share": group.share,
        "exceptions": len(group.allow) + sum(share > 0 for _, share in group.shares),
        "shadow": group.shadow,
        "writer": group.writer,
        "way_back": group.way_back,
        "routes": len(routes),
        "patterns": [route.pattern for route in routes[:3]],
        "monolith": _side(totals.get((group.name, "monolith"), Window())),
        "service": _side(totals.get((group.name, "service"), Window())),
        "compared": shadow.requests,
        "differing": shadow.errors,
        "rollout": _rollout(rollout) if rollout is not None else None,
        "alarms": list(last.entry.alarms) if last is not None else [],
        "last": {
            "time": last.entry.time,
            "actor": last.entry.actor,
            "summary": last.entry.summary,
        }
        if last is not None
        else None,
    }


def _rollout(rollout: Rollout) -> dict[str, Any]:
    return {
        "phase": rollout.phase,
        "step": rollout.step,
        "steps": rollout.steps,
        "since": rollout.since,
        "interval": rollout.interval,
        "verdict": rollout.verdict.answer,
        "reason": rollout.verdict.reason,
    }


def _side(window: Window, seconds: float = STRETCH) -> dict[str, float | None]:
    seen = window.requests
    return {
        "requests": seen / seconds,
        "errors": window.errors / seen if seen else None,
        "p95": window.quantile(0.95) if seen else None,
    }


def series(
    seconds: Mapping[tuple[int, Counted], Window],
    since: int,
    until: int,
    records: Sequence[Record],
    group: str,
) -> dict[str, Any]:
    """One group's figures over time, a point for every ``BIN`` seconds; ``seconds`` holds windows by second and side.
    ``marks`` are the changes of the group within."""
    starts = range(since - since % BIN, until - until % BIN, BIN)
    sums: dict[tuple[int, Counted], Window] = {}
    for (second, side), window in seconds.items():
        key = second - second % BIN, side
        sums[key] = sums[key] + window if key in sums else window
    told: dict[str, Any] = {"times": list(starts)}
    sides: tuple[Counted, ...] = ("monolith", "service")
    for side in sides:
        points = [_side(sums.get((start, side), Window()), BIN) for start in starts]
        told[side] = {name: [point[name] for point in points] for name in ("requests", "errors", "p95")}
    told["marks"] = [
        {"time": record.entry.time, "summary": record.entry.summary, "actor": record.entry.actor}
        for record in records
        if since <= record.entry.time <= until and record.entry.subject in (group, "")
    ]
    return told


def moved_by(group: Group, share: float, seen: Observation, seconds: float) -> float:
    """How many of its requests a second would change sides with another share; less than zero: back."""
    return (share - group.share) / 100 * (seen.monolith.requests + seen.service.requests) / seconds
