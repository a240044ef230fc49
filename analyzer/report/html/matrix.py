"""Tabs Matrix and Tables: who uses whom, as HTML tables that a keyboard and a screen reader can walk."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from math import log2

from analyzer.coupling import Tables
from analyzer.model.facts import Location
from analyzer.model.plan import Analysis
from analyzer.report.html.markup import Safe, el, embedded, later
from analyzer.report.html.parts import link, section
from analyzer.report.summary import Summary, printable

FAINT = 0.5
"""A pair below this weight met in broad code only (as much as one import); it is left out of the matrix."""
ROWS = 150
"""Modules in the second matrix; the busiest are kept."""
MOST = 250
"""Tables in the first matrix; the most coupled are kept. The matrix of boundaries counts all."""
DIRECTED = frozenset({"fk", "cascade", "m2m", "gfk", "mti", "signal"})


@dataclass(slots=True)
class Cell:
    """What couples a row to a column: by kind, the places."""

    weight: float = 0.0
    kinds: dict[str, set[Location]] = field(default_factory=lambda: defaultdict(set))

    def sites(self) -> int:
        """Places in all: a line that couples the two in several ways is one."""
        return len(set().union(*self.kinds.values()))


Cells = dict[tuple[str, str], Cell]


def matrix_tab(analysis: Analysis, summary: Summary, tables: Tables) -> Safe:
    """Boundaries against boundaries, then tables against tables."""
    boundary_of = {table: b.name for b in summary.boundaries for table in b.tables}
    cells = _cells(analysis, tables)
    merged = _merge(cells, boundary_of)
    return section(
        "matrix",
        "Matrix",
        el(
            "p",
            "Row uses column. A cell counts the places that couple the two; the stronger its shade, the dearer to cut. "
            "Choose a cell to see its lines; arrow keys move. "
            f"Pairs that weigh less than {FAINT:g} are left out.",
            class_="dim",
        ),
        el("h3", "Boundaries"),
        _boundary_grid([b.name for b in summary.boundaries], merged),
        el("h3", "Tables, grouped by boundary"),
        el("p", f"The {MOST} most coupled of {len(boundary_of):,} tables.")
        if len(boundary_of) > MOST
        else None,
        later(_table_grid(_most_coupled(boundary_of, cells), cells)),
        el("aside", id="evidence", class_="evidence", aria_live="polite"),
        _evidence(analysis, cells, boundary_of),
    )


def usage_tab(analysis: Analysis, summary: Summary) -> Safe:
    """Modules against tables: r reads, w writes, rw both."""
    used = _used(analysis)
    sites: dict[str, int] = defaultdict(int)
    for (module, _), kinds in used.items():
        sites[module] += sum(map(len, kinds.values()))
    touched = {table for _, table in used}
    columns = {table: b.name for b in summary.boundaries for table in b.tables if table in touched}
    home = {module: b.name for b in summary.boundaries for module in b.modules}
    rank = {b.name: i for i, b in enumerate(summary.boundaries)}
    busiest = sorted(sites, key=lambda m: (-sites[m], m))[:ROWS]
    rows = sorted(busiest, key=lambda m: (rank.get(home.get(m, ""), len(rank)), m))
    left_out = len(sites) - len(rows)
    note = f" The {ROWS} busiest of {len(sites)} modules." if left_out > 0 else ""
    return section(
        "tables",
        "Tables",
        el(
            "p",
            "Row uses column: r reads, w writes, rw both; tinted where module and table share a boundary. "
            f"Choose a cell to see its lines.{note}",
            class_="dim",
        ),
        later(_usage_grid(rows, columns, home, used)),
        el("aside", class_="evidence", aria_live="polite"),
    )


def _most_coupled(boundary_of: Mapping[str, str], cells: Cells) -> dict[str, str]:
    weights = dict.fromkeys(boundary_of, 0.0)
    for (one, other), cell in cells.items():
        for table in {one, other} & weights.keys():
            weights[table] += cell.weight
    kept = set(sorted(weights, key=lambda table: (-weights[table], table))[:MOST])
    return {table: boundary for table, boundary in boundary_of.items() if table in kept}


def _cells(analysis: Analysis, tables: Tables) -> Cells:
    """Couplings between tables. What has no direction (a join, a shared transaction) stands in both cells."""
    cells: Cells = defaultdict(Cell)
    for edge in analysis.edges:
        if edge.level == "module":
            continue
        one, other = (tables.by_label.get(name, name) for name in (edge.source, edge.target))
        for pair in {(one, other)} if edge.kind in DIRECTED else {(one, other), (other, one)}:
            cells[pair].weight += edge.weight
            cells[pair].kinds[edge.kind].update(edge.sites)
    return {pair: cell for pair, cell in cells.items() if cell.weight >= FAINT}


def _merge(cells: Cells, boundary_of: Mapping[str, str]) -> Cells:
    """The couplings between boundaries."""
    merged: Cells = defaultdict(Cell)
    for (one, other), cell in cells.items():
        pair = boundary_of.get(one, ""), boundary_of.get(other, "")
        if pair[0] and pair[1] and pair[0] != pair[1]:
            merged[pair].weight += cell.weight
            for kind, places in cell.kinds.items():
                merged[pair].kinds[kind] |= places
    return dict(merged)


def _boundary_grid(names: Sequence[str], cells: Cells) -> Safe:
    heads = [el("th", el("span", name), scope="col", class_="up") for name in names]
    body = [
        el(
            "tr",
            el("th", link(name), scope="row"),
            [_cell(cells.get((name, other)), name == other, halving=2.0) for other in names],
        )
        for name in names
    ]
    return _framed("Boundary uses boundary", heads, body, "boundaries")


def _table_grid(boundary_of: Mapping[str, str], cells: Cells) -> Safe:
    names = list(boundary_of)
    starts = _starts(boundary_of)
    heads = [_column(name, name in starts) for name in names]
    body = []
    for name in names:
        row = [
            _cell(
                cells.get((name, other)),
                name == other,
                edge=other in starts,
                inner=boundary_of[name] == boundary_of[other],
            )
            for other in names
        ]
        head = el("th", name, scope="row", title=boundary_of[name])
        body.append(el("tr", head, row, class_="edge" if name in starts else None))
    return _framed("Table uses table", heads, body, "tables")


def _starts(boundary_of: Mapping[str, str]) -> set[str]:
    """The tables before which a new boundary begins."""
    names = list(boundary_of)
    return {b for a, b in pairwise(names) if boundary_of[a] != boundary_of[b]}


def _column(name: str, edge: bool) -> Safe:
    return el("th", el("span", name), scope="col", class_="up edge" if edge else "up", title=name)


def _framed(caption: str, heads: Sequence[Safe], body: Sequence[Safe], grid: str) -> Safe:
    corner = el("td", "row uses column", class_="corner dim")
    inner = (el("caption", caption), el("thead", el("tr", corner, heads)), el("tbody", body))
    return el("div", el("table", inner, class_="grid", data_grid=grid), class_="scroll tall", tabindex=0)


def _cell(
    cell: Cell | None, diagonal: bool, *, edge: bool = False, inner: bool = False, halving: float = 1.2
) -> Safe:
    """Written by hand: there are tens of thousands, most of them empty. ``h1`` to ``h5`` are shades: each is
    ``halving`` powers of two dearer than the one before."""
    shade = max(1, min(5, round(log2(max(1.0, cell.weight)) / halving))) if cell else 0
    classes = ["x"] if diagonal else [f"h{shade}"] if shade else []
    classes += ["i"] * (inner and not diagonal) + ["edge"] * edge
    marked = f' class="{" ".join(classes)}"' if classes else ""
    if diagonal or cell is None:
        return Safe(f"<td{marked}>")
    words = ", ".join(f"{len(places)} {kind}" for kind, places in sorted(cell.kinds.items()))
    return Safe(f'<td{marked} title="{words}">{cell.sites()}')


def _evidence(analysis: Analysis, cells: Cells, boundary_of: Mapping[str, str]) -> Safe:
    """The places of each cell for the panel, all of them: numbers of places, of which each says how much higher it is
    than the one before, to keep the page small. Boundaries' cells are put together from their tables'."""
    used = _used(analysis)
    every = {place for cell in cells.values() for places in cell.kinds.values() for place in places}
    every.update(place for kinds in used.values() for places in kinds.values() for place in places)
    numbers = {place: i for i, place in enumerate(sorted(every))}
    files: dict[str, list[int]] = {}
    for place in numbers:
        files.setdefault(place.file, []).append(place.line)

    def packed(kinds: Mapping[str, set[Location]]) -> dict[str, list[int]]:
        found = {kind: sorted(numbers[place] for place in places) for kind, places in sorted(kinds.items())}
        return {kind: [b - a for a, b in pairwise([0, *places])] for kind, places in found.items()}

    def named(pair: tuple[str, str]) -> str:
        return "|".join(map(printable, pair))

    content = {
        "files": [[printable(file), *lines] for file, lines in files.items()],
        "tables": {named(pair): packed(cell.kinds) for pair, cell in sorted(cells.items())},
        "usage": {named(pair): packed(kinds) for pair, kinds in sorted(used.items())},
        "of": {printable(table): boundary for table, boundary in boundary_of.items()},
    }
    return el("script", embedded(content), type="application/json", id="cells")


def _used(analysis: Analysis) -> dict[tuple[str, str], dict[str, set[Location]]]:
    """(module, table) -> read and write -> where; what a deletion takes along and what migrations did apart."""
    used: dict[tuple[str, str], dict[str, set[Location]]] = defaultdict(lambda: defaultdict(set))
    for access in analysis.facts.accesses:
        if access.kind not in ("cascade", "migration"):
            used[access.module, access.table][access.mode].add(access.location)
    return used


def _usage_grid(
    rows: Sequence[str],
    columns: Mapping[str, str],
    home: Mapping[str, str],
    used: Mapping[tuple[str, str], Mapping[str, set[Location]]],
) -> Safe:
    starts = _starts(columns)
    heads = [_column(name, name in starts) for name in columns]
    body = []
    for i, row in enumerate(rows):
        cut = i and home.get(row) != home.get(rows[i - 1])
        cells = [_use(used.get((row, n)), columns[n] == home.get(row), n in starts) for n in columns]
        head = el("th", row, scope="row", title=home.get(row, "in no boundary"))
        body.append(el("tr", head, cells, class_="item edge" if cut else "item"))
    return _framed("Module uses table", heads, body, "usage")


def _use(modes: Mapping[str, set[Location]] | None, inner: bool, edge: bool) -> Safe:
    glyph = "".join(mode[0] for mode in sorted(modes or ()))
    classes = " ".join(filter(None, (glyph and f"u{glyph}", "i" if inner else "", "edge" if edge else "")))
    words = ", ".join(f"{len(places)} {mode}" for mode, places in sorted((modes or {}).items()))
    title = f' title="{words}"' if words else ""
    return Safe(f'<td class="{classes}"{title}>{glyph}' if classes else "<td>")
