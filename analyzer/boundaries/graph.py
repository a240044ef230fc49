"""The graph that is clustered: nodes are groups of tables that must stay together, edges are summed coupling."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import sqrt

from analyzer.coupling import GENERIC, Tables
from analyzer.model.plan import Edge

HOME = 6.0
"""What it weighs that a table is at home in a package, spread over the other tables there: a team's own first guess is
worth as much as one cascade."""

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
    tables: Tables,
    edges: Iterable[Edge],
    part_of: Mapping[str, str],
    together: Iterable[tuple[str, str]] = (),
) -> TableGraph:
    """The graph over the tables in ``part_of``, which says in which part of the system (its app) each one is; pairs in
    ``together`` (must-link) become one node."""
    groups = _contract(sorted(part_of), together)
    node_of = {table: i for i, group in enumerate(groups) for table in group}
    adjacency: Adjacency = [defaultdict(float) for _ in groups]
    for edge in edges:
        if edge.level == "module" or not edge.weight:
            continue
        one, other = node_of.get(table_of(edge.source, tables)), node_of.get(table_of(edge.target, tables))
        if one is not None and other is not None and one != other:
            adjacency[one][other] += edge.weight
            adjacency[other][one] += edge.weight
    _soften(adjacency, [part_of[group[0]] for group in groups])
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


def _soften(adjacency: Adjacency, parts: Sequence[str]) -> None:
    """Divide each tie between parts by sqrt(s_a * s_b), ``s`` being over how many foreign parts a table's ties spread.

    A table that is tied to many parts alike (an audit log, a notification, a number range) says little about where it
    belongs by any one of those ties. ``s`` is the inverse Simpson index 1 / sum(p**2) (Simpson, Nature 163, 1949) of
    the shares of its foreign weight: 1 for ties to one part only, n for equal ties to n parts.
    """
    spread = []
    for i, row in enumerate(adjacency):
        weights: dict[str, float] = defaultdict(float)
        for j, weight in sorted(row.items()):
            if parts[j] != parts[i]:
                weights[parts[j]] += weight
        total = sum(weights.values())
        spread.append(1 / sum((w / total) ** 2 for w in weights.values()) if total else 1.0)
    for i, row in enumerate(adjacency):
        for j in row:
            if parts[j] != parts[i]:
                row[j] /= sqrt(spread[i] * spread[j])


def _add_home(groups: Sequence[tuple[str, ...]], tables: Tables, adjacency: Adjacency) -> None:
    """Spread HOME over the mates of each table: those of its app in the nearest package that has any (its module, the
    package around it, ...). Where those are everybody, or many, it says nothing about any two."""
    members: dict[tuple[str, str], list[int]] = defaultdict(list)
    homes: list[list[tuple[str, str]]] = []
    for i, group in enumerate(groups):
        app, names = tables.app.get(group[0], ""), tables.module.get(group[0], "").split(".")
        homes.append([(app, ".".join(names[:depth])) for depth in range(len(names), 0, -1)] + [(app, "")])
        for home in dict.fromkeys(homes[-1]):
            members[home].append(i)
    for i, places in enumerate(homes):
        mates = next((members[home] for home in places if len(members[home]) > 1), [])
        if len(mates) < len(groups) and len(mates) <= GENERIC:
            for j in mates:
                if j != i:
                    half = HOME / (len(mates) - 1) / 2
                    adjacency[i][j] += half
                    adjacency[j][i] += half
