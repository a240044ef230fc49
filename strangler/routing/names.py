"""Names of routes and groups: free ones, and what is said of those that do not exist. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from difflib import get_close_matches

from strangler.errors import Unknown
from strangler.routing.table import RouteTable


def free_names(name: str, taken: set[str]) -> Iterator[str]:
    """``name``, ``name-2``, ``name-3``, ... without those that are taken."""
    number = 1
    while True:
        candidate = name if number == 1 else f"{name}-{number}"
        if candidate not in taken:
            yield candidate
        number += 1


def unknown(table: RouteTable, name: str) -> Unknown:
    """What is raised for a name that no route and no group has, with the nearest one that there is."""
    names = [*table.groups, *(route.name for route in table.routes)]
    near = get_close_matches(name, names, n=1)
    if near:
        remedy = f"Did you mean {near[0]!r}?"
    elif names:
        remedy = "List them with: strangler routes list."
    else:
        remedy = "There are no routes yet; begin with: strangler routes add or import."
    return Unknown(f"there is no route and no group called {name!r}", where="name", remedy=remedy)
