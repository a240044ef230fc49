"""Tab What if: the partition in the reader's hands. The page computes what follows from it as the analyzer does."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from typing import Any

from analyzer.boundaries import MOVING, SURE, must_link
from analyzer.coupling import Tables, support_modules
from analyzer.model.facts import Access, Location
from analyzer.model.pins import FRAMEWORK
from analyzer.model.plan import Analysis
from analyzer.report.html.markup import Safe, el, embedded
from analyzer.report.html.parts import section
from analyzer.report.summary import Summary

CUTS = {"fk": "fk", "m2m": "fk", "gfk": "fk", "cascade": "cascade", "join": "join", "signal": "signal"}
"""Kinds of couplings that are on the bill by themselves -> the bill's word."""
WRITES, EXEMPT, JOINS = 1, 2, 4


def whatif_tab(analysis: Analysis, summary: Summary, tables: Tables) -> Safe:
    """Boundaries with their figures, models with the boundary of each; the script fills both."""
    intro = (
        "Move a model to another boundary, split, merge or rename boundaries: the figures follow at once. What you "
        "decide is sure: a boundary is not kept back for being uncertain any more. Save the result as strangler.toml, "
        "and analyze and check hold it."
    )
    return section(
        "whatif",
        "What if",
        el("p", intro, class_="dim"),
        el("noscript", el("p", "This tab needs JavaScript; --pin FILE does the same on the command line.")),
        el("div", id="whatif-plan", class_="scroll", aria_live="polite"),
        el("div", id="whatif-tools", class_="tools"),
        el("div", id="whatif-models", class_="scroll"),
        el("script", embedded(model(analysis, summary, tables)), id="plan", type="application/json"),
    )


def model(analysis: Analysis, summary: Summary, tables: Tables) -> dict[str, Any]:
    """All that the figures depend on but the partition itself; see ``plan.js`` for what is done with it."""
    facts = analysis.facts
    names = tables.names()
    number = {table: i for i, table in enumerate(names)}
    module_of = {module.name: i for i, module in enumerate(facts.modules)}
    places: dict[Location, int] = {}
    support = support_modules(facts)

    def place(location: Location) -> int:
        return places.setdefault(location, len(places))

    def listed(found: Iterable[str]) -> list[int]:
        return [number[table] for table in found if table in number]

    def home(dotted: str) -> int:
        while dotted and dotted not in module_of:
            dotted = dotted.rpartition(".")[0]
        return module_of.get(dotted, -1)

    def module(name: str) -> int:
        return module_of.setdefault(name, len(module_of))

    def user(read: Iterable[str], written: Iterable[str], dotted: str) -> dict[str, Any]:
        return {"read": listed(read), "written": listed(written), "module": home(dotted)}

    load = {each.position: each for each in facts.observed.traffic} if facts.observed else {}
    routes = []
    for i, route in enumerate(facts.routes):
        if not route.library:
            seen = load.get(i)
            told = {"load": [seen.requests, seen.seconds, seen.errors]} if seen else {}
            routes.append(user(route.tables_read, route.tables_written, route.view) | told)
    moving = {e.name: e for e in facts.entry_points if e.kind in MOVING}
    task_of = {name: i for i, name in enumerate(moving)}
    accesses = [
        [number[a.table], module(a.module), place(a.location), _flags(a)]
        for a in facts.accesses
        if a.kind not in ("cascade", "migration") and a.table in number and a.module not in support
    ]
    weights: dict[tuple[int, int], float] = defaultdict(float)
    cuts, imports = [], []
    for edge in analysis.edges:
        one, other = (number.get(tables.by_label.get(n, n)) for n in (edge.source, edge.target))
        if edge.kind == "import":
            imports.append([module(edge.source), module(edge.target), sorted({place(s) for s in edge.sites})])
        elif edge.level != "module" and one is not None and other is not None and one != other:
            weights[min(one, other), max(one, other)] += edge.weight
            if edge.kind in CUTS:
                cuts.append([CUTS[edge.kind], one, other, len(set(edge.sites))])
    blocks: dict[tuple[Location, str], int] = {}
    spans = [
        {
            "module": module(span.module),
            "block": blocks.setdefault((span.location, span.function), len(blocks)),
            "tables": len(span.tables_written),
            "written": listed(t for t in span.tables_written if t not in tables.library),
        }
        for span in facts.transactions
        if span.module not in support
    ]
    jobs = [
        {
            "task": task_of[e.name],
            "tables": listed(sorted({*e.tables_read, *e.tables_written} - tables.library)),
        }
        for e in facts.entry_points
        if e.kind in ("task", "command")
    ]
    changes = [
        [module_of[m] for m in c.modules if m in module_of]
        for c in (facts.history.changes if facts.history else ())
    ]
    known = [
        {"app": m.app or "", "lines": m.lines, **({} if m.is_test or m.is_migration else {"product": 1})}
        for m in facts.modules
    ]
    place_of = {table: i for i, b in enumerate(summary.boundaries) for table in b.tables}
    return {
        "boundaries": [
            {
                "name": b.name,
                "shared": b.verdict == "shared reference data",
                "library": b.name == FRAMEWORK,
                "sure": b.confidence >= SURE,
            }
            for b in summary.boundaries
        ],
        "of": [place_of[table] for table in names],
        "tables": [
            {
                "name": table,
                "label": tables.label[table],
                "app": tables.app[table],
                **({"library": 1} if table in tables.library else {}),
                **({"through": 1} if table in tables.through else {}),
            }
            for table in names
        ],
        "tied": [
            [number[a], number[b]]
            for a, b in must_link(tables, analysis.edges)
            if a in number and b in number
        ],
        "modules": known + [{"app": "", "lines": 0}] * (len(module_of) - len(known)),
        "defined": [
            [number[table], module(name)]
            for table, name in tables.module.items()
            if table in number and table not in tables.through
        ],
        "accesses": accesses,
        "weights": [[one, other, weight] for (one, other), weight in weights.items()],
        "cuts": cuts,
        "imports": imports,
        "spans": spans,
        "routes": routes,
        "tasks": [user(e.tables_read, e.tables_written, e.name) for e in moving.values()],
        "jobs": jobs,
        "observed": bool(facts.observed),
        "changes": changes,
    }


def _flags(access: Access) -> int:
    """EXEMPT: counts however many boundaries its line touches."""
    return (
        WRITES * (access.mode == "write")
        | EXEMPT * (access.kind in ("raw", "join"))
        | JOINS * (access.kind == "join")
    )
