"""``strangler acl``: what a mapping covers and preserves, and the Python that it compiles to."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from strangler.cli.acl_diff import diff
from strangler.cli.acl_generate import generate
from strangler.cli.acl_scan import scan
from strangler.errors import BadDocument

if TYPE_CHECKING:
    from acl.contract import Table
    from acl.mapping import Mapping
    from strangler.cli.acl_report import Checked

app = typer.Typer(no_args_is_help=True, rich_markup_mode=None)

Target = Annotated[
    str,
    typer.Argument(
        metavar="TARGET", help="Where mappings are declared: FILE.py or MODULE, and :NAME for one."
    ),
]
PathOption = Annotated[
    list[Path] | None, typer.Option("--path", help="A folder to import from; the current one is never used.")
]


@app.command()
def check(
    target: Target,
    path: PathOption = None,
    analysis: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Compare with the models of this analysis.json.")
    ] = None,
    compiled: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Compare with what this compiled module remembers.")
    ] = None,
    database: Annotated[
        str | None,
        typer.Option(metavar="URL", help="Compare with a live catalogue: sqlite:///... or postgresql://..."),
    ] = None,
    laws: Annotated[
        bool, typer.Option("--laws/--no-laws", help="Try the laws on generated examples.")
    ] = True,
    examples: Annotated[int, typer.Option(min=1, help="How many examples for each law.")] = 100,
    format_: Annotated[
        Literal["text", "json", "markdown"], typer.Option("--format", help="text, json or markdown.")
    ] = "text",
) -> None:
    """Show what a mapping covers and preserves, try its laws, and tell what has changed on either side.

    Exit 1 when a law is broken, a decision is open, or a change is lossy or breaking.
    """
    from strangler.cli.acl_report import as_document, as_markdown, as_text
    from strangler.mappings import mappings

    found = [
        _checked(mapping, analysis, compiled, database, examples if laws else 0)
        for mapping in mappings(target, path or [])
    ]
    if format_ == "json":
        from strangler.cli.text import print_json

        print_json({"mappings": [as_document(checked) for checked in found]})
    else:
        write = as_text if format_ == "text" else as_markdown
        typer.echo("\n".join(write(checked) for checked in found), nl=False)
    if any(checked.broken for checked in found):
        raise typer.Exit(1)


@app.command("compile")
def compile_(
    target: Target,
    path: PathOption = None,
    width: Annotated[int, typer.Option(min=60, help="Columns of a line.")] = 88,
    output: Annotated[str, typer.Option("-o", "--output", help="A file; - is standard output.")] = "-",
) -> None:
    """Print one mapping as a module that imports the standard library only, to be committed and read."""
    from acl.mapping import compile_source
    from strangler.cli.output import write
    from strangler.mappings import one_mapping

    write(compile_source(one_mapping(target, path or []), width=width).encode(), output)


app.command()(generate)
app.command()(scan)
app.command()(diff)


def _checked(
    mapping: Mapping, analysis: Path | None, compiled: Path | None, database: str | None, examples: int
) -> Checked:
    from acl.mapping import check as report_on
    from strangler.cli.acl_report import Checked

    checked = Checked(report_on(mapping))
    _try_laws(checked, mapping, examples)
    if compiled is not None:
        _compare_compiled(checked, mapping, compiled)
    if analysis is not None:
        _compare_analysis(checked, mapping, analysis)
    if database is not None:
        _compare_database(checked, mapping, database)
    return checked


def _try_laws(checked: Checked, mapping: Mapping, examples: int) -> None:
    if not examples:
        checked.untried = "not tried (--no-laws)"
        return
    try:
        from acl.laws import LAWS, losses, prove
    except ModuleNotFoundError:
        checked.untried = "not tried: pip install 'strangler[laws]'"
        return
    checked.laws = [prove(mapping, law, examples=examples) for law in LAWS]
    checked.losses = losses(mapping)


def _compare_compiled(checked: Checked, mapping: Mapping, file: Path) -> None:
    from acl.contract import outline_of_contract, outline_of_legacy
    from acl.mapping import compiles_to
    from acl.mapping.baked import read_baked
    from acl.mapping.drift import drift_of_contract, drift_of_legacy

    source = _read(file, "--compiled")
    baked = read_baked(source, str(file))
    if (baked.mapping, baked.version) != (mapping.name, mapping.version):
        checked.stale = f"{file} is of mapping {baked.mapping} {baked.version}: compile it again"
    elif not compiles_to(mapping, source):
        checked.stale = f"{file} is not what the declaration compiles to: compile it again"
    checked.compared_with.append(f"{file}, {baked.fingerprint}")
    checked.drift += drift_of_legacy(mapping, baked.legacy, outline_of_legacy(mapping.table))
    checked.drift += drift_of_contract(mapping, baked.contract, outline_of_contract(mapping.shape))


def _compare_analysis(checked: Checked, mapping: Mapping, file: Path) -> None:
    from acl.contract import outline_of_legacy
    from acl.mapping.drift import drift_of_legacy

    tables = read_tables(file)
    now = _as_analysed(mapping.table, tables)
    after = outline_of_legacy(now) if now is not None else {}
    checked.compared_with.append(str(file))
    checked.drift += drift_of_legacy(mapping, outline_of_legacy(mapping.table), after)


def _as_analysed(table: Table, tables: dict[str, Table]) -> Table | None:
    """The same aggregate with the columns that the analysis has."""
    from dataclasses import replace

    found = tables.get(table.model)
    if found is None:
        return None
    children = [(one, _as_analysed(one.table, tables)) for one in table.children]
    return replace(found, children=tuple(replace(one, table=now) for one, now in children if now is not None))


def read_tables(file: Path) -> dict[str, Table]:
    """The models of an analysis, by label."""
    import msgspec

    from acl.contract.analysis import tables_of

    try:
        return tables_of(msgspec.json.decode(_read(file, "--analysis")))
    except msgspec.DecodeError as error:
        remedy = "Write one with: strangler analyze PATH --format json -o analysis.json."
        raise BadDocument(f"it is no JSON: {error}", where=str(file), remedy=remedy) from None


def _compare_database(checked: Checked, mapping: Mapping, url: str) -> None:
    from acl.contract import outline_of_legacy
    from acl.data import outline_of_database
    from acl.mapping.drift import drift_of_legacy
    from acl.stores import open_database

    opened = open_database(url)
    try:
        after = outline_of_database(opened, mapping.table)
    finally:
        opened.close()
    checked.compared_with.append(url.rpartition("@")[2])
    checked.drift += drift_of_legacy(mapping, outline_of_legacy(mapping.table), after, "database")


def _read(file: Path, option: str) -> str:
    try:
        return file.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8"
        raise BadDocument(f"{file} cannot be read: {reason}", where=option, remedy="Name a file.") from None
