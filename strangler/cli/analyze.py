"""``strangler analyze`` and ``strangler rule``: the report on a monolith, and what its codes mean."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from strangler.cli.output import write
from strangler.errors import BadDocument, Unknown

if TYPE_CHECKING:
    from analyzer.model.plan import Analysis, Boundary
    from analyzer.pipeline import Outcome, Progress

FORMATS = ("text", "html", "json")


def analyze(
    path: Annotated[Path, typer.Argument(metavar="PATH", help="The folder of the Django project.")] = Path(),
    format: Annotated[str, typer.Option("--format", help="text, html or json.")] = "text",
    output: Annotated[
        str, typer.Option("--output", "-o", metavar="FILE", help="Write here; - is standard output.")
    ] = "-",
    boundary: Annotated[
        str | None,
        typer.Option("--boundary", metavar="NAME", help="One boundary: members, bill, next commands."),
    ] = None,
    seed: Annotated[int, typer.Option("--seed", min=0, help="Seed of the clustering.")] = 0,
    cache: Annotated[
        bool, typer.Option("--cache/--no-cache", help="Keep what was found, for the next run.")
    ] = True,
    cache_dir: Annotated[
        Path | None,
        typer.Option("--cache-dir", metavar="FOLDER", help="Where; else the user's cache folder."),
    ] = None,
    runtime: Annotated[
        list[Path] | None,
        typer.Option("--runtime", metavar="FILE", help="What the recorder wrote; see `strangler observe`."),
    ] = None,
    access_log: Annotated[
        list[Path] | None,
        typer.Option(
            "--access-log", metavar="FILE", help="Of nginx, Apache, gunicorn, or JSON lines; .gz too."
        ),
    ] = None,
) -> None:
    """Map the coupling of a Django monolith and suggest boundaries. Nothing of it is imported or run."""
    if format not in FORMATS:
        raise BadDocument(
            f"there is no format {format!r}", where="--format", remedy="Use text, html or json."
        )
    if boundary is not None and format != "text":
        remedy = "Leave --format out; the html and json reports hold every boundary."
        raise BadDocument("a single boundary is printed as text", where="--boundary", remedy=remedy)
    from time import perf_counter

    from analyzer.cache import default_folder
    from analyzer.pipeline import Options, run
    from analyzer.runtime import Evidence

    started = perf_counter()
    folder = (cache_dir or default_folder()) if cache else None
    with _progress() as progress:
        evidence = Evidence(runtime or (), access_log or ())
        outcome = run(path, Options(seed=seed), progress=progress, cache=folder, evidence=evidence)
    if format == "text":
        _print_text(outcome.analysis(), boundary, str(path), output)
    else:
        write(_document(outcome, format, str(path)), output)
    number = outcome.modules
    modules = f"{number:,} module" if number == 1 else f"{number:,} modules"
    typer.echo(f"analysed {modules} in {perf_counter() - started:.1f} s", err=True)


def rule(
    code: Annotated[str, typer.Argument(metavar="CODE", help="A code from a report, such as STR002.")],
) -> None:
    """Explain a finding's code: what it means, why it matters, what to do."""
    from analyzer.rules import RULES

    found = RULES.get(code.upper())
    if found is None:
        raise Unknown(f"there is no rule {code}", where="CODE", remedy=f"Known: {', '.join(sorted(RULES))}.")
    typer.echo(f"{found.code} ({found.severity}): {found.title}\n\n{found.why}\n{found.remedy}")


def _document(outcome: Outcome, format: str, path: str) -> bytes:
    if format == "json":
        return outcome.document()
    from analyzer.report import page

    return page(outcome.analysis(), path).encode()


def _print_text(analysis: Analysis, boundary: str | None, path: str, output: str) -> None:
    """Coloured on a terminal, plain elsewhere; NO_COLOR and FORCE_COLOR as usual. A terminal's lines are wrapped."""
    from rich.console import Console

    from analyzer.report import boundary_page, report, wrapped

    text = (
        report(analysis, path)
        if boundary is None
        else boundary_page(analysis, _find(analysis, boundary), path)
    )
    if output != "-":
        write(text.plain.encode() + b"\n", output)
        return
    console = Console(soft_wrap=True, highlight=False)
    console.print(wrapped(text, console.width) if sys.stdout.isatty() else text)


def _find(analysis: Analysis, name: str) -> Boundary:
    for boundary in analysis.boundaries:
        if boundary.name == name:
            return boundary
    names = [b.name for b in analysis.boundaries]
    from difflib import get_close_matches

    close = get_close_matches(name, names, n=1)
    remedy = f"Did you mean {close[0]}?" if close else f"There are: {', '.join(names) or 'none'}."
    raise Unknown(f"there is no boundary {name!r}", where="--boundary", remedy=remedy)


@contextmanager
def _progress() -> Iterator[Progress | None]:
    """A progress bar on standard error, if that is a terminal: one bar over all stages, so that it never goes back."""
    if not sys.stderr.isatty():
        yield None
        return
    from rich.console import Console
    from rich.progress import BarColumn, TaskProgressColumn, TextColumn, TimeElapsedColumn
    from rich.progress import Progress as Bar

    columns = (TextColumn("{task.description:<10}"), BarColumn(), TaskProgressColumn(), TimeElapsedColumn())
    # without a thread that redraws: parsing forks, which is safe only while there is no other thread
    with Bar(*columns, console=Console(stderr=True), transient=True, auto_refresh=False) as bar:
        task = bar.add_task("read", total=1.0)
        shown = -1.0

        def advance(stage: str, done: int, total: int) -> None:
            nonlocal shown
            start, share = _STAGES.get(stage, (0.0, 1.0))
            completed = start + share * done / max(total, 1)
            if completed - shown >= 0.005:
                shown = completed
                bar.update(task, description=stage, completed=completed, refresh=True)

        yield advance


_STAGES = {"parse": (0.0, 0.25), "resolve": (0.25, 0.6), "boundaries": (0.85, 0.15)}
"""Where on the bar each stage begins, and its share of it: about the time it takes."""
