"""Tab Inventory: everything that the figures of the summary count, each with its place."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from analyzer.model.facts import Location
from analyzer.model.plan import Analysis
from analyzer.model.words import count
from analyzer.report.html.markup import Child, Safe, el, later
from analyzer.report.html.parts import files, link, section, table
from analyzer.report.summary import Summary


def inventory_tab(analysis: Analysis, summary: Summary) -> Safe:
    """Modules, models with their tables, URL patterns, and the ORM sites that stayed open."""
    facts, counts = analysis.facts, summary.counts
    of_module = {m: b.name for b in analysis.boundaries for m in b.modules}
    of_table = {t: b.name for b in analysis.boundaries for t in b.tables}
    of_route = {position: b.name for b in analysis.boundaries for position in b.routes}
    modules: list[Sequence[Child]] = [
        (
            el("code", m.name),
            m.app or "",
            _boundary(of_module.get(m.name)),
            f"{m.lines:,}",
            el("code", m.file),
        )
        for m in facts.modules
    ]
    models: list[Sequence[Child]] = [
        (
            el("code", m.label),
            el("code", m.table),
            _boundary(of_table.get(m.table)),
            el("code", str(m.location)),
        )
        for m in facts.models
        if not m.library and not m.abstract
    ]
    routes: list[Sequence[Child]] = [
        (
            el("code", r.route if r.route is not None else "(GraphQL)"),
            el("code", r.view),
            _boundary(of_route.get(i)),
            el("code", str(r.location)),
        )
        for i, r in enumerate(facts.routes)
    ]
    lines = f"{count(len(modules), 'module')}, {count(int(counts['lines']), 'line')}"
    tables = f"{count(len(models), 'model')}, {count(int(counts['tables']), 'table')}"
    return section(
        "inventory",
        "Inventory",
        _part("i-modules", lines, modules, ("module", "app", "boundary", "lines", "file")),
        _part("i-models", tables, models, ("model", "table", "boundary", "where")),
        _part("i-routes", count(len(routes), "URL pattern"), routes, ("route", "view", "boundary", "where")),
        _open(analysis, summary),
    )


def _part(name: str, title: str, rows: Sequence[Sequence[Child]], heads: Sequence[Child]) -> Safe:
    return el("details", el("summary", title), later(table(heads, rows)), id=name)


def _boundary(name: str | None) -> Child:
    return link(name) if name else ""


def _open(analysis: Analysis, summary: Summary) -> Safe:
    """Which ORM sites were not resolved, by reason; the others are the accesses of analysis.json."""
    places: dict[str, list[Location]] = defaultdict(list)
    for item in analysis.facts.unresolved:
        places[item.reason].append(item.location)
    c = summary.counts
    sites = count(int(c["orm_sites"]), "ORM site")
    told = f"{c['orm_sites_resolved']:,} of {sites} resolved ({c['orm_share_resolved']:.1%})"
    rows = [
        (reason, len(found), files(found))
        for reason, found in sorted(places.items(), key=lambda item: (-len(item[1]), item[0]))
    ]
    explained = (
        "A site is an outermost call chain with a manager or queryset method on a receiver not proved foreign. "
        "What the resolved ones touch is in the matrix and in the tab Tables, with its lines."
    )
    return el(
        "details",
        el("summary", told),
        el("p", explained, class_="dim"),
        table(("why it stayed open", "sites", "where"), rows, "bill", [1]) if rows else None,
        id="i-open",
        open=True,
    )
