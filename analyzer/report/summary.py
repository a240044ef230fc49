"""The answer in figures: what every kind of report says first, computed once."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from analyzer.model.facts import Finding, Location, Observed
from analyzer.model.plan import Analysis, BillItem, BillKind, Boundary, Step
from analyzer.model.schema import coverage
from analyzer.model.words import count
from analyzer.rules import RULES, blockers, code_of

CUTS = (
    ("STR002", "transaction over several boundaries", "transactions over several boundaries"),
    ("STR006", "table written from outside", "tables written from outside"),
    ("STR003", "signal that writes across", "signals that write across"),
    ("STR001", "cascade", "cascades"),
    ("STR007", "join", "joins"),
    ("STR004", "raw SQL statement", "raw SQL statements"),
)
"""Findings that are couplings a plan cuts through: code, one of it, many of it. Dearest first."""


BILL_TITLES: Mapping[BillKind, str] = {
    "transaction": "Transactions that would span services",
    "shared_write": "Writes across the boundary",
    "signal": "Signals that write across",
    "cascade": "Cascades to replace",
    "join": "Joins to replace by composition",
    "fk": "Foreign keys to cut",
    "task": "Tasks that cross",
    "template": "Templates that mix",
    "read": "Reads across the boundary",
    "import": "Imports across the boundary",
    "route": "URL patterns that move",
}


@dataclass(frozen=True, slots=True)
class Summary:
    """``next`` is the boundary to extract first, None when nothing should be; ``boundaries`` stand in the order of
    extraction, then what is kept, then reference data."""

    counts: dict[str, int | float]
    cuts: tuple[tuple[str, int, str], ...]
    """(code, count, words) of each kind of cut coupling, without the zeros."""
    boundaries: tuple[Boundary, ...]
    next: Boundary | None
    step: Step | None


OTHERS = 4
"""Boundaries named that change together with one."""


def summarise(analysis: Analysis) -> Summary:
    """The figures of an analysis."""
    position = {step.boundary: i for i, step in enumerate(analysis.order)}
    kinds = ("extract now", "extract after", "keep in the monolith", "shared reference data")
    ordered = sorted(
        analysis.boundaries,
        key=lambda b: (position.get(b.name, len(position)), kinds.index(b.verdict), b.name),
    )
    first = analysis.order[0] if analysis.order else None
    return Summary(
        counts=coverage(analysis.facts),
        cuts=tuple(_cuts(analysis.findings)),
        boundaries=tuple(ordered),
        next=next((b for b in ordered if first and b.name == first.boundary), None),
        step=first,
    )


def _cuts(findings: Sequence[Finding]) -> list[tuple[str, int, str]]:
    counted = [(code, sum(f.code == code for f in findings), one, many) for code, one, many in CUTS]
    return [(code, count, one if count == 1 else many) for code, count, one, many in counted if count]


def headline(summary: Summary, analysis: Analysis) -> str:
    """The answer in one line."""
    boundary = summary.next
    if not summary.boundaries:
        return "No model was found: is this the folder of a Django project?"
    if boundary is None:
        return (
            "Extract nothing yet: no boundary stands on its own; cut the couplings inside the monolith first."
        )
    crossing = sum(item.kind != "route" for item in boundary.bill)
    blocking = len(blockers(analysis, boundary))
    if blocking:
        return (
            f"Extract nothing yet: untangle {boundary.name} first ({count(blocking, 'blocker')}, "
            f"{count(crossing, 'coupling')} in all)"
        )
    return f"Extract next: {boundary.name} ({count(crossing, 'coupling')} to cut, no blockers)"


def caveats(summary: Summary, analysis: Analysis) -> tuple[str, ...]:
    """What the answer does not rest on, a line each: URL patterns that were not found."""
    found = []
    if summary.boundaries and not analysis.facts.routes:
        found.append(
            "No URL pattern was found: the value below counts code and cohesion only, and nothing says what a facade "
            "could move. Is the ROOT_URLCONF in this folder?"
        )
    missing = sum(f.code == "STR106" for f in analysis.findings)
    if missing:
        their = "its" if missing == 1 else "their"
        found.append(
            f"{count(missing, 'include')} could not be followed (STR106): {their} URL patterns are missing."
        )
    return tuple(found)


def verdict(boundary: Boundary) -> str:
    """The verdict with its object: ``extract after billing`` or ``extract after 3 blockers``."""
    if boundary.verdict != "extract after":
        return boundary.verdict
    blocking = sum(1 for item in boundary.bill if is_blocker(item))
    return f"extract after {count(blocking, 'blocker')}"


def size(summary: Summary) -> str:
    """How large the project is, and how much of it was understood."""
    c = summary.counts
    parts = ", ".join(
        count(int(c[key]), noun)
        for key, noun in (
            ("modules", "module"),
            ("models", "model"),
            ("tables", "table"),
            ("routes", "URL pattern"),
        )
    )
    sites = int(c["orm_sites"])
    understood = f"{c['orm_share_resolved']:.1%} of {sites:,} ORM sites resolved" if sites else "no ORM sites"
    return f"{parts}; {understood}"


def seen(observed: Observed) -> str:
    """What was observed, and how the static claims stand against it."""
    parts = [f"{count(observed.requests, 'request')} on {count(len(observed.traffic), 'URL pattern')}"]
    if observed.unmatched:
        parts.append(f"{observed.unmatched:,} on none")
    if observed.pairs_seen:
        parts.append(
            f"{observed.pairs_foreseen / observed.pairs_seen:.1%} of {observed.pairs_seen:,} pairs of a view "
            "and a table had been found"
        )
    if observed.claims:
        parts.append(
            f"{observed.claims_confirmed / observed.claims:.0%} of {observed.claims:,} claims about these "
            "views were confirmed"
        )
    return "; ".join(parts)


def changed(boundary: Boundary) -> str:
    """What the history says of a boundary; empty where it was not asked."""
    if boundary.changes is None:
        return ""
    c = boundary.changes
    others = ", ".join(f"{name} {n / c.commits:.0%}" for name, n in c.together[:OTHERS])
    together = f"; of them changed others as well: {others}" if others else ""
    return f"{count(c.commits, 'commit')} in two years by {count(c.authors, 'author')}{together}"


def is_blocker(item: BillItem) -> bool:
    """Whether an item has to be solved before the writer can change sides."""
    code = code_of(item)
    return bool(code) and RULES[code].severity == "error"


def next_commands(boundary: Boundary, path: str) -> tuple[str, ...]:
    """What to type next for a boundary: to see all of it, to move its routes where nothing blocks it, and else to look
    for a better cut; nothing where none of its URL patterns moves."""
    if not boundary.routes or boundary.verdict not in ("extract now", "extract after"):
        return ()
    whole = f"strangler analyze {path} --format html -o report.html"
    if boundary.verdict == "extract after":
        return (whole, f"strangler check {path} --baseline walls.json --update-baseline")
    return (
        whole,
        f"strangler analyze {path} --format json -o analysis.json",
        f"strangler routes import analysis.json --boundary {boundary.name} --service http://127.0.0.1:9001",
        f"strangler routes shadow {boundary.name} 10",
    )


def where(place: Location) -> str:
    """``file:line``; a model that a library declares has no file here."""
    return str(place) if place.file else "in a library"


_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]")


def printable(text: str) -> str:
    """Text from the analysed code without control characters, which could repaint a terminal or reverse a line."""
    return _CONTROL.sub("\ufffd", text)
