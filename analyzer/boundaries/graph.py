"""The graph that is clustered: nodes are groups of tables that must stay together, edges are summed coupling."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import sqrt

from analyzer.coupling import Tables
from analyzer.model.plan import Edge

HOME = 2.0
"""What it weighs that two tables belong to the same Django app, spread over the app's tables: a team's own first
guess, worth less than one foreign key."""

Adjacency = list[dict[int, float]]


@dataclass(frozen=True, slots=True)
class TableGraph:
    """``members[i]`` are the tables of node ``i``; ``adjacency[i][j]`` is the coupling of nodes ``i`` and ``j``."""

    members: tuple[tuple[str, ...], ...]
    adjacency: Adjacency

    def node_of(self) -> dict[str, int]:
        """Table -> node."""
        return {table: i for i, tables in enumerate(self.members) for table in tables}


def build_graph(
    tables: Tables, edges: Iterable[Edge], keep: Iterable[str], together: Iterable[tuple[str, str]] = ()
) -> TableGraph:
    """The graph over the tables in ``keep``; pairs in ``together`` (must-link) become one node."""
    names = sorted(set(keep))
    groups = _contract(names, together)
    node_of = {table: i for i, group in enumerate(groups) for table in group}
    adjacency: Adjacency = [defaultdict(float) for _ in groups]
    for edge in edges:
        if edge.level == "module":
            continue
        one, other = node_of.get(table_of(edge.source, tables)), node_of.get(table_of(edge.target, tables))
        if one is not None and other is not None and one != other:
            adjacency[one][other] += edge.weight
            adjacency[other][one] += edge.weight
    _add_home(groups, tables, adjacency)
    return TableGraph(groups, [dict(sorted(row.items())) for row in adjacency])


def table_of(name: str, tables: Tables) -> str:
    """The table of a label, or the name itself if it is a table."""
    return tables.by_label.get(name, name)


def must_link(tables: Tables, edges: Iterable[Edge]) -> list[tuple[str, str]]:
    """Pairs that no boundary can part: a parent and its child by multi-table inheritance, a model and its automatic
    many-to-many table."""
    pairs = [(table_of(e.source, tables), table_of(e.target, tables)) for e in edges if e.kind == "mti"]
    return sorted(pairs) + sorted(tables.through.items())


def damped(adjacency: Adjacency) -> Adjacency:
    """``w / sqrt(d_a * d_b)`` with ``d`` the sum of a node's weights: a tie to a busy node says little about where one
    belongs. (The normalised adjacency of spectral clustering: Ng, Jordan, Weiss, NIPS 2001.)"""
    degree = [sum(row.values()) for row in adjacency]
    return [{j: w / sqrt(degree[i] * degree[j]) for j, w in row.items()} for i, row in enumerate(adjacency)]


def _contract(names: Sequence[str], together: Iterable[tuple[str, str]]) -> tuple[tuple[str, ...], ...]:
    parent = {name: name for name in names}

    def root(name: str) -> str:
        while parent[name] != name:
            name = parent[name]
        return name

    for one, other in together:
        if one in parent and other in parent:
            low, high = sorted((root(one), root(other)))
            parent[high] = low
    groups: dict[str, list[str]] = defaultdict(list)
    for name in names:
        groups[root(name)].append(name)
    return tuple(tuple(groups[key]) for key in sorted(groups))


def _add_home(groups: Sequence[tuple[str, ...]], tables: Tables, adjacency: Adjacency) -> None:
    by_app: Mapping[str, list[int]] = defaultdict(list)
    for i, group in enumerate(groups):
        by_app[tables.app.get(group[0], "")].append(i)
    if len(by_app) < 2:
        return
    for nodes in by_app.values():
        for i in nodes:
            for j in nodes:
                if i != j:
                    adjacency[i][j] += HOME / (len(nodes) - 1)
