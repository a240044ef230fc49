"""``strangler acl``: what a mapping covers and preserves, and the Python that it compiles to."""

from __future__ import annotations

import sys
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from strangler.errors import BadDocument, Unknown

if TYPE_CHECKING:
    from acl.mapping import Covered, Mapping, Report

app = typer.Typer(no_args_is_help=True, rich_markup_mode=None)

Target = Annotated[str, typer.Argument(metavar="MODULE[:NAME]", help="Where mappings are declared.")]
PathOption = Annotated[
    list[Path] | None, typer.Option("--path", help="A folder to import from; the current one is never used.")
]


@app.command()
def check(
    target: Target,
    path: PathOption = None,
    format_: Annotated[Literal["text", "json"], typer.Option("--format", help="text or json.")] = "text",
) -> None:
    """Show what covers each column and field, and what it preserves. A declaration that cannot hold is an error."""
    from acl.mapping import check as report_on

    reports = [report_on(mapping) for mapping in _mappings(target, path or [])]
    if format_ == "json":
        from strangler.cli.text import print_json

        print_json({"mappings": [_as_json(report) for report in reports]})
        return
    for report in reports:
        _print(report)


@app.command("compile")
def compile_(
    target: Target,
    path: PathOption = None,
    output: Annotated[str, typer.Option("-o", "--output", help="A file; - is standard output.")] = "-",
) -> None:
    """Print one mapping as a module that imports the standard library only, to be committed and read."""
    from acl.mapping import compile_source

    mappings = _mappings(target, path or [])
    if len(mappings) > 1:
        names = ", ".join(mapping.name for mapping in mappings)
        raise BadDocument(f"{target} declares several mappings: {names}", remedy="Name one: MODULE:NAME.")
    from strangler.cli.output import write

    write(compile_source(mappings[0]).encode(), output)


def _mappings(target: str, folders: list[Path]) -> list[Mapping]:
    """The mappings that a module declares, or the one that is named; those used by others come with them."""
    from acl.mapping import Mapping

    module_name, _, name = target.partition(":")
    for folder in folders:
        if not folder.is_dir():
            raise BadDocument(
                f"{folder} is not a folder", where="--path", remedy="Name the folder to import from."
            )
        sys.path.insert(0, str(folder.resolve()))
    try:
        module = import_module(module_name)
    except ModuleNotFoundError as error:
        raise Unknown(
            f"{module_name!r} cannot be imported: {error}",
            remedy="Name its folder with --path, or install it.",
        ) from None
    found = {key: value for key, value in vars(module).items() if isinstance(value, Mapping)}
    if name:
        if name not in found:
            raise Unknown(
                f"{module_name} declares no mapping {name!r}", remedy=f"It declares: {_listed(found)}."
            )
        return [found[name]]
    if not found:
        raise Unknown(f"{module_name} declares no mapping", remedy="Name the module that calls mapping(...).")
    nested = {id(inner) for mapping in found.values() for one in mapping.operations for inner in one.inner}
    return [mapping for mapping in found.values() if id(mapping) not in nested]


def _print(report: Report) -> None:
    from strangler.cli.text import columns

    grades = ", ".join(f"{count} {grade}" for grade, count in sorted(report.grades.items()))
    typer.echo(f"{report.mapping}, version {report.version}: every column and field is covered; {grades}\n")
    for title, side in (("LEGACY", report.legacy), ("CONTRACT", report.contract)):
        rows = [_row(covered) for covered in side]
        typer.echo(columns((title, "TYPE", "OPERATION", "TO", "PRESERVES", "NOTE"), rows))
        typer.echo()


def _row(covered: Covered) -> tuple[str, ...]:
    kind = f"{covered.kind}?" if covered.null else covered.kind
    return (covered.name, kind, covered.operation, ", ".join(covered.partner), covered.grade, covered.note)


def _as_json(report: Report) -> dict[str, Any]:
    import msgspec

    document: dict[str, Any] = msgspec.to_builtins(report)
    return document | {"grades": dict(sorted(report.grades.items()))}


def _listed(found: dict[str, Mapping]) -> str:
    return ", ".join(sorted(found)) or "none"
