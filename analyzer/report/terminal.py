"""The report in a terminal: one screen, the answer first, in an order that two reports can be compared by."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator, Sequence
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
)
from analyzer.rules import code_of

if TYPE_CHECKING:
    from rich.text import Text

SHOWN = 5
"""Items of the next boundary's bill that the one screen has room for."""
PLACES = 3
"""Places shown of each item on a boundary's page."""

_TONE = {
    "extract now": "green",
    "extract after": "yellow",
    "keep in the monolith": "red",
    "shared reference data": "blue",
}


def report(analysis: Analysis, path: str = ".") -> Text:
    """The whole plan on one screen. ``path`` is how the reader named the project; it is used in the next commands."""
    summary = summarise(analysis)
    return _join([
        *_head(analysis, summary),
        *_table(summary),
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


def _table(summary: Summary) -> Iterator[Text]:
    if not summary.boundaries:
        return
    width = max([8, *(len(b.name) for b in summary.boundaries)])
    kind = max([7, *(len(verdict(b)) for b in summary.boundaries)])
    leaks = {b.name: f"{b.metrics.leaks_in}/{b.metrics.leaks_out}" for b in summary.boundaries}
    leak = max(5, *(len(text) for text in leaks.values()))
    heads = f"{'boundary':<{width}}  {'verdict':<{kind}}  tables  routes  cohesion  {'leaks':>{leak}}  sure"
    yield _line((heads, "dim"))
    for b in summary.boundaries:
        yield _line(
            (f"{b.name:<{width}}  ", "bold" if b is summary.next else ""),
            (f"{verdict(b):<{kind}}", _TONE[b.verdict]),
            f"  {b.metrics.tables:>6}  {len(b.routes):>6}  {b.metrics.cohesion:>8.2f}",
            f"  {leaks[b.name]:>{leak}}  {b.confidence:>4.0%}",
        )
    yield _line()


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
    shown = (blocking or costs)[:SHOWN]
    for item in shown:
        yield from _item(item, places=1)
    more = _more(len(blocking or costs) - len(shown), len(costs) - len(blocking) if blocking else 0)
    if more:
        yield _line((f"  {more}: strangler analyze {path} --boundary {boundary.name}", "dim"))
    yield _line()
    yield from _commands(boundary, path)


def _more(rest: int, others: int) -> str:
    """What is left out of the list: the rest of its kind, and the couplings that are no blockers."""
    parts = [f"{rest} more"] if rest > 0 else []
    if others:
        parts.append(f"{count(others, 'coupling')} that {'blocks' if others == 1 else 'block'} nothing")
    return f"and {' and '.join(parts)}" if parts else ""


def _item(item: BillItem, places: int) -> Iterator[Text]:
    where = _places(item.locations, places)
    yield _line("  ", (f"{code_of(item) or item.kind:<8}", "yellow"), printable(item.summary))
    if where:
        yield _line("          ", (where, "cyan"))
    yield _line("          ", (item.remedy, "dim"))


def _places(locations: Sequence[Location], shown: int) -> str:
    text = ", ".join(printable(str(place)) for place in locations[:shown])
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
            yield _line("          ", (_places(item.locations, PLACES), "cyan"))
        yield _line()


def _line(*parts: str | Text | tuple[str, str]) -> Text:
    from rich.text import Text

    return Text.assemble(*parts)


def _join(lines: list[Text]) -> Text:
    from rich.text import Text

    while lines and not lines[-1].plain:
        lines.pop()
    return Text("\n").join(lines)
