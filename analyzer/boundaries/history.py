"""What history says about boundaries: how often they change, how many people change them, what changes together."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping

from analyzer.model.facts import History
from analyzer.model.plan import Changes

SWEEP = 50
"""A commit over more modules than this says nothing about what belongs together."""


def changes(history: History, home: Mapping[str, str]) -> dict[str, Changes]:
    """Boundary -> its changes. ``home`` is the boundary of each module.

    ``together`` counts the commits that changed both boundaries, without sweeps over more than SWEEP modules.
    (Gall, Hajek, Jazayeri, "Detection of logical coupling based on product release history", ICSM 1998.)
    """
    commits: Counter[str] = Counter()
    authors: dict[str, set[int]] = defaultdict(set)
    together: dict[str, Counter[str]] = defaultdict(Counter)
    for change in history.changes:
        touched = sorted({home[module] for module in change.modules if module in home})
        for name in touched:
            commits[name] += 1
            authors[name].add(change.author)
            if len(change.modules) <= SWEEP:
                together[name].update(other for other in touched if other != name)
    return {
        name: Changes(
            count,
            len(authors[name]),
            tuple(sorted(together[name].items(), key=lambda item: (-item[1], item[0]))),
        )
        for name, count in commits.items()
    }
