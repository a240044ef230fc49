"""``strangler acl scan``: every row through a mapping, before any cut."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from strangler.errors import BadDocument

if TYPE_CHECKING:
    from acl.data.quarantine import Quarantine
    from acl.data.scan import Scan
    from acl.mapping import Mapping
    from acl.stores import Database
    from acl.translate import Untranslatable

__all__ = ["scan"]

Advance = Callable[[int], None]
_EVERY = 10  # batches between two notes of how far it is


def scan(
    target: Annotated[
        str,
        typer.Argument(metavar="TARGET", help="Where the mapping is declared: FILE.py or MODULE, and :NAME."),
    ],
    database: Annotated[
        str,
        typer.Option(
            metavar="URL", help="The legacy database: sqlite:///FILE or postgresql://... It is only read."
        ),
    ],
    path: Annotated[list[Path] | None, typer.Option("--path", help="A folder to import from.")] = None,
    quarantine: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Keep every record here; an interrupted scan goes on.")
    ] = None,
    replay: Annotated[
        bool,
        typer.Option(
            "--replay", help="Only the rows that are in the quarantine; keep what is still refused."
        ),
    ] = False,
    round_trip: Annotated[
        bool, typer.Option("--round-trip", help="Count rows that would come back changed, too.")
    ] = False,
    examples: Annotated[int, typer.Option(min=0, help="How many examples of each reason.")] = 3,
    format_: Annotated[Literal["text", "json"], typer.Option("--format", help="text or json.")] = "text",
) -> None:
    """Translate every row of a live database, which is only read; count what cannot be by reason, with examples.

    Exit 0: every row translates; 1: some do not, or come back changed; 2: it could not be done.
    """
    from acl.stores import open_database
    from strangler.mappings import one_mapping

    mapping = one_mapping(target, path or [])
    if replay and quarantine is None:
        raise BadDocument(
            "--replay needs a quarantine", where="--quarantine", remedy="Name the file of a scan."
        )
    opened = open_database(database)
    try:
        if replay and quarantine is not None:
            found = _replay(mapping, opened, _quarantine(mapping, quarantine), round_trip)
        else:
            keeper = _quarantine(mapping, quarantine) if quarantine is not None else None
            found = _scan(mapping, opened, keeper, round_trip, examples)
    finally:
        opened.close()
    if format_ == "json":
        from strangler.cli.text import print_json

        print_json(_as_document(mapping, found))
    else:
        typer.echo(_as_text(mapping, found), nl=False)
    if found.refused or found.changed:
        raise typer.Exit(1)


def _quarantine(mapping: Mapping, file: Path) -> Quarantine:
    from acl.contract import fingerprint, outline_of_contract, outline_of_legacy
    from acl.data.quarantine import Quarantine

    print_ = fingerprint(outline_of_legacy(mapping.table), outline_of_contract(mapping.shape))
    return Quarantine(file, mapping.name, f"{print_}/{mapping.version}")


def _scan(
    mapping: Mapping, database: Database, keeper: Quarantine | None, round_trip: bool, examples: int
) -> Scan:
    from acl.data import count_rows
    from acl.data.scan import Scan
    from acl.data.scan import scan as scan_rows

    so_far = keeper.resume() if keeper is not None else None
    if so_far is not None:
        typer.echo(f"going on behind row {so_far.last_key!r}, after {so_far.rows:,} rows", err=True)
    found = so_far or Scan()
    found.examples = examples

    def keep(records: Iterable[Untranslatable], last_key: Any) -> None:
        if keeper is not None:
            keeper.append(records)

    total = found.rows + count_rows(database, mapping.table, after=found.last_key)
    with _progress(mapping.name, total, found.rows) as advance:
        batches = scan_rows(mapping, database, so_far=found, round_trip=round_trip, keep=keep)
        for number, state in enumerate(batches):
            advance(state.rows)
            if keeper is not None and number % _EVERY == _EVERY - 1:
                keeper.save(state)
    if keeper is not None:
        keeper.finish()
    return found


def _replay(mapping: Mapping, database: Database, keeper: Quarantine, round_trip: bool) -> Scan:
    from acl.data.scan import scan_keys

    still: list[Untranslatable] = []

    def keep(records: Iterable[Untranslatable], last_key: Any) -> None:
        still.extend(records)

    found = scan_keys(mapping, database, keeper.keys(), round_trip=round_trip, keep=keep)
    keeper.replace(still)
    return found


@contextmanager
def _progress(name: str, total: int, done: int) -> Iterator[Advance]:
    """A bar on a terminal, and nothing elsewhere."""
    if not sys.stderr.isatty():
        yield lambda rows: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    shown = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*shown, console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task(name, total=total, completed=done)
        yield lambda rows: progress.update(task, completed=rows)


def _as_text(mapping: Mapping, found: Scan) -> str:
    from strangler.cli.text import columns

    sound = found.rows - found.refused
    head = f"{mapping.name}: {found.rows:,} rows scanned, {sound:,} translate, {found.refused:,} do not"
    if found.changed:
        head += f"; {found.changed:,} would come back changed"
    if not found.reasons:
        return head + "\n"
    rows = [
        (f"{one.count:,}", one.path, one.operation, one.reason, _examples(one.examples))
        for one in found.by_count
    ]
    return f"{head}\n\n{columns(('COUNT', 'PATH', 'OPERATION', 'REASON', 'EXAMPLES'), rows)}\n"


def _examples(pairs: list[tuple[Any, Any]]) -> str:
    return ", ".join(f"row {key!r}: {_short(value)}" for key, value in pairs)


def _short(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 40 else f"{text[:37]}..."


def _as_document(mapping: Mapping, found: Scan) -> dict[str, Any]:
    import msgspec

    return {
        "mapping": mapping.name,
        "version": mapping.version,
        "rows": found.rows,
        "refused": found.refused,
        "changed": found.changed,
        "reasons": msgspec.to_builtins(found.by_count, enc_hook=repr),
    }
