"""Names for boundaries: the app that most of its models come from, made unique by its most connected model."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence

from analyzer.boundaries.partition import Group
from analyzer.coupling import Tables
from analyzer.model.pins import FRAMEWORK


def name_groups(groups: Sequence[Group], tables: Tables, degree: Mapping[str, float]) -> tuple[str, ...]:
    """One name for each group. The group that holds most of an app's models gets the app's plain name."""
    claims = {i: _main_app(group, tables) for i, group in enumerate(groups) if not group.library}
    order = sorted(claims, key=lambda i: (groups[i].shared, -claims[i][1], i))
    names: dict[int, str] = {}
    taken = {FRAMEWORK}
    for i in order:
        app = _slug(claims[i][0])
        name = _unique(app if app not in taken else f"{app}-{_centre(groups[i], tables, degree)}", taken)
        taken.add(name)
        names[i] = name
    return tuple(names.get(i, FRAMEWORK) for i in range(len(groups)))


def _main_app(group: Group, tables: Tables) -> tuple[str, int]:
    counts = Counter(tables.app[table] for table in group.tables if table not in tables.through)
    app = min(counts, key=lambda a: (-counts[a], a))
    return app, counts[app]


def _centre(group: Group, tables: Tables, degree: Mapping[str, float]) -> str:
    table = min(group.tables, key=lambda t: (-degree.get(t, 0.0), t))
    return _slug(tables.label[table].rpartition(".")[2])


def _unique(name: str, taken: set[str]) -> str:
    candidate, number = name, 2
    while candidate in taken:
        candidate, number = f"{name}-{number}", number + 1
    return candidate


def _slug(name: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-") or "boundary"
