"""Tab Boundaries: one article for each, with its members and its bill."""

from __future__ import annotations

from itertools import groupby

from analyzer.model.plan import Analysis, BillItem, Boundary
from analyzer.model.words import count
from analyzer.report.html.markup import Child, Safe, el, join
from analyzer.report.html.overview import bill_rows, commands
from analyzer.report.html.parts import anchor, badge, link, section, table
from analyzer.report.summary import BILL_TITLES, Summary, changed

ROUTES_SHOWN = 200


def boundaries_tab(analysis: Analysis, summary: Summary, path: str) -> Safe:
    """All boundaries, in the order of extraction."""
    return section(
        "boundaries",
        "Boundaries",
        el("p", [join((link(b.name), " ")) for b in summary.boundaries], class_="jump"),
        [_article(analysis, b, path) for b in summary.boundaries],
    )


def _article(analysis: Analysis, b: Boundary, path: str) -> Safe:
    return el(
        "article",
        el("h3", b.name, " ", badge(b)),
        el("ul", [el("li", reason) for reason in b.reasons], class_="plain"),
        el("p", "Better after: ", [join((link(name), " ")) for name in b.after]) if b.after else None,
        _metrics(b),
        el("p", f"History: {changed(b)}.") if b.changes else None,
        _members(analysis, b),
        [_bill_part(list(items)) for _, items in groupby(b.bill, key=lambda item: item.kind)],
        commands(b, path),
        id=anchor("b", b.name),
        class_="item boundary",
    )


def _metrics(b: Boundary) -> Safe:
    m = b.metrics
    figures = (
        ("cohesion", f"{m.cohesion:.2f}"),
        ("purity", f"{m.purity:.2f}"),
        ("sure", f"{b.confidence:.0%}"),
        ("sites reaching in", m.leaks_in),
        ("sites reaching out", m.leaks_out),
        ("distributed writes", m.distributed_writes),
    )
    return el(
        "dl", [el("div", el("dt", name), el("dd", value)) for name, value in figures], class_="figures small"
    )


def _members(analysis: Analysis, b: Boundary) -> Safe:
    hubs = set(b.hubs)
    models = [
        el(
            "li",
            el("code", label),
            el("span", f" {share:.0%}", " hub" if label in hubs else None, class_="dim"),
        )
        for label, share in b.model_confidence
    ]
    routes = [analysis.facts.routes[position] for position in b.routes]
    rows = [
        (el("code", r.route or "(GraphQL)"), el("code", r.view), el("code", str(r.location))) for r in routes
    ]
    rest = len(rows) - ROUTES_SHOWN
    return el(
        "div",
        _list(count(len(models), "model"), models, is_open=True),
        el(
            "details",
            el("summary", count(len(rows), "URL pattern")),
            table(("route", "view", "where"), rows[:ROUTES_SHOWN]),
            el("p", f"and {rest} more") if rest > 0 else None,
        )
        if rows
        else None,
        _list(count(len(b.tasks), "task"), [el("li", el("code", name)) for name in b.tasks]),
        _list(count(len(b.modules), "module"), [el("li", el("code", name)) for name in b.modules]),
    )


def _list(title: str, items: list[Safe], *, is_open: bool = False) -> Safe | None:
    if not items:
        return None
    return el("details", el("summary", title), el("ul", items, class_="columns"), open=is_open)


def _bill_part(items: list[BillItem]) -> Child:
    kind = items[0].kind
    if kind == "route":
        return None
    return el(
        "details",
        el("summary", f"{BILL_TITLES[kind]}: {len(items)}"),
        table(("code", "what, and what to do", "where"), bill_rows(items), "bill"),
        class_=f"kind-{kind}",
    )
