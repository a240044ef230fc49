"""Tab Boundaries: one article for each, with its members, what its figures are made of, and its bill."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby

from analyzer.boundaries.bill import cost
from analyzer.coupling import Tables
from analyzer.model.plan import Analysis, BillItem, Boundary
from analyzer.model.words import count
from analyzer.report.html import evidence
from analyzer.report.html.markup import Child, Safe, el, join, later
from analyzer.report.html.overview import bill_rows, commands
from analyzer.report.html.parts import anchor, badge, link, section, table, to
from analyzer.report.summary import BILL_TITLES, Summary, changed


def boundaries_tab(analysis: Analysis, summary: Summary, tables: Tables, path: str) -> Safe:
    """All boundaries, in the order of extraction."""
    found = evidence.gather(analysis, tables)
    return section(
        "boundaries",
        "Boundaries",
        el("p", [join((link(b.name), " ")) for b in summary.boundaries], class_="jump"),
        [_article(analysis, b, tables, found, path) for b in summary.boundaries],
    )


def _article(analysis: Analysis, b: Boundary, tables: Tables, found: evidence.Evidence, path: str) -> Safe:
    return el(
        "article",
        el("h3", b.name, " ", badge(b)),
        el("ul", [el("li", reason) for reason in b.reasons], class_="plain"),
        el("p", "Better after: ", [join((link(name), " ")) for name in b.after]) if b.after else None,
        _metrics(b),
        el("p", f"History: {changed(b)}.") if b.changes else None,
        _members(analysis, b, tables),
        evidence.details(found, b),
        _bill(b),
        commands(b, path),
        id=anchor("b", b.name),
        class_="item boundary",
    )


def _metrics(b: Boundary) -> Safe:
    """The figures, each with a link to what it is made of."""
    m = b.metrics
    spans = any(item.kind == "transaction" for item in b.bill)
    figures: tuple[tuple[str, Child], ...] = (
        ("cohesion", to(f"{m.cohesion:.2f}", "c", b.name)),
        ("purity", to(f"{m.purity:.2f}", "u", b.name)),
        ("sure", to(f"{b.confidence:.0%}", "m", b.name)),
        ("places reaching in", to(f"{m.leaks_in:,}", "u", b.name)),
        ("places reaching out", to(f"{m.leaks_out:,}", "o", b.name)),
        ("distributed writes", to(m.distributed_writes, "k-transaction", b.name) if spans else "0"),
    )
    return el(
        "dl", [el("div", el("dt", name), el("dd", value)) for name, value in figures], class_="figures small"
    )


def _members(analysis: Analysis, b: Boundary, tables: Tables) -> Safe:
    facts = analysis.facts
    hubs, defined = set(b.hubs), {m.label: m.location for m in facts.models}
    models = [
        (
            el("code", label),
            (f"{share:.0%}", ", hub" if label in hubs else ""),
            el("code", str(defined[label])) if label in defined and defined[label].file else "a library's",
        )
        for label, share in b.model_confidence
    ]
    owned = [(el("code", name), el("code", tables.label.get(name, ""))) for name in b.tables]
    routes = [
        (el("code", r.route or "(GraphQL)"), el("code", r.view), el("code", str(r.location)))
        for r in (facts.routes[position] for position in b.routes)
    ]
    entries = {e.name: e.location for e in facts.entry_points}
    tasks = [(el("code", name), el("code", str(entries.get(name, "")))) for name in b.tasks]
    known = {m.name: m for m in facts.modules}
    modules = [
        (el("code", name), el("code", known[name].file), f"{known[name].lines:,}")
        for name in b.modules
        if name in known
    ]
    return el(
        "div",
        _list("m", b, "model", models, ("model", "sure", "where")),
        _list("t", b, "table", owned, ("table", "model")),
        _list("p", b, "URL pattern", routes, ("route", "view", "where")),
        _list("j", b, "task", tasks, ("task, command or receiver", "where")),
        _list("f", b, "module", modules, ("module", "file", "lines")),
    )


def _list(kind: str, b: Boundary, noun: str, rows: Sequence[Sequence[Child]], heads: tuple[str, ...]) -> Safe:
    """A disclosure of members; there is one of each kind, so that every link to it leads somewhere."""
    return el(
        "details",
        el("summary", count(len(rows), noun)),
        later(table(heads, rows, "narrow")) if rows else None,
        id=anchor(kind, b.name),
    )


def _bill(b: Boundary) -> Safe:
    """The items by kind; what each kind costs makes up the whole."""
    parts = [(kind, list(items)) for kind, items in groupby(b.bill, key=lambda item: item.kind)]
    shown = [_bill_part(b, items) for kind, items in parts if kind != "route"]
    title = el("h4", f"The bill: {cost(b.bill):,.2f}", id=anchor("k", b.name))
    return el("div", title, shown)


def _bill_part(b: Boundary, items: list[BillItem]) -> Child:
    kind = items[0].kind
    return el(
        "details",
        el(
            "summary",
            f"{BILL_TITLES[kind]}: {len(items):,}",
            el("span", f" cost {cost(items):,.2f}", class_="dim"),
        ),
        el("p", items[0].remedy, class_="dim"),
        later(table(("code", "what", "where"), bill_rows(items, remedies=False), "bill")),
        class_=f"kind-{kind}",
        id=anchor(f"k-{kind}", b.name),
    )
