"""The order of extraction: highest value, lowest risk first, both with their parts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from analyzer.boundaries.bill import BLOCKERS, cost
from analyzer.model.facts import Observed
from analyzer.model.plan import Boundary, Step
from analyzer.model.words import count

ROUTES, LINES, COHESION = 0.5, 0.3, 0.2
"""The parts of a boundary's value: how many URL patterns it frees, how much code, how much of a thing it is."""
REQUESTS, SECONDS, ERRORS = 0.4, 0.4, 0.2
"""The parts of what observations say: how much it is asked, how long the server is busy with it, how often it fails."""
STRUCTURE, OBSERVED, CHANGED = 1.0, 1.0, 0.5
"""How much each source says about the value, as far as it is there: the code, the observations, the history."""


@dataclass(frozen=True, slots=True)
class Load:
    """What a boundary's URL patterns served: requests, seconds of server time, answers of status 5xx."""

    requests: int = 0
    seconds: float = 0.0
    errors: int = 0


def loads(boundaries: Sequence[Boundary], observed: Observed | None) -> dict[str, Load] | None:
    """The load of each boundary; None where nothing was observed."""
    if observed is None:
        return None
    traffic = {each.position: each for each in observed.traffic}
    served = {b.name: [traffic[p] for p in b.routes if p in traffic] for b in boundaries}
    return {
        name: Load(sum(t.requests for t in all_), sum(t.seconds for t in all_), sum(t.errors for t in all_))
        for name, all_ in served.items()
    }


def rank(
    boundaries: Sequence[Boundary], lines: Mapping[str, int], load: Mapping[str, Load] | None = None
) -> tuple[Step, ...]:
    """Steps for the boundaries that can be extracted. ``lines`` is the code size of each, ``load`` what it serves.

    value is the mean of what is known, weighted STRUCTURE : OBSERVED : CHANGED = 2 : 2 : 1:
    structure = 0.5 * routes / most routes + 0.3 * lines / most lines + 0.2 * cohesion;
    observed = 0.4 * requests / most requests + 0.4 * seconds / most seconds + 0.2 * errors / most errors;
    changed = commits / most commits.
    risk = cost of the bill / highest cost. Boundaries with URL patterns and without blockers come first, then those
    with URL patterns; a facade cannot move what has none. Among equals the highest value - risk is first.
    """
    candidates = [b for b in boundaries if b.verdict in ("extract now", "extract after")]
    most_routes = max((len(b.routes) for b in candidates), default=0) or 1
    most_lines = max((lines.get(b.name, 0) for b in candidates), default=0) or 1
    highest = max((cost(b.bill) for b in candidates), default=0.0) or 1.0
    routed = any(b.routes for b in boundaries)
    most = _most(candidates, load or {})
    changed = any(b.changes for b in boundaries)
    most_commits = max((b.changes.commits for b in candidates if b.changes), default=0) or 1
    steps = {}
    for b in candidates:
        own_lines, own_cost = lines.get(b.name, 0), cost(b.bill)
        structure = (
            ROUTES * len(b.routes) / most_routes
            + LINES * own_lines / most_lines
            + COHESION * b.metrics.cohesion
        )
        parts = [(STRUCTURE, structure)]
        told = ""
        if load is not None:
            own = load.get(b.name, Load())
            parts.append((OBSERVED, _asked(own, most)))
            told = f", {count(own.requests, 'request')} in {own.seconds:,.1f} s, {count(own.errors, 'server error')}"
        if changed:
            commits, authors = (b.changes.commits, b.changes.authors) if b.changes else (0, 0)
            parts.append((CHANGED, commits / most_commits))
            told += f", {count(commits, 'commit')} by {count(authors, 'author')}"
        value = sum(weight * part for weight, part in parts) / sum(weight for weight, _ in parts)
        reasons = (
            f"value: {count(len(b.routes), 'URL pattern') if routed else 'URL patterns unknown'}, "
            f"{count(own_lines, 'line')}, "
            f"cohesion {b.metrics.cohesion:.2f}{told}",
            f"risk: the bill costs {own_cost:g} of {highest:g} ({_parts(b)})",
        )
        steps[b.name] = Step(b.name, round(value, 3), round(own_cost / highest, 3), reasons)
    by_name = {b.name: b for b in candidates}

    def key(step: Step) -> tuple[bool, bool, float, str]:
        boundary = by_name[step.boundary]
        blocked = boundary.verdict != "extract now"
        return (not boundary.routes, blocked, round(step.risk - step.value, 6), step.boundary)

    return tuple(sorted(steps.values(), key=key))


def put_after(boundaries: Sequence[Boundary], order: Sequence[Step]) -> tuple[Boundary, ...]:
    """Say of each blocked boundary which of the boundaries that block it stand before it in the order."""
    position = {step.boundary: i for i, step in enumerate(order)}
    done = []
    for boundary in boundaries:
        blockers = {
            other
            for item in boundary.bill
            if item.kind in BLOCKERS
            for other in item.other.split(", ")
            if other
        }
        own = position.get(boundary.name, 0)
        earlier = sorted((b for b in blockers if position.get(b, own) < own), key=lambda b: position[b])
        done.append(
            replace(boundary, after=tuple(earlier)) if boundary.verdict == "extract after" else boundary
        )
    return tuple(done)


def _most(candidates: Sequence[Boundary], load: Mapping[str, Load]) -> Load:
    own = [load.get(b.name, Load()) for b in candidates]
    return Load(
        max((one.requests for one in own), default=0) or 1,
        max((one.seconds for one in own), default=0.0) or 1.0,
        max((one.errors for one in own), default=0) or 1,
    )


def _asked(own: Load, most: Load) -> float:
    return (
        REQUESTS * own.requests / most.requests
        + SECONDS * own.seconds / most.seconds
        + ERRORS * own.errors / most.errors
    )


def _parts(boundary: Boundary) -> str:
    counts: dict[str, int] = {}
    for item in boundary.bill:
        if item.kind != "route":
            counts[item.kind] = counts.get(item.kind, 0) + 1
    words = {kind: "foreign key" if kind == "fk" else kind.replace("_", " ") for kind in counts}
    return ", ".join(count(number, words[kind]) for kind, number in counts.items()) or "nothing crosses"
