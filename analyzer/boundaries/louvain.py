"""Louvain's method: communities of high modularity at a given resolution.

Blondel, Guillaume, Lambiotte, Lefebvre: "Fast unfolding of communities in large networks", J. Stat. Mech. 2008, P10008;
resolution as in Reichardt and Bornholdt, Phys. Rev. E 74, 016110 (2006):
Q = sum over communities of (inside / 2m - resolution * (degrees / 2m)**2).
"""

from __future__ import annotations

from dataclasses import dataclass

from analyzer.boundaries.graph import Adjacency
from analyzer.boundaries.prng import SplitMix64

_EPSILON = 1e-12
"""A gain or a tie of no more than this is none: it is what rounding leaves."""


@dataclass(frozen=True, slots=True)
class Level:
    """A graph laid out for many runs: of each node its ties to others, and its degree.

    A row's own index holds a node's inner weight, counted twice as everywhere in the adjacency.
    """

    rows: Adjacency
    others: list[list[tuple[int, float]]]
    degree: list[float]


def level_of(rows: Adjacency) -> Level:
    """Lay out an adjacency."""
    others = [[(j, weight) for j, weight in row.items() if j != node] for node, row in enumerate(rows)]
    return Level(rows, others, [sum(row.values()) for row in rows])


def louvain(level: Level, resolution: float, random: SplitMix64) -> list[int]:
    """The community of each node, numbered from 0 in order of first appearance."""
    community = list(range(len(level.rows)))
    while True:
        moved = _number(_move_nodes(level, resolution, random))
        community = [moved[c] for c in community]
        if len(set(moved)) == len(level.rows):
            return _number(community)
        level = level_of(_aggregate(level.rows, moved))


def _move_nodes(level: Level, resolution: float, random: SplitMix64) -> list[int]:
    """Move single nodes to the neighbouring community of highest gain until no move gains anything.

    What ties a node to each community is kept from move to move: nodes are looked at far more often than they move.
    """
    degree, others = level.degree, level.others
    total = sum(degree) or 1.0
    community = list(range(len(degree)))
    volume = list(degree)
    ties = [dict(row) for row in others]
    queue = random.shuffled(community)
    waiting = set(queue)
    while queue:
        todo, queue = queue, []
        for node in todo:
            waiting.discard(node)
            home, tie = community[node], ties[node]
            scaled = resolution * degree[node] / total
            best = home
            bound = tie.get(home, 0.0) - scaled * (volume[home] - degree[node]) + _EPSILON
            for place, weight in tie.items():
                if weight > bound and place != home:
                    gain = weight - scaled * volume[place]
                    if gain > bound:
                        best, bound = place, gain + _EPSILON
            if best != home:
                community[node] = best
                volume[home] -= degree[node]
                volume[best] += degree[node]
                for j, weight in others[node]:
                    theirs = ties[j]
                    left = theirs.get(home, 0.0) - weight
                    if left > _EPSILON:
                        theirs[home] = left
                    else:
                        theirs.pop(home, None)
                    theirs[best] = theirs.get(best, 0.0) + weight
                    if community[j] != best and j not in waiting:
                        waiting.add(j)
                        queue.append(j)
    return community


def _aggregate(rows: Adjacency, community: list[int]) -> Adjacency:
    found: Adjacency = [{} for _ in range(max(community) + 1)]
    for i, row in enumerate(rows):
        into = found[community[i]]
        for j, weight in row.items():
            there = community[j]
            into[there] = into.get(there, 0.0) + weight
    return found


def _number(community: list[int]) -> list[int]:
    names: dict[int, int] = {}
    return [names.setdefault(c, len(names)) for c in community]
