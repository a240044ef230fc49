"""From the cores that the runs agree on to boundaries: what would be dearest to part goes together.

Agglomerative clustering on the bill itself. At each step the two clusters go together whose cut costs most, over the
root of the product of their sizes: over their product (average linkage) everything stays equally small whatever it
costs, over nothing (the plain sum) one cluster swallows all others.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from math import sqrt

from analyzer.boundaries.bill import COST
from analyzer.boundaries.graph import TableGraph, table_of
from analyzer.coupling import GENERIC, Tables, support_modules
from analyzer.model.facts import Facts
from analyzer.model.plan import BillKind, Edge, EdgeKind

BILLED: Mapping[EdgeKind, BillKind] = {
    "cascade": "cascade",
    "join": "join",
    "signal": "signal",
    "fk": "fk",
    "m2m": "fk",
    "gfk": "fk",
}
"""The couplings that are items of a bill, and as what."""


@dataclass(frozen=True, slots=True)
class Cuts:
    """What it costs to part nodes: ``pairs`` if two are apart, ``blocks`` if not all of a transaction's are one."""

    pairs: Mapping[tuple[int, int], float]
    blocks: Mapping[frozenset[int], float]

    def seen_as(self, place: Mapping[int, int] | Sequence[int]) -> Cuts:
        """The costs between clusters, by the cluster of each node."""
        pairs: dict[tuple[int, int], float] = defaultdict(float)
        for (one, other), cost in self.pairs.items():
            if place[one] != place[other]:
                low, high = sorted((place[one], place[other]))
                pairs[low, high] += cost
        blocks: dict[frozenset[int], float] = defaultdict(float)
        for nodes, cost in self.blocks.items():
            if len(clusters := frozenset([place[node] for node in nodes])) > 1:
                blocks[clusters] += cost
        return Cuts(pairs, blocks)

    def saved(self) -> dict[tuple[int, int], float]:
        """What putting two together saves; of a block over k, 1/(k-1): it is saved once the last two are together."""
        found = dict(self.pairs)
        for nodes, cost in self.blocks.items():
            for pair in combinations(sorted(nodes), 2):
                found[pair] = found.get(pair, 0.0) + cost / (len(nodes) - 1)
        return found


def cuts_of(graph: TableGraph, facts: Facts, tables: Tables, edges: Iterable[Edge]) -> Cuts:
    """The items of the bill that depend on nothing but where the tables are."""
    node_of = graph.node_of()
    pairs: dict[tuple[int, int], float] = defaultdict(float)
    for edge in edges:
        one, other = node_of.get(table_of(edge.source, tables)), node_of.get(table_of(edge.target, tables))
        if edge.level != "module" and edge.kind in BILLED and None not in (one, other) and one != other:
            low, high = sorted((one or 0, other or 0))
            pairs[low, high] += COST[BILLED[edge.kind]]
    support = support_modules(facts)
    blocks: dict[frozenset[int], float] = defaultdict(float)
    for span in facts.transactions:
        nodes = frozenset([node_of[table] for table in span.tables_written if table in node_of])
        if len(nodes) > 1 and len(span.tables_written) <= GENERIC and span.module not in support:
            blocks[nodes] += COST["transaction"]
    return Cuts(pairs, blocks)


def merge(
    cores: Sequence[int],
    cuts: Cuts,
    sizes: Sequence[int],
    wanted: int,
    most: int,
    apart: Collection[tuple[int, int]] = (),
) -> tuple[int, ...]:
    """Put cores together until no more than ``wanted`` clusters remain, or until nothing ties those that remain. None
    grows over ``most`` tables. ``cores``: the core of each node; ``sizes``: its tables; ``apart``: cannot-link."""
    place = list(cores)
    size = Counter(dict.fromkeys(cores, 0))
    for node, core in enumerate(cores):
        size[core] += sizes[node]
    between = cuts.seen_as(place)
    while len(size) > wanted:
        foes = {frozenset((place[one], place[other])) for one, other in apart}
        dearest = max(
            (
                (saved / sqrt(size[one] * size[other]), -one, -other)
                for (one, other), saved in between.saved().items()
                if size[one] + size[other] <= most and frozenset((one, other)) not in foes
            ),
            default=None,
        )
        if dearest is None:
            break
        kept, gone = -dearest[1], -dearest[2]
        size[kept] += size.pop(gone)
        place = [kept if core == gone else core for core in place]
        between = between.seen_as({core: kept if core == gone else core for core in [*size, gone]})
    return tuple(place)
