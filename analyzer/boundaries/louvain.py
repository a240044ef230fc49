"""Louvain's method: communities of high modularity at a given resolution.

Blondel, Guillaume, Lambiotte, Lefebvre: "Fast unfolding of communities in large networks", J. Stat. Mech. 2008, P10008;
resolution as in Reichardt and Bornholdt, Phys. Rev. E 74, 016110 (2006):
Q = sum over communities of (inside / 2m - resolution * (degrees / 2m)**2).
"""

from __future__ import annotations

from collections import defaultdict

from analyzer.boundaries.graph import Adjacency
from analyzer.boundaries.prng import SplitMix64

_EPSILON = 1e-12


def louvain(adjacency: Adjacency, resolution: float, random: SplitMix64) -> list[int]:
    """The community of each node, numbered from 0 in order of first appearance."""
    community = list(range(len(adjacency)))
    level = adjacency
    while True:
        moved = _number(_move_nodes(level, resolution, random))
        community = [moved[c] for c in community]
        if len(set(moved)) == len(level):
            return _number(community)
        level = _aggregate(level, moved)


def _move_nodes(adjacency: Adjacency, resolution: float, random: SplitMix64) -> list[int]:
    """Move single nodes to the neighbouring community of highest gain until no move gains anything.

    A row's own index holds a node's inner weight, counted twice as everywhere in the adjacency.
    """
    degree = [sum(row.values()) for row in adjacency]
    others = [[(j, weight) for j, weight in row.items() if j != node] for node, row in enumerate(adjacency)]
    total = sum(degree)
    community = list(range(len(adjacency)))
    volume = list(degree)
    queue = random.shuffled(community)
    waiting = set(queue)
    while queue:
        todo, queue = queue, []
        for node in todo:
            waiting.discard(node)
            home = community[node]
            best = _best_community(home, others[node], community, volume, degree[node], total, resolution)
            if best != home:
                volume[home] -= degree[node]
                volume[best] += degree[node]
                community[node] = best
                for j, _ in others[node]:
                    if community[j] != best and j not in waiting:
                        waiting.add(j)
                        queue.append(j)
    return community


def _best_community(
    home: int,
    others: list[tuple[int, float]],
    community: list[int],
    volume: list[float],
    degree: float,
    total: float,
    resolution: float,
) -> int:
    ties: dict[int, float] = {home: 0.0}
    for j, weight in others:
        there = community[j]
        ties[there] = ties.get(there, 0.0) + weight
    best, best_gain = (
        home,
        ties[home] - resolution * degree * (volume[home] - degree) / total if total else 0.0,
    )
    scaled = resolution * degree
    for candidate, tie in ties.items():
        if candidate != home:
            gain = tie - scaled * volume[candidate] / total
            if gain > best_gain + _EPSILON:
                best, best_gain = candidate, gain
    return best


def _aggregate(adjacency: Adjacency, community: list[int]) -> Adjacency:
    rows: Adjacency = [defaultdict(float) for _ in range(max(community) + 1)]
    for i, row in enumerate(adjacency):
        for j, weight in row.items():
            rows[community[i]][community[j]] += weight
    return [dict(row) for row in rows]


def _number(community: list[int]) -> list[int]:
    names: dict[int, int] = {}
    return [names.setdefault(c, len(names)) for c in community]
