"""Coupling -> plan: boundaries with their bills and verdicts, and the order of extraction. Pure: no I/O, no clock."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import replace

from analyzer.boundaries.bill import write_bills
from analyzer.boundaries.chains import Calls, find_chains, find_chatty
from analyzer.boundaries.consensus import Vote, Votes, vote
from analyzer.boundaries.graph import Adjacency, must_link, table_of
from analyzer.boundaries.history import changes
from analyzer.boundaries.metrics import measure
from analyzer.boundaries.naming import name_groups
from analyzer.boundaries.order import loads, put_after, rank
from analyzer.boundaries.partition import Group, partition_tables
from analyzer.boundaries.pins import Named, hold, pinned, wishes
from analyzer.boundaries.place import MOVING, Placement, place_code
from analyzer.boundaries.verdicts import SURE, judge, judge_shared
from analyzer.coupling import Tables, index_tables
from analyzer.model.facts import Facts
from analyzer.model.pins import NO_PINS, Pins
from analyzer.model.plan import Analysis, BillItem, Boundary, Edge, Metrics, Step

__all__ = [
    "MOVING",
    "SURE",
    "Adjacency",
    "Calls",
    "Vote",
    "Votes",
    "draw",
    "find_chains",
    "find_chatty",
    "must_link",
    "undecided",
    "vote",
]


def draw(
    facts: Facts,
    tables: Tables,
    edges: tuple[Edge, ...],
    seed: int = 0,
    pins: Pins = NO_PINS,
    vote: Vote = vote,
) -> tuple[tuple[Boundary, ...], tuple[Step, ...]]:
    """Boundaries sorted by name, and the order of extraction. The same input and seed give the same answer; ``vote``
    may remember what the clustering of a graph gave.

    Raises BadPins where the pins cannot be held.
    """
    together, apart = wishes(pins, tables)
    groups = partition_tables(facts, tables, edges, seed, together, apart, vote)
    draft = list(zip(name_groups(groups, tables, _degrees(tables, edges)), groups, strict=True))
    return _plan(facts, tables, edges, hold(draft, pins, tables, must_link(tables, edges)))


def undecided(analysis: Analysis, pins: Pins) -> tuple[tuple[str, str], ...]:
    """Models that no pin names although they belong to a pinned boundary, with its name: the rest of their cluster is
    there. Sorted by label."""
    tables = index_tables(analysis.facts)
    place = pinned(pins, tables, must_link(tables, analysis.edges))
    found = [
        (label, boundary.name)
        for boundary in analysis.boundaries
        if boundary.name in pins.boundaries
        for label in boundary.models
        if tables.by_label[label] not in place
    ]
    return tuple(sorted(found))


def _plan(
    facts: Facts, tables: Tables, edges: tuple[Edge, ...], named: Named
) -> tuple[tuple[Boundary, ...], tuple[Step, ...]]:
    """Everything that follows from a partition."""
    names = [name for name, _ in named]
    shared = frozenset(name for name, group in named if group.shared)
    placement = place_code(facts, tables, {t: name for name, group in named for t in group.tables}, shared)
    metrics = measure(facts, tables, edges, placement, names)
    bills = write_bills(facts, tables, edges, placement, shared)
    changed = changes(facts.history, placement.module) if facts.history else {}
    candidates = sum(not group.shared for _, group in named)
    boundaries = [
        replace(
            _boundary(name, group, tables, placement, metrics[name], bills.get(name, ()), candidates),
            changes=changed.get(name),
        )
        for name, group in named
    ]
    order = rank(boundaries, _lines(facts, placement), loads(boundaries, facts.observed))
    return tuple(sorted(put_after(boundaries, order), key=lambda b: b.name)), order


def _boundary(
    name: str,
    group: Group,
    tables: Tables,
    placement: Placement,
    metrics: Metrics,
    bill: Sequence[BillItem],
    candidates: int,
) -> Boundary:
    inside = set(group.tables)
    models = tuple(sorted(label for label, table in tables.by_label.items() if table in inside))
    confidence = tuple((label, group.confidence[tables.by_label[label]]) for label in models)
    mean = round(sum(c for _, c in confidence) / len(confidence), 3) if confidence else 1.0
    hubs = tuple(label for label in models if tables.by_label[label] in group.hubs)
    if group.shared:
        judgement = judge_shared(hubs, library=group.library)
    else:
        judgement = judge(metrics, mean, bill, candidates=candidates)
    return Boundary(
        name=name,
        models=models,
        tables=group.tables,
        modules=tuple(sorted(m for m, b in placement.module.items() if b == name)),
        routes=tuple(sorted(r for r, b in placement.route.items() if b == name)),
        confidence=mean,
        model_confidence=confidence,
        verdict=judgement.verdict,
        reasons=judgement.reasons,
        metrics=metrics,
        bill=tuple(bill),
        tasks=tuple(sorted(t for t, b in placement.task.items() if b == name)),
        hubs=hubs,
    )


def _degrees(tables: Tables, edges: Sequence[Edge]) -> dict[str, float]:
    degrees: dict[str, float] = defaultdict(float)
    for edge in edges:
        if edge.level != "module":
            for name in (edge.source, edge.target):
                degrees[table_of(name, tables)] += edge.weight
    return degrees


def _lines(facts: Facts, placement: Placement) -> Counter[str]:
    lines: Counter[str] = Counter()
    for module in facts.modules:
        if module.name in placement.module:
            lines[placement.module[module.name]] += module.lines
    return lines
