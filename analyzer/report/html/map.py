"""Tab Map: boundaries as boxes on an ellipse, their coupling as curves through its middle; drawn as inline SVG."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import cos, pi, sin, sqrt

from analyzer.coupling import Tables
from analyzer.model.plan import Analysis, Boundary
from analyzer.model.words import count
from analyzer.report.html.markup import Safe, el
from analyzer.report.html.parts import TONE, anchor, cell, link, section
from analyzer.report.summary import Summary

BOXES = 12
"""More boxes than this cannot be read; the ones with the least coupling are named below the map."""
LINES, LISTED = 24, 60
"""The dearest ties that are drawn, and that are listed below the map."""
WIDTH, HEIGHT = 960, 600
BOX_WIDTH, BOX_HEIGHT = 168, 46

Ties = Mapping[tuple[str, str], float]


@dataclass(frozen=True, slots=True)
class Spot:
    """The centre of a box."""

    x: float
    y: float


def map_tab(analysis: Analysis, summary: Summary, tables: Tables) -> Safe:
    """At most a dozen boundaries; a line is as thick as the coupling is dear."""
    ties = _ties(analysis, tables)
    strength: dict[str, float] = defaultdict(float)
    for (one, other), weight in ties.items():
        strength[one] += weight
        strength[other] += weight
    candidates = [b for b in summary.boundaries if b.models]
    shown = sorted(candidates, key=lambda b: (-strength[b.name], b.name))[:BOXES]
    spots = layout(_around(shown, ties))
    left_out = [b for b in candidates if b.name not in spots]
    return section(
        "map",
        "Map",
        el(
            "p",
            "The dearest couplings; a line is as thick as it is dear to cut. Choose a box to see its bill.",
            class_="dim",
        ),
        _drawing([b for b in shown if b.name in spots], spots, ties),
        el("p", "Not drawn: ", [(link(b.name), " ") for b in left_out]) if left_out else None,
        el("h3", "The same as a list"),
        el(
            "ol",
            [
                el("li", el("a", one, " and ", other, f": {weight:,.0f}", href=cell(one, other)))
                for (one, other), weight in _dearest(ties)[:LISTED]
            ],
        ),
    )


def layout(names: Sequence[str]) -> dict[str, Spot]:
    """Centres on an ellipse, clockwise from the top, in the order of the names."""
    step = 2 * pi / max(1, len(names))
    across, down = (WIDTH - BOX_WIDTH) / 2 - 6, (HEIGHT - BOX_HEIGHT) / 2 - 6
    if len(names) == 1:
        across = down = 0.0
    return {
        name: Spot(
            round(WIDTH / 2 + across * sin(i * step), 1),
            round(HEIGHT / 2 - down * cos(i * step), 1),
        )
        for i, name in enumerate(names)
    }


def _ties(analysis: Analysis, tables: Tables) -> dict[tuple[str, str], float]:
    boundary_of = {table: b.name for b in analysis.boundaries for table in b.tables}
    ties: dict[tuple[str, str], float] = defaultdict(float)
    for edge in analysis.edges:
        ends = {boundary_of.get(tables.by_label.get(name, name)) for name in (edge.source, edge.target)}
        if edge.level != "module" and None not in ends and len(ends) == 2:
            one, other = sorted(str(end) for end in ends)
            ties[one, other] += edge.weight
    return dict(ties)


def _around(boundaries: Sequence[Boundary], ties: Ties) -> list[str]:
    """An order in which strongly tied boundaries are neighbours: greedily, from the strongest on."""
    names = [b.name for b in boundaries]
    if not names:
        return []
    order, rest = [names[0]], set(names[1:])
    while rest:
        last = order[-1]
        following = min(rest, key=lambda n: (-ties.get((min(last, n), max(last, n)), 0.0), n))
        order.append(following)
        rest.remove(following)
    return order


def _dearest(ties: Ties) -> list[tuple[tuple[str, str], float]]:
    return sorted(ties.items(), key=lambda item: (-item[1], item[0]))


def _drawing(boundaries: Sequence[Boundary], spots: Mapping[str, Spot], ties: Ties) -> Safe:
    drawn = [(pair, weight) for pair, weight in _dearest(ties) if set(pair) <= set(spots)][:LINES]
    dearest = max((weight for _, weight in drawn), default=1.0) or 1.0
    lines = [
        _curve(spots[one], spots[other], weight / dearest, f"{one} and {other}: {weight:,.0f}")
        for (one, other), weight in reversed(drawn)
    ]
    return el(
        "svg",
        lines,
        [_box(b, spots[b.name]) for b in boundaries],
        viewBox=f"0 0 {WIDTH} {HEIGHT}",
        role="group",
        aria_label="Map of the boundaries; the list below says the same",
        class_="map",
    )


def _curve(a: Spot, b: Spot, share: float, title: str) -> Safe:
    """A quadratic curve, bent towards the middle so that lines leave their boxes apart. ``share`` is the weight against
    the dearest tie's."""
    bend_x = (a.x + b.x) / 2 * 0.45 + WIDTH / 2 * 0.55
    bend_y = (a.y + b.y) / 2 * 0.45 + HEIGHT / 2 * 0.55
    width = 0.75 + 10 * sqrt(share)
    shade = 1 if share < 0.1 else 2 if share < 0.4 else 3
    path = f"M{a.x:g} {a.y:g}Q{bend_x:.1f} {bend_y:.1f} {b.x:g} {b.y:g}"
    return el("path", el("title", title), d=path, stroke_width=f"{width:.1f}", class_=f"tie t{shade}")


def _box(b: Boundary, spot: Spot) -> Safe:
    name = b.name if len(b.name) <= 20 else b.name[:19] + "\u2026"
    x, y = spot.x - BOX_WIDTH / 2, spot.y - BOX_HEIGHT / 2
    return el(
        "a",
        el("title", b.name),
        el(
            "rect",
            x=f"{x:g}",
            y=f"{y:g}",
            width=BOX_WIDTH,
            height=BOX_HEIGHT,
            rx=4,
            class_=f"box {TONE[b.verdict]}",
        ),
        el("text", name, x=f"{spot.x:g}", y=f"{spot.y - 3:g}", class_="name"),
        el(
            "text",
            f"{count(len(b.models), 'model')}, {count(len(b.routes), 'route')}",
            x=f"{spot.x:g}",
            y=f"{spot.y + 14:g}",
        ),
        href=f"#{anchor('b', b.name)}",
    )
