"""Tabs Findings and How this was computed."""

from __future__ import annotations

from collections import Counter
from itertools import groupby

from analyzer.coupling import WEIGHTS
from analyzer.model.facts import Finding
from analyzer.model.plan import Analysis
from analyzer.report.html.markup import Safe, el
from analyzer.report.html.parts import places, section, table
from analyzer.report.summary import Summary
from analyzer.rules import RULES

SHOWN = 300
"""Rows of one kind that a page has room for; analysis.json holds all."""


def findings_tab(analysis: Analysis) -> Safe:
    """All findings by code, each with its lines."""
    groups = [(code, list(found)) for code, found in groupby(analysis.findings, key=lambda f: f.code)]
    return section(
        "findings",
        "Findings",
        [_group(code, found) for code, found in groups] or el("p", "Nothing was found."),
    )


def method_tab(analysis: Analysis, summary: Summary) -> Safe:
    """How the figures came about, and what was not understood."""
    c = summary.counts
    return section(
        "method",
        "How this was computed",
        el(
            "p",
            "The code was parsed, never imported or run. Each coupling between two tables carries a kind and the lines "
            "that show it; kinds are weighted by what a cut through them costs. Weights are damped by over how many "
            "other apps a table\u2019s ties spread and by how busy both tables are, then clustered 100 times at five "
            "resolutions. Tables that sit together in more than half of the runs form a boundary; "
            "\u201csure\u201d is the mean share of runs in which its tables sat together. Tables that most other apps "
            "refer to are reference data and tie nothing together.",
        ),
        el("h3", "Weights"),
        table(("kind", "weight"), [(kind, f"{weight:g}") for kind, weight in WEIGHTS.items()], "narrow", [1]),
        el("h3", "Formulas"),
        el("dl", [(el("dt", name), el("dd", text)) for name, text in _FORMULAS], class_="formulas"),
        el("h3", "What was not understood"),
        el(
            "p",
            f"{c['orm_sites_resolved']:,} of {c['orm_sites']:,} ORM sites were resolved "
            f"({c['orm_share_resolved']:.1%}); a site is an outermost call chain with a manager or queryset method "
            "on a receiver not proved foreign.",
        ),
        _unresolved(analysis),
    )


_FORMULAS = (
    ("cohesion", "weight inside / (weight inside + crossing weight / 2)"),
    (
        "purity",
        "1 - H / ln K, H the entropy of a table\u2019s accesses over boundaries, K the number of boundaries",
    ),
    ("leaks in, out", "sites outside that use its tables; sites inside that use another\u2019s"),
    ("distributed writes", "atomic spans that write its tables and another boundary\u2019s"),
    ("value", "0.5 routes / most routes + 0.3 lines / most lines + 0.2 cohesion"),
    ("risk", "cost of the bill / dearest bill"),
)


def _group(code: str, found: list[Finding]) -> Safe:
    rule = RULES[code]
    rows = [(f.message, places(f.locations)) for f in found[:SHOWN]]
    rest = len(found) - SHOWN
    return el(
        "article",
        el(
            "h3",
            el("code", code),
            " ",
            rule.title,
            " ",
            el("span", rule.severity, class_=f"badge {rule.severity}"),
        ),
        el("p", rule.why, " ", el("strong", rule.remedy)),
        table((f"{len(found)} found", "where"), rows, "bill"),
        el("p", f"and {rest} more in analysis.json", class_="dim") if rest > 0 else None,
        id=f"r-{code}",
    )


def _unresolved(analysis: Analysis) -> Safe | None:
    unresolved = analysis.facts.unresolved
    if not unresolved:
        return None
    reasons = Counter(item.reason for item in unresolved)
    counted = sorted(reasons.items(), key=lambda pair: (-pair[1], pair[0]))
    rows = [
        (el("code", item.expression[:120]), item.reason, el("code", str(item.location)))
        for item in unresolved[:SHOWN]
    ]
    return el(
        "div",
        table(("reason", "sites"), counted[:40], "narrow", [1]),
        el(
            "details",
            el("summary", f"the first {len(rows)} of {len(unresolved):,} places"),
            table(("expression", "reason", "where"), rows),
        ),
    )
