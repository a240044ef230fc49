"""``strangler analyze`` and ``strangler rule``: the report on a monolith, and what its codes mean."""

from __future__ import annotations

import sys
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING, Annotated

import typer

from strangler.cli.again import plain_report, tell
from strangler.cli.analysis import (
    CacheFolderOption,
    CacheOption,
    FolderArgument,
    OutputOption,
    Target,
    below_repository,
    decisions,
)
from strangler.cli.output import choice, is_plain, refuse_format, write
from strangler.errors import BadDocument, Unknown

if TYPE_CHECKING:
    from analyzer.model.plan import Analysis, Boundary
    from analyzer.pipeline import Outcome

FORMATS = ("text", "html", "json", "sarif", "mermaid", "github", "svg")


def analyze(
    path: FolderArgument = Path(),
    format: Annotated[str, typer.Option("--format", help=f"{choice(FORMATS)}.")] = "text",
    output: OutputOption = "-",
    boundary: Annotated[
        str | None,
        typer.Option("--boundary", metavar="NAME", help="One boundary: members, bill, next commands."),
    ] = None,
    pin: Annotated[
        Path | None,
        typer.Option("--pin", metavar="FILE", help="Where models belong; else what strangler.toml says."),
    ] = None,
    seed: Annotated[int, typer.Option("--seed", min=0, help="Seed of the clustering.")] = 0,
    cache: CacheOption = True,
    cache_dir: CacheFolderOption = None,
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
    history: Annotated[
        bool,
        typer.Option("--history", help="Let two years of the repository's history count for the order."),
    ] = False,
) -> None:
    """Map the coupling of a Django monolith and suggest boundaries. Nothing of it is imported or run."""
    refuse_format(format, FORMATS)
    if boundary is not None and format != "text":
        remedy = "Leave --format out; the other reports hold every boundary."
        raise BadDocument("a single boundary is printed as text", where="--boundary", remedy=remedy)
    if format == "svg":
        from analyzer.report.picture import import_picture

        write(import_picture(path), output)
        return
    from analyzer.runtime import Evidence

    started = perf_counter()
    evidence = Evidence(runtime or (), access_log or (), path if history else None)
    outcome = Target(path, cache, cache_dir).run(decisions(pin), seed=seed, evidence=evidence)
    if format == "text":
        _print_text(outcome, boundary, str(path), output)
    else:
        write(_document(outcome, format, path), output)
    tell(outcome.modules, perf_counter() - started)


def rule(
    code: Annotated[str, typer.Argument(metavar="CODE", help="A code from a report, such as STR002.")],
) -> None:
    """Explain a finding's code: what it means, why it matters, what to do."""
    from analyzer.rules import RULES

    found = RULES.get(code.upper())
    if found is None:
        raise Unknown(f"there is no rule {code}", where="CODE", remedy=f"Known: {', '.join(sorted(RULES))}.")
    typer.echo(f"{found.code} ({found.severity}): {found.title}\n\n{found.why}\n{found.remedy}")


def _document(outcome: Outcome, format: str, path: Path) -> bytes:
    if format == "json":
        return outcome.document()
    from analyzer import report

    analysis = outcome.analysis()
    if format == "sarif":
        return report.sarif(((finding, "") for finding in analysis.findings), below_repository(path))
    if format == "github":
        return report.workflow_commands(analysis.findings, below_repository(path)).encode()
    if format == "mermaid":
        return report.mermaid(analysis).encode()
    return report.page(analysis, str(path)).encode()


def _print_text(outcome: Outcome, boundary: str | None, path: str, output: str) -> None:
    """Coloured on a terminal, plain elsewhere; NO_COLOR and FORCE_COLOR as usual. A terminal's lines are wrapped."""
    from analyzer.report import boundary_page, report, wrapped

    if boundary is None and is_plain(output):
        write(plain_report(outcome, path), output)
        return
    from rich.console import Console

    analysis = outcome.analysis()
    console = Console(soft_wrap=True, highlight=False)
    width = console.width if output == "-" and sys.stdout.isatty() else None
    if boundary is not None:
        text = boundary_page(analysis, _find(analysis, boundary), path)
    else:
        text = report(analysis, path, width)
    if output != "-":
        write(text.plain.encode() + b"\n", output)
        return
    console.print(wrapped(text, width) if width else text)


def _find(analysis: Analysis, name: str) -> Boundary:
    for boundary in analysis.boundaries:
        if boundary.name == name:
            return boundary
    names = [b.name for b in analysis.boundaries]
    from difflib import get_close_matches

    close = get_close_matches(name, names, n=1)
    remedy = f"Did you mean {close[0]}?" if close else f"There are: {', '.join(names) or 'none'}."
    raise Unknown(f"there is no boundary {name!r}", where="--boundary", remedy=remedy)
