"""Shared reference data: the few tables that everything points at and that say nothing about where it belongs.

A user, a tenant, a currency would glue every cluster to every other. They are recognised by how many parts of the
system refer to them, not by their names.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from math import ceil

from analyzer.coupling import Tables
from analyzer.model.facts import Facts

REACH = 0.65
"""A hub is referred to from at least this share of the other parts."""
FEWEST = 3
"""... and from at least this many of them."""


def find_hubs(facts: Facts, tables: Tables, part_of: Mapping[str, str]) -> frozenset[str]:
    """The project's tables that foreign keys and many-to-many fields of most other parts point at.

    ``part_of`` puts each table in a part: its Django app, or a first clustering where apps say nothing. A hub also
    points at fewer parts than half of those that point at it: an order refers to much, a currency to nothing.
    """
    referring, referred = _references(facts, tables, part_of)
    parts = set(part_of.values())
    needed = max(FEWEST, ceil(REACH * (len(parts) - 1)))
    return frozenset(
        table
        for table, sources in referring.items()
        if len(sources) >= needed and 2 * len(referred[table]) <= len(sources)
    )


def _references(
    facts: Facts, tables: Tables, part_of: Mapping[str, str]
) -> tuple[dict[str, set[str]], dict[str, set[str]]]:
    """Table -> parts that refer to it, and table -> parts that it refers to; its own part does not count."""
    referring: dict[str, set[str]] = defaultdict(set)
    referred: dict[str, set[str]] = defaultdict(set)
    for model in facts.models:
        source = tables.by_label.get(model.label, "")
        for relation in model.relations:
            target = tables.by_label.get(relation.target or "", "")
            if relation.kind not in ("fk", "o2o", "m2m") or source not in part_of or target not in part_of:
                continue
            if part_of[source] != part_of[target]:
                referring[target].add(part_of[source])
                referred[source].add(part_of[target])
    return referring, referred
