"""``strangler acl generate``: a first contract and mapping for a boundary."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from strangler.errors import BadDocument, Refused

__all__ = ["generate"]


def generate(
    boundary: Annotated[
        str, typer.Argument(metavar="BOUNDARY", help="Its name, as `strangler analyze` gives it.")
    ],
    analysis: Annotated[
        Path,
        typer.Option("--from", metavar="FILE", help="What `strangler analyze PATH --format json` wrote."),
    ],
    output: Annotated[
        Path, typer.Option("-o", "--output", metavar="FOLDER", help="Where the files go.")
    ] = Path(),
    force: Annotated[bool, typer.Option("--force", help="Replace files that are there.")] = False,
) -> None:
    """Write contract types, their OpenAPI schemas, a mapping with every field proposed, and tests that fail until the
    doubtful ones are decided."""
    from acl.codegen import generate as write

    made = write(_analysis(analysis), boundary)
    there = [name for name in made.files if (output / name).exists()]
    if there and not force:
        raise Refused(
            f"{', '.join(there)} would be replaced",
            where=str(output),
            remedy="Use --force, or another folder.",
        )
    try:
        output.mkdir(parents=True, exist_ok=True)
        for name, text in made.files.items():
            (output / name).write_text(text, "utf-8")
    except OSError as error:
        remedy = "Name a folder that can be written."
        raise BadDocument(f"cannot be written: {error.strerror}", where=str(output), remedy=remedy) from None
    typer.echo("\n".join(f"wrote {output / name}" for name in made.files))
    decided = made.columns - len(made.decisions)
    typer.echo(
        f"\n{made.columns} columns: {decided} proposed without a doubt, {len(made.decisions)} to decide"
    )
    for one in made.decisions:
        typer.echo(f"  {one.name}: {one.question} ({one.where.file}:{one.where.line})")
    for note in made.notes:
        typer.echo(f"  note: {note}")
    mappings = next(name for name in made.files if name.startswith("mappings_"))
    tests = next(name for name in made.files if name.startswith("test_"))
    typer.echo(f"\nnext: strangler acl check {output / mappings}; pytest {output / tests}")


def _analysis(file: Path) -> dict[str, Any]:
    import msgspec

    remedy = "Write one with: strangler analyze PATH --format json -o analysis.json."
    try:
        document = msgspec.json.decode(file.read_bytes())
    except OSError as error:
        raise BadDocument(f"it cannot be read: {error.strerror}", where=str(file), remedy=remedy) from None
    except msgspec.DecodeError as error:
        raise BadDocument(f"it is no JSON: {error}", where=str(file), remedy=remedy) from None
    if not isinstance(document, dict):
        raise BadDocument("it is no analysis", where=str(file), remedy=remedy)
    return document
