"""Figures of a boundary and of the whole plan, each with its formula and its source."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from math import log

from analyzer.boundaries.graph import table_of
from analyzer.boundaries.place import Placement
from analyzer.coupling import GENERIC, Tables
from analyzer.model.facts import Facts, Location, Transaction
from analyzer.model.plan import Edge, Metrics


def measure(
    facts: Facts, tables: Tables, edges: Iterable[Edge], placement: Placement, names: Iterable[str]
) -> dict[str, Metrics]:
    """The metrics of every boundary."""
    inside, crossing = _weights(tables, edges, placement)
    leaks_in, leaks_out = _leaks(placement)
    writes = Counter(b for block in distributed(facts, tables, placement) for b in block.boundaries)
    purities = _purities(placement)
    sizes = Counter(placement.table.values())
    return {
        name: Metrics(
            tables=sizes[name],
            cohesion=cohesion(inside[name], crossing[name]),
            leaks_in=leaks_in[name],
            leaks_out=leaks_out[name],
            distributed_writes=writes[name],
            purity=purities.get(name, 1.0),
        )
        for name in names
    }


def cohesion(inside: float, crossing: float) -> float:
    """inside / (inside + crossing / 2): the share of its coupling that a boundary keeps to itself, where a crossing
    edge belongs to both sides by half. 1 for a boundary without any coupling.

    After TurboMQ's cluster factor 2i / (2i + j): Mitchell and Mancoridis, IEEE TSE 32(3), 2006.
    """
    total = inside + crossing / 2
    return round(inside / total, 3) if total else 1.0


def purity(accesses: Mapping[str, int], boundaries: int) -> float:
    """1 - H / ln K with H = -sum p ln p over the boundaries that access a table, K the number of boundaries: 1 when
    one boundary alone uses it, 0 when all use it alike. (Shannon entropy, normalised.)"""
    total = sum(accesses.values())
    if not total or boundaries < 2:
        return 1.0
    shares = [count / total for count in accesses.values() if count]
    return max(0.0, 1.0 + sum(p * log(p) for p in shares) / log(boundaries))


@dataclass(frozen=True, slots=True)
class Block:
    """An atomic block that writes several boundaries: those, and what it writes of each."""

    location: Location
    module: str
    function: str
    written: Mapping[str, tuple[str, ...]]

    @property
    def boundaries(self) -> tuple[str, ...]:
        return tuple(self.written)


def distributed(facts: Facts, tables: Tables, placement: Placement) -> tuple[Block, ...]:
    """The atomic blocks that write several boundaries, tests' and commands' left out. A base class's block is one,
    however many classes inherit it: its remedy is one."""
    found: dict[tuple[Location, str], tuple[Transaction, dict[str, set[str]]]] = {}
    for span in facts.transactions:
        over = () if span.module in placement.support else distributed_over(span, tables, placement)
        if not over:
            continue
        _, written = found.setdefault((span.location, span.function), (span, defaultdict(set)))
        for table in span.tables_written:
            if table in placement.table and table not in tables.library:
                written[placement.table[table]].add(table)
    return tuple(
        Block(
            span.location,
            span.module,
            span.function,
            {name: tuple(sorted(written[name])) for name in sorted(written)},
        )
        for span, written in found.values()
    )


def distributed_over(span: Transaction, tables: Tables, placement: Placement) -> tuple[str, ...]:
    """The boundaries that one transaction writes, if they are more than one. Tables of libraries do not count: every
    service has its own. Nor does a span over more than GENERIC tables: it writes whatever it is called with."""
    if len(span.tables_written) > GENERIC:
        return ()
    found = {
        placement.table[t] for t in span.tables_written if t in placement.table and t not in tables.library
    }
    return tuple(sorted(found)) if len(found) > 1 else ()


def _weights(
    tables: Tables, edges: Iterable[Edge], placement: Placement
) -> tuple[dict[str, float], dict[str, float]]:
    inside: dict[str, float] = defaultdict(float)
    crossing: dict[str, float] = defaultdict(float)
    for edge in edges:
        one = placement.table.get(table_of(edge.source, tables))
        other = placement.table.get(table_of(edge.target, tables))
        if edge.level == "module" or one is None or other is None:
            continue
        if one == other:
            inside[one] += edge.weight
        else:
            crossing[one] += edge.weight
            crossing[other] += edge.weight
    return inside, crossing


def _leaks(placement: Placement) -> tuple[Counter[str], Counter[str]]:
    """Distinct sites where code of one boundary (or of none) uses another's table."""
    sites_in, sites_out = set(), set()
    for access in placement.accesses:
        owner, user = placement.table[access.table], placement.home(access)
        if owner != user:
            sites_in.add((owner, access.location))
            sites_out.add((user, access.location))
    return Counter(b for b, _ in sites_in), Counter(b for b, _ in sites_out if b)


def _purities(placement: Placement) -> dict[str, float]:
    """Mean purity of a boundary's tables, each weighted by its accesses."""
    users: dict[str, Counter[str]] = defaultdict(Counter)
    for access in placement.accesses:
        home = placement.home(access)
        if home:
            users[access.table][home] += 1
    count = len(set(placement.table.values()))
    sums: dict[str, float] = defaultdict(float)
    weights: dict[str, int] = defaultdict(int)
    for table, counter in users.items():
        weight = sum(counter.values())
        sums[placement.table[table]] += purity(counter, count) * weight
        weights[placement.table[table]] += weight
    return {name: round(sums[name] / weights[name], 3) for name in sums}
