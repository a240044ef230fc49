"""Tabs Summary and Extraction order: the answer, its figures, and what comes after it."""

from __future__ import annotations

from collections.abc import Iterable

from analyzer.model.plan import Analysis, BillItem, Boundary
from analyzer.report.html.markup import Child, Safe, el
from analyzer.report.html.parts import badge, link, places, section, table
from analyzer.report.summary import Summary, caveats, headline, is_blocker, next_commands, seen
from analyzer.rules import code_of

SHOWN = 8


def summary_tab(analysis: Analysis, summary: Summary, path: str) -> Safe:
    """The answer first, then the boundaries, then what stands in the way of the next one."""
    return section(
        "summary",
        "Summary",
        el("p", headline(summary, analysis), class_="answer"),
        [el("p", caveat) for caveat in caveats(summary, analysis)],
        el("p", "; ".join(summary.step.reasons), class_="dim") if summary.step else None,
        _figures(summary),
        el("p", f"Observed: {seen(analysis.facts.observed)}.") if analysis.facts.observed else None,
        table(
            ("boundary", "verdict", "tables", "routes", "cohesion", "leaks in", "leaks out", "sure"),
            (_row(b) for b in summary.boundaries),
            numbers=range(2, 8),
        ),
        _cuts(summary),
        _next(summary.next, path) if summary.next else None,
    )


def order_tab(analysis: Analysis) -> Safe:
    """Value and risk of each step, side by side with what they are made of."""
    by_name = {b.name: b for b in analysis.boundaries}
    rows = [
        (
            i,
            link(step.boundary),
            badge(by_name[step.boundary]),
            _bar(step.value, "value"),
            _bar(step.risk, "risk"),
            el("ul", [el("li", reason) for reason in step.reasons], class_="plain"),
            ", ".join(by_name[step.boundary].after),
        )
        for i, step in enumerate(analysis.order, 1)
    ]
    intro = (
        "Highest value and lowest risk first; what has nothing to route, or is blocked, waits. Value is what leaves "
        "the monolith (URL patterns, lines, cohesion), risk is the boundary's bill against the dearest bill."
    )
    return section(
        "order",
        "Extraction order",
        el("p", intro, class_="dim"),
        table(("step", "boundary", "verdict", "value", "risk", "parts", "better after"), rows)
        if rows
        else el("p", "Nothing should be extracted yet."),
    )


def bill_rows(items: Iterable[BillItem]) -> list[tuple[Child, ...]]:
    """Rows (code, what and remedy, where) for a table of a bill's items."""
    return [
        (
            el("code", code_of(item) or item.kind, class_="code"),
            (el("div", item.summary), el("div", item.remedy, class_="dim")),
            places(item.locations),
        )
        for item in items
    ]


def commands(boundary: Boundary, path: str) -> Safe | None:
    """What to type next."""
    lines = next_commands(boundary, path)
    return el("ol", [el("li", el("code", line)) for line in lines], class_="commands") if lines else None


def _figures(summary: Summary) -> Safe:
    c = summary.counts
    figures = (
        (f"{c['modules']:,}", "modules"),
        (f"{c['lines']:,}", "lines"),
        (f"{c['models']:,}", "models"),
        (f"{c['tables']:,}", "tables"),
        (f"{c['routes']:,}", "URL patterns"),
        (f"{c['orm_share_resolved']:.1%}", f"of {c['orm_sites']:,} ORM sites resolved"),
    )
    return el("dl", [el("div", el("dt", name), el("dd", value)) for value, name in figures], class_="figures")


def _row(b: Boundary) -> tuple[Child, ...]:
    m = b.metrics
    return (
        link(b.name),
        badge(b),
        m.tables,
        len(b.routes),
        f"{m.cohesion:.2f}",
        m.leaks_in,
        m.leaks_out,
        f"{b.confidence:.0%}",
    )


def _cuts(summary: Summary) -> Safe | None:
    if not summary.cuts:
        return None
    items = [
        el("li", f"{count:,} {words} ", el("a", code, href=f"#r-{code}"))
        for code, count, words in summary.cuts
    ]
    return el("div", el("h3", "What this plan cuts through"), el("ul", items, class_="cuts"))


def _next(boundary: Boundary, path: str) -> Safe:
    blocking = [item for item in boundary.bill if is_blocker(item)]
    shown = blocking or [item for item in boundary.bill if item.kind != "route"]
    title = (
        f"Blockers of {boundary.name}" if blocking else f"Nothing blocks {boundary.name}; what its cut costs"
    )
    rest = len(shown) - SHOWN
    return el(
        "div",
        el("h3", title),
        table(("code", "what, and what to do", "where"), bill_rows(shown[:SHOWN]), "bill"),
        el("p", f"and {rest} more: ", link(boundary.name)) if rest > 0 else None,
        el("h3", "Next") if boundary.routes else None,
        commands(boundary, path),
    )


def _bar(share: float, kind: str) -> Safe:
    width = round(100 * min(1.0, share))
    bar = el(
        "svg",
        el("rect", width=100, height=8, class_="track"),
        el("rect", width=width, height=8, class_=kind),
        width=100,
        height=8,
        aria_hidden="true",
    )
    return el("span", bar, f" {share:.2f}", class_="bar")
