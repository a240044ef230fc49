"""Tabs Summary and Extraction order: the answer, its figures, and what comes after it."""

from __future__ import annotations

from collections.abc import Iterable

from analyzer.model.plan import Analysis, BillItem, Boundary, Step
from analyzer.model.words import count
from analyzer.report.html.markup import Child, Safe, el
from analyzer.report.html.parts import badge, link, places, section, table, to
from analyzer.report.summary import Summary, caveats, headline, is_blocker, next_commands, seen
from analyzer.rules import code_of

SHOWN = 8


def summary_tab(analysis: Analysis, summary: Summary, path: str) -> Safe:
    """The answer first, then the boundaries, then what stands in the way of the next one."""
    return section(
        "summary",
        "Summary",
        el("p", _answer(summary, analysis), class_="answer"),
        [el("p", caveat) for caveat in caveats(summary, analysis)],
        el("p", _reasons(summary.step, "; "), class_="dim") if summary.step else None,
        _figures(summary),
        el("p", f"Observed: {seen(analysis.facts.observed)}.") if analysis.facts.observed else None,
        table(
            ("boundary", "verdict", "tables", "routes", "cohesion", "places in", "places out", "sure"),
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
            to(_bar(step.risk, "risk"), "k", step.boundary),
            el("div", _reasons(step, el("br"))),
            [(link(name), " ") for name in by_name[step.boundary].after],
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


def _reasons(step: Step, between: Child) -> list[Child]:
    """Value and risk in words, each with a link to what it counts."""
    kinds = ("p", "k")
    parts: list[Child] = []
    for kind, reason in zip(kinds, step.reasons, strict=False):
        parts += [between, to(reason, kind, step.boundary)] if parts else [to(reason, kind, step.boundary)]
    return parts


def bill_rows(items: Iterable[BillItem], *, remedies: bool) -> list[tuple[Child, ...]]:
    """Rows (code, what, where) for a table of a bill's items, each with its remedy where they differ."""
    return [
        (
            el("code", code_of(item) or item.kind, class_="code"),
            (el("div", item.summary), el("div", item.remedy, class_="dim")) if remedies else item.summary,
            places(item.locations),
        )
        for item in items
    ]


def commands(boundary: Boundary, path: str) -> Safe | None:
    """What to type next."""
    lines = next_commands(boundary, path)
    return el("ol", [el("li", el("code", line)) for line in lines], class_="commands") if lines else None


def _answer(summary: Summary, analysis: Analysis) -> Child:
    answer = headline(summary, analysis)
    return to(answer, "b", summary.next.name) if summary.next else answer


def _figures(summary: Summary) -> Safe:
    """The size of the project; each figure leads to the list that it counts."""
    c = summary.counts
    figures = (
        (int(c["modules"]), "module", "i-modules"),
        (int(c["lines"]), "line", "i-modules"),
        (int(c["models"]), "model", "i-models"),
        (int(c["tables"]), "table", "i-models"),
        (int(c["routes"]), "URL pattern", "i-routes"),
    )
    counted = [(f"{n:,}", count(n, noun).partition(" ")[2], place) for n, noun, place in figures]
    share = (
        f"{c['orm_share_resolved']:.1%}",
        f"of {count(int(c['orm_sites']), 'ORM site')} resolved",
        "i-open",
    )
    return el(
        "dl",
        [
            el("div", el("dt", name), el("dd", el("a", value, href=f"#{place}")))
            for value, name, place in (*counted, share)
        ],
        class_="figures",
    )


def _row(b: Boundary) -> tuple[Child, ...]:
    m = b.metrics
    return (
        link(b.name),
        badge(b),
        to(m.tables, "t", b.name),
        to(len(b.routes), "p", b.name),
        to(f"{m.cohesion:.2f}", "c", b.name),
        to(f"{m.leaks_in:,}", "u", b.name),
        to(f"{m.leaks_out:,}", "o", b.name),
        to(f"{b.confidence:.0%}", "m", b.name),
    )


def _cuts(summary: Summary) -> Safe | None:
    if not summary.cuts:
        return None
    items = [
        el("li", el("a", f"{number:,} {words}", href=f"#r-{code}"), " ", el("code", code, class_="code"))
        for code, number, words in summary.cuts
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
        table(("code", "what, and what to do", "where"), bill_rows(shown[:SHOWN], remedies=True), "bill"),
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
