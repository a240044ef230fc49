"""Where couplings are written down: one entry for each pair and kind, with its share and its lines."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from itertools import combinations

from analyzer.model.facts import Location
from analyzer.model.plan import Edge, EdgeKind, Level

Key = tuple[str, str, Level, EdgeKind]

GENERIC = 40
"""Code over more tables than this is generic (an importer, a base class): it couples no pair of them in particular."""


class Ledger:
    """Collects sightings of couplings; ``edges`` closes the book.

    A sighting has a share: 1 for a fact about two tables, 1/(k-1) for each pair among k tables that were seen
    together, so that one function over twenty tables does not outweigh twenty functions over two.
    """

    def __init__(self, weights: Mapping[EdgeKind, float]) -> None:
        self._weights = weights
        self._shares: dict[Key, float] = defaultdict(float)
        self._sites: dict[Key, set[Location]] = defaultdict(set)

    def add(
        self, source: str, target: str, level: Level, kind: EdgeKind, site: Location, share: float = 1.0
    ) -> None:
        """Note that ``site`` couples ``source`` to ``target``; a coupling of a thing with itself is none."""
        if source == target:
            return
        key = (source, target, level, kind)
        self._shares[key] += share
        self._sites[key].add(site)

    def add_pairs(self, tables: Iterable[str], kind: EdgeKind, site: Location) -> None:
        """Note that ``site`` couples all these tables with one another."""
        together = sorted(set(tables))
        if len(together) > GENERIC:
            return
        for one, other in combinations(together, 2):
            self.add(one, other, "table", kind, site, 1 / (len(together) - 1))

    def edges(self) -> tuple[Edge, ...]:
        """All couplings, sorted; weights are rounded to four places so that they print alike everywhere."""
        return tuple(
            Edge(
                *key,
                weight=round(self._weights[key[3]] * self._shares[key], 4),
                sites=tuple(sorted(self._sites[key])),
            )
            for key in sorted(self._shares)
        )
