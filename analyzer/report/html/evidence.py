"""What a boundary's figures are made of: who uses its tables, what it uses of others, and what ties it together."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from analyzer.boundaries.place import direct_accesses
from analyzer.coupling import Tables, support_modules
from analyzer.model.facts import Access, Location
from analyzer.model.plan import Analysis, Boundary
from analyzer.model.words import count
from analyzer.report.html.markup import Child, Safe, el, later
from analyzer.report.html.parts import anchor, files, table

NOBODY = "no boundary"
"""Who uses a table where the code belongs to none."""
Uses = dict[tuple[str, str, str], list[Location]]
"""(whose code or whose table, the table, read or write) -> where, once for each access."""


@dataclass(slots=True)
class Evidence:
    """For each boundary: uses of its tables, its uses of others' tables, and its coupling by kind, inside and across.

    The counts are those of ``analyzer.boundaries.metrics``, which says what is counted.
    """

    used: Mapping[str, Uses] = field(default_factory=lambda: defaultdict(lambda: defaultdict(list)))
    using: Mapping[str, Uses] = field(default_factory=lambda: defaultdict(lambda: defaultdict(list)))
    weights: Mapping[str, dict[str, list[float]]] = field(
        default_factory=lambda: defaultdict(lambda: defaultdict(lambda: [0.0, 0.0]))
    )


def gather(analysis: Analysis, tables: Tables) -> Evidence:
    """The evidence of every boundary."""
    evidence = Evidence()
    boundary_of = {t: b.name for b in analysis.boundaries for t in b.tables}
    home = {module: b.name for b in analysis.boundaries for module in b.modules}
    for access in direct_accesses(analysis.facts, boundary_of, support_modules(analysis.facts)):
        _add(evidence, access, boundary_of[access.table], home.get(access.module, ""))
    for edge in analysis.edges:
        one, other = (boundary_of.get(tables.by_label.get(n, n)) for n in (edge.source, edge.target))
        if edge.level != "module" and one is not None and other is not None:
            for name in {one, other}:
                evidence.weights[name][edge.kind][one != other] += edge.weight
    return evidence


def _add(evidence: Evidence, access: Access, owner: str, user: str) -> None:
    evidence.used[owner][user, access.table, access.mode].append(access.location)
    if user and user != owner:
        evidence.using[user][owner, access.table, access.mode].append(access.location)


def distinct(uses: Uses, without: str = "") -> int:
    """Places of uses, each counted once; those by one boundary left out."""
    return len(
        {place for (who, _, _), places in uses.items() if not without or who != without for place in places}
    )


def details(evidence: Evidence, b: Boundary) -> list[Safe]:
    """The disclosures below a boundary's figures."""
    used, using = evidence.used.get(b.name, {}), evidence.using.get(b.name, {})
    inwards, outwards = distinct(used, b.name), distinct(using)
    purity = f"purity {b.metrics.purity:.2f}"
    return [
        _disclosure(
            "u",
            b,
            f"Who uses its tables: {count(inwards, 'place')} outside; {purity}",
            table(("table", "used by", "how", "accesses", "where"), _rows(used, b.name), "bill", [3]),
        ),
        _disclosure(
            "o",
            b,
            f"What it uses of others: {count(outwards, 'place')}",
            table(("table", "of", "how", "accesses", "where"), _rows(using, ""), "bill", [3]),
        ),
        _cohesion(evidence, b),
    ]


def _rows(uses: Uses, own: str) -> Iterable[Sequence[Child]]:
    """Others first, then the boundary's own code."""
    for (who, name, mode), places in sorted(uses.items(), key=lambda item: (item[0][0] == own, item[0])):
        yield el("code", name), who or NOBODY, mode, len(places), files(places)


def _cohesion(evidence: Evidence, b: Boundary) -> Safe:
    kinds = evidence.weights.get(b.name, {})
    inside, across = (sum(both[i] for both in kinds.values()) for i in (0, 1))
    rows = [(kind, f"{both[0]:,.1f}", f"{both[1]:,.1f}") for kind, both in sorted(kinds.items())]
    formula = f"{inside:,.1f} / ({inside:,.1f} + {across:,.1f} / 2) = {b.metrics.cohesion:.2f}"
    note = ("The lines of each pair of tables are in the ", el("a", "matrix", href="#matrix"), ".")
    return _disclosure(
        "c",
        b,
        f"Cohesion {b.metrics.cohesion:.2f}: what ties it together, and to others",
        el("p", formula, " ", note),
        table(("kind of coupling", "weight inside", "weight across"), rows, "narrow", [1, 2]),
    )


def _disclosure(kind: str, b: Boundary, title: str, *children: Child) -> Safe:
    return el("details", el("summary", title), later(children), id=anchor(kind, b.name))
