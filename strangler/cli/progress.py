"""``strangler progress``: how far the migration is, and how it went."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from time import time
from typing import TYPE_CHECKING, Annotated

import typer

from strangler.cli.analysis import FolderArgument, OutputOption, PinOption, Target, decisions
from strangler.cli.output import refuse_format, write
from strangler.cli.text import as_json, columns
from strangler.errors import StoreError
from strangler.routing import RouteTable

if TYPE_CHECKING:
    from strangler.control.progress import Day, Part

FORMATS = ("text", "json", "html")
RECENT = 3600
"""Seconds of traffic that count as now; the state keeps no more."""
HEADS = ("boundary", "tables", "endpoints", "moved", "traffic", "writer", "lines")
BARS = "▁▂▃▄▅▆▇█"


def progress(
    path: FolderArgument = Path(),
    format: Annotated[str, typer.Option("--format", help="text, json or html.")] = "text",
    output: OutputOption = "-",
    record: Annotated[
        bool, typer.Option("--record", help="Add today to the history; once a day is enough.")
    ] = False,
    history: Annotated[
        Path, typer.Option("--history", metavar="FILE", help="One line for each recorded day.")
    ] = Path("strangler-progress.jsonl"),
    state: Annotated[
        str | None, typer.Option("--state", metavar="URL", help="Where the route table is kept.")
    ] = None,
    pin: PinOption = None,
) -> None:
    """Tables, endpoints, traffic and lines that are still in the monolith, boundary by boundary."""
    refuse_format(format, FORMATS)
    from strangler.control import progress as count

    days = count.read_days(history.read_bytes(), str(history)) if history.exists() else ()
    analysis = Target(path).run(decisions(pin)).analysis()
    table, traffic = _routed(state)
    parts = count.measure(analysis, table, traffic)
    days = count.with_day(days, count.whole(parts, datetime.now(UTC).date().isoformat()))
    if record:
        write(count.write_days(days), str(history))
    rows = [_row(part) for part in parts]
    if format == "json":
        text = as_json(count.as_json(parts, days)) + "\n"
    elif format == "html":
        from strangler.cli.burndown import page

        text = page(analysis.facts.project, HEADS, rows, days)
    else:
        text = _text(rows, days)
    write(text.encode(), output)


def _routed(state: str | None) -> tuple[RouteTable, Mapping[tuple[str, str], int]]:
    """The route table and the traffic of the last hour; nothing is routed where there is no state yet."""
    from strangler.cli.target import open_local

    try:
        opened = open_local(state, create=False)
    except StoreError:
        if state is not None:
            raise
        return RouteTable(), {}
    with closing(opened) as found:
        totals = found.windows.totals(int(time()) - RECENT)
        return found.routes.load(), {key: total.requests for key, total in totals.items()}


def _row(part: Part) -> tuple[str, ...]:
    return (
        part.name,
        f"{part.tables:,}",
        f"{part.endpoints:,}",
        f"{part.moved / part.endpoints:.0%}" if part.endpoints else "-",
        f"{part.answered / part.requests:.0%}" if part.requests else "-",
        part.writer or "monolith",
        f"{part.lines:,}",
    )


def _text(rows: Sequence[tuple[str, ...]], days: Sequence[Day]) -> str:
    today = days[-1]
    share = 1 - today.left / today.endpoints if today.endpoints else 0.0
    lines = [
        f"{share:.0%} of {today.endpoints:,} endpoints have moved; in the monolith are {today.left:,.4g} endpoints, "
        f"{today.tables:,} tables and {today.lines:,} lines",
        "",
    ]
    lines += [columns(HEADS, rows), ""]
    if len(days) > 1:
        lines += [
            f"endpoints left  {_sparkline([day.left for day in days])}  since {days[0].date}: "
            f"{days[0].left:,.4g} -> {today.left:,.4g}",
            f"lines left      {_sparkline([day.lines for day in days])}  {days[0].lines:,} -> {today.lines:,}",
        ]
    else:
        lines.append("No history yet: --record adds today.")
    return "\n".join(lines) + "\n"


def _sparkline(values: Sequence[float], width: int = 40) -> str:
    """Bars from zero to the highest; of many values, evenly spaced ones with the last."""
    step = max(1, -(-len(values) // width))
    shown = values[::-1][::step][::-1]
    top = max(shown) or 1
    return "".join(BARS[min(len(BARS) - 1, int(value / top * (len(BARS) - 1) + 0.5))] for value in shown)
