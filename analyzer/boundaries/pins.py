"""The draft of the clustering with the team's decisions held.

A plan starts as a draft and ends as a decision. Pins move models of the draft; what is not pinned stays where the draft
has it, and what is left of a cluster of which most is pinned to one boundary follows.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from difflib import get_close_matches
from fnmatch import fnmatchcase
from itertools import combinations, pairwise

from analyzer.boundaries.partition import Group
from analyzer.coupling import Tables
from analyzer.errors import BadPins
from analyzer.model.pins import Pins

Named = list[tuple[str, Group]]
"""A partition: the groups and their names."""


def hold(draft: Named, pins: Pins, tables: Tables, linked: Iterable[tuple[str, str]]) -> Named:
    """The draft with the pins held. ``linked`` are pairs of tables that no boundary can part: they move together.

    Raises BadPins for a model that is not there, one that is pinned twice, and linked ones that are pinned apart.
    """
    if not pins:
        return draft
    place = pinned(pins, tables, linked)
    if pins.rest:
        draft = [
            (name if group.library or name in pins.boundaries else pins.rest, group) for name, group in draft
        ]
    members: dict[str, list[str]] = {}
    for name, group in draft:
        rest = _rest(name, group, place)
        for table in group.tables:
            members.setdefault(place.get(table, rest), []).append(table)
    old = dict(draft)
    confidence = {table: sure for _, group in draft for table, sure in group.confidence.items()}
    confidence |= dict.fromkeys(place, 1.0)
    hubs = frozenset(hub for _, group in draft for hub in group.hubs)
    return [
        (name, _group(name, found, old.get(name), confidence, hubs, pins))
        for name, found in members.items()
        if found
    ]


def pinned(pins: Pins, tables: Tables, linked: Iterable[tuple[str, str]]) -> dict[str, str]:
    """Table -> the boundary that it is pinned to, by itself or by a table that it cannot be parted from."""
    own = [(one, other) for one, other in linked if not {one, other} & tables.library]
    return _follow(_places(pins, tables), own)


def wishes(pins: Pins, tables: Tables) -> tuple[list[tuple[str, str]], list[tuple[str, str]]]:
    """Pairs of tables that must, and that must not, be put together."""
    together: list[tuple[str, str]] = []
    apart: list[tuple[str, str]] = []
    for group in pins.together:
        found = _tables(group, tables, "analysis.together", pins)
        together += pairwise(found)
    for group in pins.apart:
        sides = [_match(text, tables, "analysis.apart", strict=pins.strict) for text in group]
        apart += [(a, b) for one, other in combinations(sides, 2) for a in one for b in other]
    return together, apart


def _tables(texts: Iterable[str], tables: Tables, where: str, pins: Pins) -> list[str]:
    return [table for text in texts for table in _match(text, tables, where, strict=pins.strict)]


def _rest(name: str, group: Group, place: Mapping[str, str]) -> str:
    """Where the unpinned tables of a group go: with at least half of it, if that is pinned to one boundary."""
    counts = Counter(place[table] for table in group.tables if table in place)
    best = min(counts, key=lambda other: (-counts[other], other), default=name)
    return best if 2 * counts[best] >= len(group.tables) else name


def _group(
    name: str,
    members: list[str],
    old: Group | None,
    confidence: Mapping[str, float],
    hubs: frozenset[str],
    pins: Pins,
) -> Group:
    shared = pins.shared.get(name, old.shared if old and name != pins.rest else False)
    names = tuple(sorted(members))
    return Group(
        names,
        {table: confidence[table] for table in names},
        shared=shared,
        library=old.library if old else False,
        hubs=hubs & set(names) if shared else frozenset(),
    )


def _places(pins: Pins, tables: Tables) -> dict[str, str]:
    """Table -> the boundary that it is pinned to."""
    place: dict[str, str] = {}
    for name, wanted in sorted(pins.boundaries.items()):
        for text in wanted:
            for table in _match(text, tables, f"boundaries.{name}", strict=pins.strict):
                if place.setdefault(table, name) != name:
                    label = tables.label[table]
                    raise BadPins(
                        f"{label} is pinned to {place[table]} as well",
                        where=f"boundaries.{name}",
                        remedy="A model belongs to one boundary: remove it from the other.",
                    )
    return place


def _match(text: str, tables: Tables, where: str, *, strict: bool) -> list[str]:
    own = {label: table for label, table in tables.by_label.items() if table not in tables.library}
    if text in own:
        return [own[text]]
    if text in tables.label and text not in tables.library:
        return [text]
    folded = {label.lower(): table for label, table in own.items()}
    found = sorted({table for label, table in folded.items() if fnmatchcase(label, text.lower())})
    if found or not strict:
        return found
    if text in tables.by_label or text in tables.library:
        raise BadPins(
            f"{text} is a library's", where=where, remedy="Every service brings its own: leave it out."
        )
    near = get_close_matches(text, own, n=1)
    remedy = f"Did you mean {near[0]}?" if near else "Write app.Model, app.* or a table's name."
    raise BadPins(f"there is no model {text!r}", where=where, remedy=remedy)


def _follow(place: dict[str, str], linked: Iterable[tuple[str, str]]) -> dict[str, str]:
    """What cannot be parted from a pinned table is pinned with it."""
    ties: dict[str, set[str]] = defaultdict(set)
    for one, other in linked:
        ties[one].add(other)
        ties[other].add(one)
    todo = sorted(place)
    while todo:
        table = todo.pop()
        for other in sorted(ties[table]):
            if other not in place:
                place[other] = place[table]
                todo.append(other)
            elif place[other] != place[table]:
                raise BadPins(
                    f"{table} ({place[table]}) and {other} ({place[other]}) cannot be parted",
                    where="boundaries",
                    remedy="One inherits from the other, or is its many-to-many table: pin both to one boundary.",
                )
    return place
