"""Small pieces that several tabs share."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from itertools import groupby
from urllib.parse import quote

from analyzer.model.facts import Location
from analyzer.model.plan import Boundary
from analyzer.report.html.markup import Child, Safe, el, later
from analyzer.report.summary import verdict, where

TONE = {
    "extract now": "go",
    "extract after": "wait",
    "keep in the monolith": "stay",
    "shared reference data": "share",
}


def anchor(kind: str, name: str) -> str:
    """An id that is safe in a URL: ``b-billing``."""
    return f"{kind}-{re.sub(r'[^A-Za-z0-9_-]', '-', name)}"


def badge(boundary: Boundary) -> Safe:
    """The verdict as a coloured word."""
    return el("span", verdict(boundary), class_=f"badge {TONE[boundary.verdict]}")


def link(boundary: str) -> Safe:
    """A link to a boundary's article."""
    return to(boundary, "b", boundary)


def to(child: Child, kind: str, boundary: str) -> Safe:
    """A link to the part of a boundary's article that shows where a figure comes from."""
    return el("a", child, href=f"#{anchor(kind, boundary)}")


def cell(row: str, column: str) -> str:
    """The address of a cell of the matrix of boundaries, with its lines."""
    return "#matrix!" + quote(f"boundaries|{row}|{column}", safe="")


def places(locations: Sequence[Location], shown: int = 12) -> Safe:
    """A list of ``file:line``; of a long one, the rest can be opened."""
    items: list[Child] = [el("code", where(place)) for place in locations[:shown]]
    rest = locations[shown:]
    if rest:
        items.append(el("details", el("summary", f"and {len(rest):,} more", class_="dim"), files(rest)))
    return el("div", items, class_="places")


def files(locations: Iterable[Location]) -> Safe:
    """Places file by file, each once: ``file:line, line, line``."""
    ordered = groupby(sorted(set(locations)), key=lambda place: place.file)
    found = [
        f"{file}:{', '.join(str(place.line) for place in group)}" if file else "in a library"
        for file, group in ordered
    ]
    return el("div", [el("code", each) for each in found], class_="places")


def more(rows: Sequence[Sequence[Child]], heads: Sequence[Child], shown: int, class_: str = "") -> Safe:
    """A table; the rows that would make it too long can be opened."""
    rest = rows[shown:]
    return el(
        "div",
        table(heads, rows[:shown], class_),
        el("details", el("summary", f"and {len(rest):,} more"), later(table(heads, rest, class_)))
        if rest
        else None,
    )


def table(
    heads: Sequence[Child], rows: Iterable[Sequence[Child]], class_: str = "", numbers: Iterable[int] = ()
) -> Safe:
    """A plain table whose body rows can be found by the search; ``numbers`` are the columns aligned to the right."""
    right = frozenset(numbers)

    def cell(tag: str, position: int, content: Child) -> Safe:
        return el(tag, content, class_="n" if position in right else None)

    head = el("tr", [cell("th", i, content) for i, content in enumerate(heads)])
    body = [el("tr", [cell("td", i, c) for i, c in enumerate(row)], class_="item") for row in rows]
    return el(
        "div", el("table", el("thead", head), el("tbody", body), class_=class_ or None), class_="scroll"
    )


def section(name: str, title: str, *children: Child) -> Safe:
    """One tab; without JavaScript a chapter of the long page."""
    return el("section", el("h2", title), children, id=name, class_="tab")
