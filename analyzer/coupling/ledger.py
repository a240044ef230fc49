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


class _Entry:
    """What was seen of one coupling. Sites are keyed by plain tuples, which are compared much faster than locations."""

    __slots__ = ("share", "sites")

    def __init__(self) -> None:
        self.share = 0.0
        self.sites: dict[tuple[str, int], Location] = {}


class Ledger:
    """Collects sightings of couplings; ``edges`` closes the book.

    A sighting has a share: 1 for a fact about two tables, 1/(k-1) for each pair among k tables that were seen
    together, so that one function over twenty tables does not outweigh twenty functions over two.
    """

    def __init__(self, weights: Mapping[EdgeKind, float]) -> None:
        self._weights = weights
        self._entries: dict[Key, _Entry] = defaultdict(_Entry)

    def add(
        self, source: str, target: str, level: Level, kind: EdgeKind, site: Location, share: float = 1.0
    ) -> None:
        """Note that ``site`` couples ``source`` to ``target``; a coupling of a thing with itself is none."""
        if source == target:
            return
        entry = self._entries[source, target, level, kind]
        entry.share += share
        entry.sites[site.file, site.line] = site

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
                weight=round(self._weights[key[3]] * entry.share, 4),
                sites=tuple([site for _, site in sorted(entry.sites.items())]),
            )
            for key, entry in sorted(self._entries.items())
        )
