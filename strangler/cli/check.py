"""``strangler check``: hold the walls between boundaries. Exit 1 when something crosses them that was not accepted."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING, Annotated

import typer

from strangler.cli.again import tell
from strangler.cli.analysis import (
    CacheFolderOption,
    CacheOption,
    Decisions,
    FolderArgument,
    OutputOption,
    PinOption,
    Target,
    below_repository,
    decisions,
    lines_of,
)
from strangler.cli.output import refuse_format, write
from strangler.cli.text import as_json
from strangler.errors import BadDocument

if TYPE_CHECKING:
    from analyzer.baseline import Baseline, Coupling, Drift
    from analyzer.model.facts import Finding
    from analyzer.model.pins import Pins
    from analyzer.model.plan import Analysis

FORMATS = ("text", "json", "sarif", "github")
REST = "monolith"
"""Where boundaries are accepted: everything that is in none of them."""


def check(
    path: FolderArgument = Path(),
    baseline: Annotated[
        Path | None, typer.Option("--baseline", metavar="FILE", help="The couplings that are accepted.")
    ] = None,
    update: Annotated[
        bool, typer.Option("--update-baseline", help="Accept what crosses now: write it to the baseline.")
    ] = False,
    since: Annotated[
        str | None, typer.Option("--since", metavar="REV", help="Accept what crossed at this git revision.")
    ] = None,
    pin: PinOption = None,
    format: Annotated[str, typer.Option("--format", help="text, json, sarif or github.")] = "text",
    output: OutputOption = "-",
    import_linter: Annotated[
        str | None,
        typer.Option(
            "--import-linter", metavar="FILE", help="Only write the walls, as contracts of import-linter."
        ),
    ] = None,
    exit_zero: Annotated[
        bool, typer.Option("--exit-zero", help="Answer 0 even where something new crosses.")
    ] = False,
    cache: CacheOption = True,
    cache_dir: CacheFolderOption = None,
) -> int:
    """Compare what crosses the boundaries with what was accepted. Nothing of the project is imported or run."""
    _refuse(format, baseline, update, since, import_linter)
    started = perf_counter()
    target = Target(path, cache, cache_dir)
    decided = decisions(pin)
    accepted = decided.pins
    if import_linter is not None:
        return _write_walls(target.run(decided).analysis(), accepted, import_linter)
    known = _known(target, decided, None if update else baseline, since)
    outcome = target.run(decided, pins=_walls(accepted, known))
    analysis = outcome.analysis()
    found = _crossing(analysis, path)
    if update:
        assert baseline is not None
        return _accept(analysis, found, baseline)
    from analyzer.baseline import compare

    assert known is not None
    drift = compare(known, found)
    write(_document(drift, _undecided(analysis, accepted), format, path), output)
    tell(outcome.modules, perf_counter() - started)
    return 1 if drift.new and not exit_zero else 0


def _refuse(
    format: str, baseline: Path | None, update: bool, since: str | None, import_linter: str | None
) -> None:
    refuse_format(format, FORMATS)
    if import_linter is not None:
        return
    if (baseline is None) == (since is None):
        remedy = "Give --baseline FILE (and --update-baseline the first time), or --since REV."
        raise BadDocument("what was accepted stands in one place", where="strangler check", remedy=remedy)
    if update and baseline is None:
        raise BadDocument(
            "there is nothing to update", where="--update-baseline", remedy="Name it: --baseline FILE."
        )


def _known(target: Target, decided: Decisions, baseline: Path | None, since: str | None) -> Baseline | None:
    """What was accepted: in a file, or whatever crossed at a revision."""
    if since is not None:
        from strangler.cli.revision import checked_out

        with checked_out(target.path, since) as folder:
            earlier = replace(decided.pins, strict=False)  # what is accepted now may not have been there yet
            before = Target(folder, cache=False).run(decided, pins=_walls(earlier, None)).analysis()
            from analyzer.baseline import accept

            return accept(before.boundaries, _crossing(before, folder))
    if baseline is None:
        return None
    from analyzer.baseline import read

    try:
        return read(baseline.read_bytes(), str(baseline))
    except FileNotFoundError:
        remedy = "Write it first: strangler check PATH --baseline FILE --update-baseline."
        raise BadDocument("there is no baseline", where=str(baseline), remedy=remedy) from None


def _walls(accepted: Pins, known: Baseline | None) -> Pins:
    """The boundaries that count: those the team has accepted and one for all the rest; else those of the baseline, so
    that the walls stand still while the code moves; else the draft."""
    if accepted:
        return accepted.with_rest(REST)
    if known is None:
        return accepted
    from analyzer.model.pins import Pins

    return Pins(known.boundaries, {name: name in known.shared for name in known.boundaries}, strict=False)


def _crossing(analysis: Analysis, folder: Path) -> tuple[Coupling, ...]:
    from analyzer.baseline import couplings
    from analyzer.rules import crossings

    return couplings(crossings(analysis), lines_of(folder))


def _accept(analysis: Analysis, found: Iterable[Coupling], file: Path) -> int:
    from analyzer.baseline import accept
    from analyzer.baseline import write as encode

    baseline = accept(analysis.boundaries, found)
    write(encode(baseline), str(file))
    from analyzer.model.words import count

    number = sum(known.count for known in baseline.known)
    walls = ", ".join(sorted(baseline.boundaries))
    typer.echo(f"{file}: {count(number, 'coupling')} accepted across the boundaries {walls}")
    return 0


def _write_walls(analysis: Analysis, accepted: Pins, output: str) -> int:
    from analyzer.model.pins import FRAMEWORK
    from analyzer.report import contracts

    names = accepted.boundaries or [b.name for b in analysis.boundaries if b.name != FRAMEWORK]
    write(contracts(analysis, names).encode(), output)
    return 0


def _undecided(analysis: Analysis, accepted: Pins) -> tuple[tuple[str, str], ...]:
    from analyzer.boundaries import undecided

    return undecided(analysis, accepted) if accepted else ()


def _document(drift: Drift, undecided: tuple[tuple[str, str], ...], format: str, path: Path) -> bytes:
    singles = [(replace(c.finding, locations=(c.location,)), c.fingerprint) for c in drift.new]
    if format == "sarif":
        from analyzer.report import sarif

        return sarif(singles, below_repository(path))
    if format == "github":
        from analyzer.report import workflow_commands

        return workflow_commands((finding for finding, _ in singles), below_repository(path)).encode()
    if format == "json":
        return _as_json(drift, undecided).encode() + b"\n"
    return _as_text(drift, undecided).encode()


def _as_json(drift: Drift, undecided: tuple[tuple[str, str], ...]) -> str:
    new = [
        {
            "code": c.finding.code,
            "severity": c.finding.severity,
            "message": c.finding.message,
            "file": c.location.file,
            "line": c.location.line,
            "remedy": c.finding.remedy,
            "fingerprint": c.fingerprint,
        }
        for c in drift.new
    ]
    gone = [{"code": k.code, "message": k.message, "count": k.count} for k in drift.gone]
    return as_json({
        "new": new,
        "gone": gone,
        "undecided": [{"model": label, "boundary": name} for label, name in undecided],
    })  # fmt: skip


def _as_text(drift: Drift, undecided: tuple[tuple[str, str], ...]) -> str:
    """The answer first, then each new coupling with its places, then what has become better and what is undecided."""
    from analyzer.model.words import count

    gone = sum(known.count for known in drift.gone)
    lines = [f"{count(len(drift.new), 'new coupling')} across boundaries, {gone} gone"]
    places: dict[Finding, list[Coupling]] = {}
    for coupling in drift.new:
        places.setdefault(coupling.finding, []).append(coupling)
    for finding, couplings in places.items():
        lines += ["", f"{finding.code} {finding.severity}: {finding.message}"]
        lines += [f"  {c.location.file}:{c.location.line}" for c in couplings]
        lines.append(f"  {finding.remedy}")
    if gone:
        lines += ["", "What is gone cannot come back unseen after: --update-baseline"]
    for label, name in undecided:
        lines += ["", f"{label} is in no accepted boundary and taken for {name}'s: add it to strangler.toml."]
    return "\n".join(lines) + "\n"
