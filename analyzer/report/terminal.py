"""The report in a terminal: one screen, the answer first, in an order that two reports can be compared by."""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING

from analyzer.model.facts import Location
from analyzer.model.plan import Analysis, BillItem, Boundary
from analyzer.model.words import count
from analyzer.report.summary import (
    BILL_TITLES,
    Summary,
    caveats,
    changed,
    headline,
    is_blocker,
    next_commands,
    printable,
    seen,
    size,
    summarise,
    verdict,
    where,
)
from analyzer.rules import code_of

if TYPE_CHECKING:
    from rich.text import Text

KINDS, EACH = 4, 2
"""Kinds of items of the next boundary's bill that the one screen has room for, and items of each."""
LONGEST = 110
"""Characters of an item's summary on that screen."""

_TONE = {
    "extract now": "green",
    "extract after": "yellow",
    "keep in the monolith": "red",
    "shared reference data": "blue",
}


def report(analysis: Analysis, path: str = ".", width: int | None = None) -> Text:
    """The whole plan on one screen. ``path`` is how the reader named the project; it is used in the next commands.
    ``width``: columns that there is room for; the table leaves out what does not fit."""
    summary = summarise(analysis)
    return _join([
        *_head(analysis, summary),
        *_table(summary, width),
        *_cut(summary),
        *_next(analysis, summary, shlex.quote(path)),
    ])  # fmt: skip


def boundary_page(analysis: Analysis, boundary: Boundary, path: str = ".") -> Text:
    """One boundary: what is in it, what cutting it costs line by line, what to type next."""
    return _join([
        *_about(boundary),
        *_members(analysis, boundary),
        *_bill(boundary.bill),
        *_commands(boundary, shlex.quote(path)),
    ])  # fmt: skip


def wrapped(text: Text, width: int) -> Text:
    """A report broken at spaces to a terminal's width, further lines hanging below the first; commands stay whole."""
    return _join([part for line in text.split("\n", allow_blank=True) for part in _broken(line, width)])


def _broken(line: Text, width: int) -> Iterator[Text]:
    labelled = re.match(r"  \S+ {2,}", line.plain)
    hang = labelled.end() if labelled else len(line.plain) - len(line.plain.lstrip()) or 2
    while len(line.plain) > width and not line.plain.startswith("  strangler "):
        cut = line.plain.rfind(" ", hang + 1, width + 1)
        if cut < 0:
            cut = line.plain.find(" ", width)
        if cut < 0:
            break
        head, rest = line.divide([cut])
        head.rstrip()
        yield head
        line = _line(" " * hang, rest[len(rest.plain) - len(rest.plain.lstrip()) :])
    yield line


def _head(analysis: Analysis, summary: Summary) -> Iterator[Text]:
    yield _line((headline(summary, analysis), "bold"))
    for caveat in caveats(summary, analysis):
        yield _line((caveat, "yellow"))
    if summary.step:
        yield _line(("  " + "; ".join(summary.step.reasons), "dim"))
    yield _line()
    yield _line(f"{printable(analysis.facts.project)}: {size(summary)}")
    if analysis.facts.observed:
        yield _line(f"observed: {seen(analysis.facts.observed)}")
    yield _line()


@dataclass(frozen=True, slots=True)
class _Column:
    """A column of the table. What is ``spared`` goes first where there is no room."""

    head: str
    show: Callable[[Boundary], str]
    spared: int = 0
    legend: str = ""


_COLUMNS = (
    _Column("boundary", lambda b: b.name),
    _Column("verdict", lambda b: _short(verdict(b))),
    _Column("tables", lambda b: f"{b.metrics.tables:,}"),
    _Column("routes", lambda b: f"{len(b.routes):,}", 2),
    _Column("cohesion", lambda b: f"{b.metrics.cohesion:.2f}", 3),
    _Column(
        "in/out",
        lambda b: f"{b.metrics.leaks_in}/{b.metrics.leaks_out}",
        legend="in/out: places outside that use its tables / inside that use others'",
    ),
    _Column("sure", lambda b: f"{b.confidence:.0%}", 4, "sure: how often its tables were grouped alike"),
)


def _short(words: str) -> str:
    """A verdict in a column."""
    return words.removeprefix("extract after ") + " first" if words.startswith("extract after") else words


def _table(summary: Summary, width: int | None) -> Iterator[Text]:
    """Columns side by side, the first two to the left and coloured, figures to the right."""
    if not summary.boundaries:
        return
    columns, sizes = _fitting(summary.boundaries, width)
    lefts = [size if i < 2 else -size for i, size in enumerate(sizes)]
    yield _line(("  ".join(_put(c.head, size) for c, size in zip(columns, lefts, strict=True)), "dim"))
    for b in summary.boundaries:
        name, says, *figures = (_put(c.show(b), size) for c, size in zip(columns, lefts, strict=True))
        tone = "bold" if b is summary.next else ""
        yield _line((name, tone), "  ", (says, _TONE[b.verdict]), "  " if figures else "", "  ".join(figures))
    yield _line(("; ".join(c.legend for c in columns if c.legend), "dim"))
    yield _line()


def _fitting(boundaries: Sequence[Boundary], width: int | None) -> tuple[list[_Column], list[int]]:
    """As many of the columns as there is room for, and how wide each is."""
    columns = list(_COLUMNS)
    while True:
        sizes = [max(len(c.head), *(len(c.show(b)) for b in boundaries)) for c in columns]
        spared = max(columns, key=lambda c: c.spared)
        if width is None or sum(sizes) + 2 * (len(sizes) - 1) <= width or not spared.spared:
            return columns, sizes
        columns.remove(spared)


def _put(text: str, size: int) -> str:
    return text.ljust(size) if size > 0 else text.rjust(-size)


def _cut(summary: Summary) -> Iterator[Text]:
    if summary.cuts:
        yield _line(
            "This plan cuts ", ", ".join(f"{n:,} {words} ({code})" for code, n, words in summary.cuts)
        )
        yield _line()


def _next(analysis: Analysis, summary: Summary, path: str) -> Iterator[Text]:
    boundary = summary.next
    if boundary is None:
        for b in summary.boundaries:
            if b.verdict == "keep in the monolith":
                yield _line((f"{b.name}: ", "bold"), "; ".join(b.reasons))
        return
    blocking = [item for item in boundary.bill if is_blocker(item)]
    costs = [item for item in boundary.bill if item.kind != "route"]
    if blocking:
        yield _line((f"Blockers of {boundary.name}", "bold"))
    elif costs:
        yield _line((f"Nothing blocks {boundary.name}. What its cut costs", "bold"))
    shown = 0
    for items in _by_kind(blocking or costs)[:KINDS]:
        shown += len(items[:EACH])
        yield from _items(items[:EACH])
    more = _more(len(blocking or costs) - shown, len(costs) - len(blocking) if blocking else 0)
    if more:
        yield _line((f"  {more}: strangler analyze {path} --boundary {boundary.name}", "dim"))
    yield _line()
    yield from _commands(boundary, path)


def _by_kind(items: Sequence[BillItem]) -> list[list[BillItem]]:
    return [list(group) for _, group in groupby(items, key=lambda item: item.kind)]


def _more(rest: int, others: int) -> str:
    """What is left out of the list: the rest of its kind, and the couplings that are no blockers."""
    parts = [f"{rest} more"] if rest > 0 else []
    if others:
        parts.append(f"{count(others, 'coupling')} that {'blocks' if others == 1 else 'block'} nothing")
    return f"and {' and '.join(parts)}" if parts else ""


def _items(items: Sequence[BillItem]) -> Iterator[Text]:
    """Items of one kind, each with its place; the remedy is the same for all of them."""
    for item in items:
        summary = printable(item.summary)
        told = summary if len(summary) <= LONGEST else summary[:LONGEST].rpartition(" ")[0] + " \u2026"
        yield _line("  ", (f"{code_of(item) or item.kind:<8}", "yellow"), told)
        if item.locations:
            yield _line("          ", (_places(item.locations, 1), "cyan"))
    yield _line("          ", (items[0].remedy, "dim"))


def _places(locations: Sequence[Location], shown: int) -> str:
    text = ", ".join(printable(where(place)) for place in locations[:shown])
    rest = len(locations) - shown
    return f"{text} and {rest} more" if rest > 0 else text


def _commands(boundary: Boundary, path: str) -> Iterator[Text]:
    commands = next_commands(boundary, path)
    if commands:
        yield _line(("Next", "bold"))
        for command in commands:
            yield _line("  ", command)


def _about(boundary: Boundary) -> Iterator[Text]:
    m = boundary.metrics
    yield _line((boundary.name, "bold"), ": ", (verdict(boundary), _TONE[boundary.verdict]))
    for reason in boundary.reasons:
        yield _line(f"  {printable(reason)}")
    if boundary.after:
        yield _line(f"  better after: {', '.join(boundary.after)}")
    yield _line()
    yield _line(
        f"cohesion {m.cohesion:.2f}, purity {m.purity:.2f}, sure {boundary.confidence:.0%}; "
        f"{count(m.leaks_in, 'site')} outside use its tables, {count(m.leaks_out, 'site')} inside use others'; "
        f"{count(m.distributed_writes, 'transaction')} would span services"
    )
    if boundary.changes:
        yield _line(f"history: {changed(boundary)}")
    yield _line()


def _members(analysis: Analysis, boundary: Boundary) -> Iterator[Text]:
    hubs = set(boundary.hubs)
    yield _line((f"{count(len(boundary.models), 'model')}", "bold"))
    for label, confidence in boundary.model_confidence:
        yield _line(f"  {printable(label)}", (f"  {confidence:.0%}{'  hub' if label in hubs else ''}", "dim"))
    routes = [analysis.facts.routes[position] for position in boundary.routes]
    sections = (
        (count(len(routes), "URL pattern"), [f"{r.route or '-'}  {r.view}  {r.location}" for r in routes]),
        (count(len(boundary.tasks), "task"), list(boundary.tasks)),
        (count(len(boundary.modules), "module"), list(boundary.modules)),
    )
    for title, lines in sections:
        if lines:
            yield _line((title, "bold"))
            for line in lines:
                yield _line(f"  {printable(line)}")
    yield _line()


def _bill(bill: Sequence[BillItem]) -> Iterator[Text]:
    for kind, group in groupby(bill, key=lambda item: item.kind):
        items = list(group)
        if kind == "route":
            continue
        yield _line((f"{BILL_TITLES[kind]}: {len(items)}", "bold"))
        yield _line(("  " + items[0].remedy, "dim"))
        for item in items:
            code = code_of(item)
            yield _line("  ", (f"{code:<8}" if code else "", "yellow"), printable(item.summary))
            for place in item.locations:
                yield _line("          ", (printable(where(place)), "cyan"))
        yield _line()


def _line(*parts: str | Text | tuple[str, str]) -> Text:
    from rich.text import Text

    return Text.assemble(*parts)


def _join(lines: list[Text]) -> Text:
    from rich.text import Text

    while lines and not lines[-1].plain:
        lines.pop()
    return Text("\n").join(lines)
