"""Tabs Findings and How this was computed."""

from __future__ import annotations

from itertools import groupby

from analyzer.coupling import WEIGHTS
from analyzer.model.facts import Finding
from analyzer.model.plan import Analysis
from analyzer.report.html.markup import Safe, el
from analyzer.report.html.parts import more, places, section, table
from analyzer.rules import RULES

SHOWN = 300
"""Findings of one code that stand there at once; the rest can be opened."""


def findings_tab(analysis: Analysis) -> Safe:
    """All findings by code, each with its lines."""
    groups = [(code, list(found)) for code, found in groupby(analysis.findings, key=lambda f: f.code)]
    return section(
        "findings",
        "Findings",
        [_group(code, found) for code, found in groups] or el("p", "Nothing was found."),
    )


def method_tab() -> Safe:
    """How the figures came about."""
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
        el("p", "What was not understood is in the ", el("a", "inventory", href="#i-open"), "."),
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
    rows = [(f.message, places(f.locations)) for f in found]
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
        more(rows, (f"{len(found):,} found", "where"), SHOWN, "bill"),
        id=f"r-{code}",
    )
