"""Where everything that is not a table belongs: modules, routes and tasks join the tables that they touch most."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from math import sqrt
from typing import TypeVar

from analyzer.coupling import Tables, support_modules
from analyzer.model.facts import Access, Facts, Location, Module

Key = TypeVar("Key", bound=int | str)

WRITE, READ, DEFINES = 2.0, 1.0, 4.0
"""A write says twice as much as a read; defining a model says most."""
APP, HOME, ENOUGH = 0.3, 0.5, 0.5
"""A module leans to its app's boundary, a route to its view's module's, by this share of what it touches; ENOUGH is the
share of the sum that it takes to belong anywhere else."""
MOVING = ("task", "command", "receiver")
"""The kinds of entry points that move with a boundary beside its routes."""


@dataclass(frozen=True, slots=True)
class Placement:
    """The boundary of each table, module, route (by position) and task (by name). What touches nothing is absent."""

    table: Mapping[str, str]
    module: Mapping[str, str]
    route: Mapping[int, str]
    task: Mapping[str, str]
    support: frozenset[str]
    """Tests, commands and what only they import."""
    accesses: tuple[Access, ...]
    """What code does on its own account; see ``direct_accesses``."""

    def home(self, access: Access) -> str:
        """The boundary whose code makes this access; empty for code that belongs nowhere."""
        return self.module.get(access.module, "")


def place_code(
    facts: Facts, tables: Tables, boundary_of: Mapping[str, str], shared: frozenset[str] = frozenset()
) -> Placement:
    """Put modules, routes and tasks where their tables are. A table used everywhere says little: its say is divided by
    the root of the number of its users. ``shared`` names the boundaries of reference data, which draw only what is
    their own; libraries' tables draw nothing."""
    ground = _Ground({t: b for t, b in boundary_of.items() if t not in tables.library}, shared)
    apps = _homes_of_apps(tables, ground.boundary_of)
    support = support_modules(facts)
    accesses = direct_accesses(facts, boundary_of, support)
    modules = _place_modules(facts, accesses, tables, ground, apps)
    app_of = {module.name: module.app or "" for module in facts.modules}

    def home(dotted: str) -> _Home:
        module = _module_of(dotted, app_of)
        boundary = modules.get(module, "")
        return _Home(boundary, boundary if boundary == apps.get(app_of.get(module, ""), "") else "")

    routes = {
        i: _User(r.tables_read, r.tables_written, home(r.view))
        for i, r in enumerate(facts.routes)
        if not r.library
    }
    tasks = {
        e.name: _User(e.tables_read, e.tables_written, home(e.name))
        for e in facts.entry_points
        if e.kind in MOVING
    }
    return Placement(
        boundary_of, modules, _place_users(routes, ground), _place_users(tasks, ground), support, accesses
    )


def direct_accesses(
    facts: Facts, boundary_of: Mapping[str, str], support: frozenset[str]
) -> tuple[Access, ...]:
    """The accesses that code makes on its own account.

    Left out: the delete collector's (the foreign keys stand for them), tests' and commands' (each command is a task on
    the bill), and lines that touch three boundaries or more, which is inherited code (a base class's ``save``).
    """
    counted = [
        a
        for a in facts.accesses
        if a.kind not in ("cascade", "migration") and a.table in boundary_of and a.module not in support
    ]
    owners: dict[Location, set[str]] = defaultdict(set)
    for access in counted:
        if access.kind not in ("raw", "join"):
            owners[access.location].add(boundary_of[access.table])
    return tuple(a for a in counted if a.kind in ("raw", "join") or len(owners[a.location]) < 3)


@dataclass(frozen=True, slots=True)
class _Home:
    """The boundary that something leans to, and the one that it falls back to when its tables do not decide."""

    leaning: str
    fallback: str


@dataclass(frozen=True, slots=True)
class _User:
    """A route or a task: what it touches and where it is at home."""

    read: tuple[str, ...]
    written: tuple[str, ...]
    home: _Home


@dataclass(frozen=True, slots=True)
class _Ground:
    """The boundary of each table that can draw code, and the boundaries that draw only what is their own."""

    boundary_of: Mapping[str, str]
    shared: frozenset[str]

    def choose(self, scores: Mapping[str, float], home: _Home, lean: float) -> str:
        """The boundary with the most of the scores, after leaning towards home. What serves many boundaries alike (a
        seed script, a dashboard) and is at home nowhere belongs to none."""
        drawn = {b: score for b, score in scores.items() if b == home.leaning or b not in self.shared}
        total = sum(drawn.values())
        if not total:
            return home.fallback or _best(scores)
        if home.leaning:
            drawn[home.leaning] = drawn.get(home.leaning, 0.0) + lean * total
        best = _best(drawn)
        if best == home.leaning or drawn[best] >= ENOUGH * sum(drawn.values()):
            return best
        return home.fallback


def _place_users(users: Mapping[Key, _User], ground: _Ground) -> dict[Key, str]:
    """Routes by position, or entry points by name."""
    popularity = Counter(table for touch in users.values() for table in {*touch.read, *touch.written})
    placed: dict[Key, str] = {}
    for key, user in users.items():
        scores: dict[str, float] = defaultdict(float)
        touched = [(table, READ) for table in user.read] + [(table, WRITE) for table in user.written]
        for table, weight in touched:
            if table in ground.boundary_of:
                scores[ground.boundary_of[table]] += weight / sqrt(popularity[table])
        if found := ground.choose(scores, user.home, HOME):
            placed[key] = found
    return placed


def _place_modules(
    facts: Facts, accesses: Iterable[Access], tables: Tables, ground: _Ground, apps: Mapping[str, str]
) -> dict[str, str]:
    boundary_of = ground.boundary_of
    product = [m for m in facts.modules if not m.is_test and not m.is_migration]
    scores: dict[str, dict[str, float]] = defaultdict(lambda: defaultdict(float))
    drawing = [access for access in accesses if access.table in boundary_of]
    users = Counter(table for table, _ in {(a.table, a.module) for a in drawing})
    for access in drawing:
        weight = WRITE if access.mode == "write" else READ
        scores[access.module][boundary_of[access.table]] += weight / sqrt(users[access.table])
    for table, defined_in in tables.module.items():
        if table in boundary_of and table not in tables.through:
            scores[defined_in][boundary_of[table]] += DEFINES

    def choose(module: Module, found: Mapping[str, float]) -> str:
        home = apps.get(module.app or "", "")
        return ground.choose(found, _Home(home, home), APP)

    placed = {m.name: choose(m, scores[m.name]) for m in product if m.name in scores}
    votes = _votes_of_neighbours(facts, product, placed)
    placed |= {m.name: choose(m, votes[m.name]) for m in product if m.name not in scores}
    return {name: boundary for name, boundary in placed.items() if boundary}


def _homes_of_apps(tables: Tables, boundary_of: Mapping[str, str]) -> dict[str, str]:
    """App -> the boundary that it makes up most of: where most of its tables are, if they are the most there, too."""
    counts = Counter((tables.app[table], boundary) for table, boundary in boundary_of.items())
    boundaries: dict[str, dict[str, float]] = defaultdict(dict)
    apps: dict[str, dict[str, float]] = defaultdict(dict)
    for (app, boundary), count in counts.items():
        boundaries[app][boundary] = apps[boundary][app] = count
    mains = {app: _best(found) for app, found in boundaries.items()}
    return {app: boundary for app, boundary in mains.items() if _best(apps[boundary]) == app}


def _votes_of_neighbours(
    facts: Facts, product: Iterable[Module], placed: Mapping[str, str]
) -> Mapping[str, Mapping[str, float]]:
    """For modules that touch no table (urls, forms, helpers): the boundaries of those that they import or that import
    them, each module one vote in each direction."""
    names = {module.name for module in product}
    votes: dict[str, dict[str, float]] = defaultdict(lambda: defaultdict(float))
    for source, target in sorted({(item.source, item.target) for item in facts.imports}):
        if source in names and target in names:
            for one, other in ((source, target), (target, source)):
                if one not in placed and placed.get(other):
                    votes[one][placed[other]] += 1
    return votes


def _module_of(dotted: str, modules: Collection[str]) -> str:
    while dotted and dotted not in modules:
        dotted = dotted.rpartition(".")[0]
    return dotted


def _best(scores: Mapping[str, float]) -> str:
    return min(scores, key=lambda name: (-scores[name], name), default="")
