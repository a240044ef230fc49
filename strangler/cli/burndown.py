"""The progress as a page: one file, offline, with the burn-down as inline SVG."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Sequence
from datetime import date
from hashlib import sha256
from typing import TYPE_CHECKING

from analyzer.report.html.markup import Safe, el

if TYPE_CHECKING:
    from strangler.control.progress import Day

WIDTH, HEIGHT, LEFT, TOP = 760, 240, 60, 16

STYLE = """
:root { color-scheme: light dark; --ink: #1c1e21; --dim: #62676f; --rule: #dfe1e4; --line: #1f5fae; --paper: #fcfcfb; }
@media (prefers-color-scheme: dark) {
  :root { --ink: #e4e6e9; --dim: #9aa1aa; --rule: #33373d; --line: #7fb2ee; --paper: #15171a; }
}
body { margin: 2rem auto; max-width: 60rem; padding: 0 1.5rem; background: var(--paper); color: var(--ink);
  font: 14px/1.5 system-ui, sans-serif; font-variant-numeric: tabular-nums; }
h1 { font-size: 1.4rem; } h2 { font-size: 1rem; margin-top: 2rem; }
table { border-collapse: collapse; width: 100%; }
th, td { padding: .3rem .8rem .3rem 0; text-align: right; border-bottom: 1px solid var(--rule); font-weight: 400; }
th:first-child, td:first-child { text-align: left; } thead th { color: var(--dim); }
svg { width: 100%; height: auto; } svg text { fill: var(--dim); font-size: 12px; }
.grid { stroke: var(--rule); } .left { fill: none; stroke: var(--line); stroke-width: 2; } .dot { fill: var(--line); }
"""


def page(project: str, heads: Sequence[str], rows: Sequence[tuple[str, ...]], days: Sequence[Day]) -> str:
    """Burn-downs of endpoints and lines, and the table of boundaries."""
    policy = f"default-src 'none'; style-src 'sha256-{b64encode(sha256(STYLE.encode()).digest()).decode()}'"
    head = el(
        "head",
        el("meta", charset="utf-8"),
        el("meta", http_equiv="Content-Security-Policy", content=policy),
        el("meta", name="viewport", content="width=device-width, initial-scale=1"),
        el("title", f"{project}: what is left"),
        el("style", Safe(STYLE)),
    )
    body = el(
        "body",
        el("h1", f"{project}: what is left in the monolith"),
        el("h2", "Endpoints"),
        _chart("Endpoints that the monolith answers", [(day.date, day.left) for day in days]),
        el("h2", "Lines"),
        _chart("Lines of code", [(day.date, day.lines) for day in days]),
        el("h2", "Boundaries"),
        _table(heads, rows),
    )
    return f"<!doctype html>\n{el('html', head, body, lang='en')}\n"


def _table(heads: Sequence[str], rows: Sequence[tuple[str, ...]]) -> Safe:
    return el(
        "table",
        el("thead", el("tr", [el("th", head, scope="col") for head in heads])),
        el(
            "tbody", [el("tr", el("th", row[0], scope="row"), [el("td", c) for c in row[1:]]) for row in rows]
        ),
    )


def _chart(title: str, values: Sequence[tuple[str, float]]) -> Safe:
    """Steps over time, from zero; each recorded day is a dot."""
    days = [date.fromisoformat(day).toordinal() for day, _ in values]
    span = max(1, days[-1] - days[0])
    top = max(value for _, value in values) or 1
    spots = [
        (
            round(LEFT + (WIDTH - LEFT - 12) * (day - days[0]) / span, 1),
            round(TOP + (HEIGHT - 2 * TOP - 12) * (1 - value / top), 1),
        )
        for day, (_, value) in zip(days, values, strict=True)
    ]
    floor = HEIGHT - TOP - 12
    path = f"M{spots[0][0]} {spots[0][1]}" + "".join(f"H{x}V{y}" for x, y in spots[1:])
    return el(
        "svg",
        el(
            "title",
            f"{title}: {values[0][1]:,.6g} on {values[0][0]}, {values[-1][1]:,.6g} on {values[-1][0]}",
        ),
        el("line", x1=LEFT, y1=floor, x2=WIDTH, y2=floor, class_="grid"),
        el("line", x1=LEFT, y1=TOP, x2=WIDTH, y2=TOP, class_="grid"),
        el("text", f"{top:,.6g}", x=LEFT - 8, y=TOP + 4, text_anchor="end"),
        el("text", "0", x=LEFT - 8, y=floor + 4, text_anchor="end"),
        el("text", values[0][0], x=LEFT, y=HEIGHT - 4),
        el("text", values[-1][0], x=WIDTH, y=HEIGHT - 4, text_anchor="end") if len(values) > 1 else None,
        el("path", d=path, class_="left"),
        [el("circle", cx=str(x), cy=str(y), r=3, class_="dot") for x, y in spots],
        viewBox=f"0 0 {WIDTH} {HEIGHT}",
        role="img",
    )
