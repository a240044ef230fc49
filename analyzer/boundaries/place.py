"""Where everything that is not a table belongs: modules, routes and tasks join the tables that they touch most."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from math import sqrt

from analyzer.coupling import Tables
from analyzer.model.facts import Access, Facts, Location, Module

WRITE, READ, DEFINES = 2.0, 1.0, 4.0
"""A write says twice as much as a read; defining a model says most."""
APP, HOME, ENOUGH = 0.3, 0.5, 0.4
"""A module leans to its app's boundary, a route to its view's module's, by this share of what it touches; ENOUGH is the
share of the sum that it takes to belong anywhere."""
MOVING = ("task", "command", "receiver")
"""The kinds of entry points that move with a boundary beside its routes."""


@dataclass(frozen=True, slots=True)
class Placement:
    """The boundary of each table, module, route (by position) and task (by name). What touches nothing is absent."""

    table: Mapping[str, str]
    module: Mapping[str, str]
    route: Mapping[int, str]
    task: Mapping[str, str]

    def home(self, access: Access) -> str:
        """The boundary whose code makes this access; empty for code that belongs nowhere."""
        return self.module.get(access.module, "")

    def direct(self, accesses: Iterable[Access]) -> list[Access]:
        """The accesses that code makes on its own account. Left out: the delete collector's (the foreign keys stand for
        them), and lines that touch three boundaries or more, which is inherited code (a base class's ``save``)."""
        counted = [a for a in accesses if a.kind != "cascade" and a.table in self.table]
        owners: dict[Location, set[str]] = defaultdict(set)
        for access in counted:
            if access.kind not in ("raw", "join"):
                owners[access.location].add(self.table[access.table])
        return [a for a in counted if a.kind in ("raw", "join") or len(owners[a.location]) < 3]


def place_code(facts: Facts, tables: Tables, boundary_of: Mapping[str, str]) -> Placement:
    """Put modules, routes and tasks where their tables are. A table used everywhere says little: its say is divided by
    the root of the number of its users. Code that touches libraries' tables only stays where it is."""
    everything, boundary_of = boundary_of, {t: b for t, b in boundary_of.items() if t not in tables.library}
    modules = _place_modules(facts, tables, boundary_of)
    routes: dict[int, str] = {}
    users = Counter(t for r in facts.routes for t in {*r.tables_read, *r.tables_written})
    for position, route in enumerate(facts.routes):
        if route.library:
            continue
        home = modules.get(_module_of(route.view, modules), "")
        found = _strongest(route.tables_read, route.tables_written, users, boundary_of, home)
        if found:
            routes[position] = found
    tasks: dict[str, str] = {}
    moving = [entry for entry in facts.entry_points if entry.kind in MOVING]
    users = Counter(t for e in moving for t in {*e.tables_read, *e.tables_written})
    for entry in moving:
        home = modules.get(_module_of(entry.name, modules), "")
        found = _strongest(entry.tables_read, entry.tables_written, users, boundary_of, home)
        if found:
            tasks[entry.name] = found
    return Placement(everything, modules, routes, tasks)


def _strongest(
    read: Iterable[str],
    written: Iterable[str],
    users: Mapping[str, int],
    boundary_of: Mapping[str, str],
    home: str,
) -> str:
    scores: dict[str, float] = defaultdict(float)
    for names, weight in ((read, READ), (written, WRITE)):
        for table in names:
            if table in boundary_of:
                scores[boundary_of[table]] += weight / sqrt(users[table])
    return _majority(scores, home, HOME) if scores else home


def _place_modules(facts: Facts, tables: Tables, boundary_of: Mapping[str, str]) -> dict[str, str]:
    product = [m for m in facts.modules if not m.is_test and not m.is_migration]
    scores: dict[str, dict[str, float]] = defaultdict(lambda: defaultdict(float))
    users = Counter(table for table, _ in {(a.table, a.module) for a in facts.accesses})
    for access in facts.accesses:
        if access.table in boundary_of and access.kind != "cascade":
            weight = WRITE if access.mode == "write" else READ
            scores[access.module][boundary_of[access.table]] += weight / sqrt(users[access.table])
    for table, defined_in in tables.module.items():
        if table in boundary_of and table not in tables.through:
            scores[defined_in][boundary_of[table]] += DEFINES
    app_home = _homes_of_apps(tables, boundary_of)
    placed = {}
    for module in product:
        best = _majority(scores.get(module.name, {}), app_home.get(module.app or "", ""), APP)
        if best:
            placed[module.name] = best
    by_app = _main_boundary_of_apps(product, placed)
    for module in product:
        if module.name not in scores and module.app in by_app:
            placed[module.name] = by_app[module.app]
    return placed


def _majority(scores: Mapping[str, float], home: str, lean: float) -> str:
    """The boundary with the highest score, after leaning towards ``home``. What serves many boundaries alike (a seed
    script, a dashboard) belongs to none."""
    total = sum(scores.values())
    if not total:
        return ""
    leaning = {**scores, home: scores.get(home, 0.0) + lean * total} if home else scores
    best = _best(leaning)
    return best if leaning[best] >= ENOUGH * sum(leaning.values()) else ""


def _homes_of_apps(tables: Tables, boundary_of: Mapping[str, str]) -> dict[str, str]:
    """App -> the boundary that it makes up most of: where most of its tables are, if they are the most there, too."""
    counts = Counter((tables.app[table], boundary) for table, boundary in boundary_of.items())
    boundaries: dict[str, dict[str, float]] = defaultdict(dict)
    apps: dict[str, dict[str, float]] = defaultdict(dict)
    for (app, boundary), count in counts.items():
        boundaries[app][boundary] = apps[boundary][app] = count
    mains = {app: _best(found) for app, found in boundaries.items()}
    return {app: boundary for app, boundary in mains.items() if _best(apps[boundary]) == app}


def _main_boundary_of_apps(modules: Iterable[Module], placed: Mapping[str, str]) -> dict[str | None, str]:
    """Modules that touch no table (urls, apps, forms) follow the rest of their app, by lines of code."""
    lines: dict[str | None, dict[str, float]] = defaultdict(lambda: defaultdict(float))
    for module in modules:
        if module.app and module.name in placed:
            lines[module.app][placed[module.name]] += module.lines
    return {app: _best(counts) for app, counts in lines.items()}


def _module_of(dotted: str, modules: Mapping[str, str]) -> str:
    while dotted and dotted not in modules:
        dotted = dotted.rpartition(".")[0]
    return dotted


def _best(scores: Mapping[str, float]) -> str:
    return min(scores, key=lambda name: (-scores[name], name), default="")
