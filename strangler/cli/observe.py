"""``strangler observe``: the recorder that enters the monolith, and what a file that it wrote holds."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from strangler.errors import BadDocument

if TYPE_CHECKING:
    from analyzer.runtime import Observations

HOW = """\
The recorder is one file without dependencies (Python 3.8, Django 3.2 and later). It counts; it keeps no values, no SQL,
no paths of requests and no users.

  1. strangler observe --print-recorder > strangler_recorder.py     beside manage.py
  2. settings.py: MIDDLEWARE = ["strangler_recorder.middleware", ...]     first in the list
  3. let it run; it appends to strangler-observations.jsonl, of 10 % of the requests
  4. strangler observe strangler-observations.jsonl     what it holds
  5. strangler analyze PATH --runtime strangler-observations.jsonl

With nothing installed: strangler analyze PATH --access-log access.log.gz"""
SHOWN = 20
"""Views and tables that the summary names."""


def observe(
    files: Annotated[
        list[Path] | None, typer.Argument(metavar="[FILE]...", help="What the recorder wrote.")
    ] = None,
    print_recorder: Annotated[
        bool, typer.Option("--print-recorder", help="Print the recorder's source, to be copied and read.")
    ] = False,
    output: Annotated[
        str, typer.Option("--output", "-o", metavar="FILE", help="Write it here; - is standard output.")
    ] = "-",
    format_: Annotated[Literal["text", "json"], typer.Option("--format", help="text or json.")] = "text",
) -> None:
    """See what the monolith really does: switch the recorder on, and see what its files hold."""
    if print_recorder and files:
        raise BadDocument("--print-recorder takes no FILE", remedy="Leave one of them out.")
    if output != "-" and not print_recorder:
        raise BadDocument(
            "--output is where the recorder goes", where="--output", remedy="Add --print-recorder."
        )
    if print_recorder:
        from analyzer.runtime import RECORDER
        from strangler.cli.output import write

        write(RECORDER.read_bytes(), output)
        return
    if not files:
        typer.echo(HOW)
        return
    from analyzer.runtime import read_evidence

    found: Observations | None = None
    for path in files:
        found = read_evidence(path, found)
    if found is None:
        return
    if format_ == "json":
        from strangler.cli.text import print_json

        print_json(_document(found))
    else:
        _print(found)


def _document(found: Observations) -> dict[str, Any]:
    return {
        "requests": found.requests,
        "sampled": found.sampled,
        "batches": found.batches,
        "first": found.first,
        "last": found.last,
        "versions": sorted(found.versions),
        "dropped": found.dropped,
        "failures": found.failures,
        "skipped": found.skipped,
        "views": [
            {
                **key._asdict(),
                "requests": view.requests,
                "sampled": view.sampled,
                "errors": view.errors,
                "seconds": round(view.seconds, 4),
                "queries": view.queries,
                "query_ms": round(view.query_ms, 3),
                "reads": sorted(table for table, mode in view.tables if mode == "read"),
                "writes": sorted(table for table, mode in view.tables if mode == "write"),
            }
            for key, view in sorted(found.views.items(), key=lambda item: str(item[0]))
        ],
        "places": len(found.sites),
        "joins": sorted({(one, two) for _, _, one, two in found.joins}),
    }


def _print(found: Observations) -> None:
    from strangler.cli.text import columns, facts, when

    ran = ", ".join(sorted(found.versions)) or "-"
    pairs = [
        ("requests", f"{found.requests:,}, of {found.sampled:,} the statements were looked at"),
        ("from", f"{when(found.first)} to {when(found.last)}, {found.batches:,} batches"),
        ("by", ran),
        ("views", f"{len(found.views):,} (URL pattern, method)"),
        ("places", f"{len({site for _, site, *_ in found.sites if site.file}):,} lines of the project"),
    ]
    if found.dropped or found.failures or found.skipped:
        lost = (
            ("rows dropped", found.dropped),
            ("failures inside", found.failures),
            ("bad lines", found.skipped),
        )
        pairs.append(("lost", ", ".join(f"{count:,} {what}" for what, count in lost if count)))
    typer.echo(facts(pairs))
    busiest = sorted(found.views.items(), key=lambda item: (-item[1].requests, str(item[0])))
    rows = []
    for key, view in busiest[:SHOWN]:
        read = sum(mode == "read" for _, mode in view.tables)
        mean = 1000 * view.seconds / view.requests if view.requests else 0.0
        name = "(no URL pattern)" if key.route is None else key.route or "(empty)"
        queries = view.queries / view.sampled if view.sampled else 0.0
        rows.append((
            key.method, name, f"{view.requests:,}", f"{view.errors:,}", f"{mean:.1f}", f"{queries:.1f}",
            str(read), str(len(view.tables) - read),
        ))  # fmt: skip
    head = ("METHOD", "URL PATTERN", "REQUESTS", "ERRORS", "MEAN MS", "QUERIES", "READ", "WRITTEN")
    typer.echo()
    typer.echo(columns(head, rows))
    if len(busiest) > SHOWN:
        typer.echo(f"and {len(busiest) - SHOWN:,} more: --format json")
