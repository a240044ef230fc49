"""Small pieces that several tabs share."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from analyzer.model.facts import Location
from analyzer.model.plan import Boundary
from analyzer.report.html.markup import Child, Safe, el
from analyzer.report.summary import verdict

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
    return el("a", boundary, href=f"#{anchor('b', boundary)}")


def places(locations: Sequence[Location], shown: int = 12) -> Safe:
    """A list of ``file:line``."""
    rest = len(locations) - shown
    items: list[Child] = [el("code", str(place)) for place in locations[:shown]]
    if rest > 0:
        items.append(el("span", f"and {rest} more", class_="dim"))
    return el("span", items, class_="places")


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
