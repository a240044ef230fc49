"""``strangler acl diff``: is the new version of a contract one that old partners can live with?"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from strangler.errors import BadDocument

if TYPE_CHECKING:
    from acl.contract.compatibility import Difference

__all__ = ["diff"]

Document = Annotated[
    Path, typer.Argument(metavar="FILE", help="OpenAPI 3.0/3.1 or JSON Schema, as JSON or YAML.")
]


def diff(
    old: Document,
    new: Document,
    as_: Annotated[
        Literal["request", "response", "both"],
        typer.Option("--as", help="How documents of a JSON Schema travel; events are responses."),
    ] = "both",
    fail_on: Annotated[
        Literal["breaking", "warning"],
        typer.Option("--fail-on", help="From which level on the answer is no."),
    ] = "breaking",
    format_: Annotated[
        Literal["text", "json", "markdown"], typer.Option("--format", help="text, json or markdown.")
    ] = "text",
) -> None:
    """Compare two versions of a contract: what breaks those who send by the old one, and those who read by it.

    Exit 0: compatible; 1: breaking; 2: a document cannot be read.
    """
    from acl.contract.openapi import diff as compare

    found = compare(_read(old), _read(new), as_)
    if format_ == "json":
        import msgspec

        from strangler.cli.text import print_json

        print_json({"differences": [msgspec.to_builtins(one, enc_hook=repr) for one in found]})
    else:
        typer.echo(_as_text(found) if format_ == "text" else _as_markdown(found))
    bad = {"breaking"} if fail_on == "breaking" else {"breaking", "warning"}
    if any(one.level in bad for one in found):
        raise typer.Exit(1)


def _as_text(found: list[Difference]) -> str:
    if not found:
        return "nothing has changed that a partner could notice"
    counts = ", ".join(
        f"{count} {level}"
        for level in ("breaking", "warning", "compatible")
        if (count := sum(one.level == level for one in found))
    )
    return "\n".join([counts, *(f"  {one}" for one in found)])


def _as_markdown(found: list[Difference]) -> str:
    lines = ["| Level | Where | Change | Direction | Rule |", "| --- | --- | --- | --- | --- |"]
    for one in found:
        change = str(one).partition(f"{one.at}: ")[2].rpartition(" (")[0].replace("|", "\\|")
        lines.append(f"| {one.level} | `{one.at}` | {change} | {one.direction} | {one.rule} |")
    return "\n".join(lines)


def _read(file: Path) -> dict[str, Any]:
    import msgspec

    try:
        data = file.read_bytes()
        if file.suffix in {".yaml", ".yml"}:
            document = msgspec.yaml.decode(data)
        else:
            document = msgspec.json.decode(data)
    except OSError as error:
        raise BadDocument(
            f"it cannot be read: {error.strerror}", where=str(file), remedy="Name a file."
        ) from None
    except msgspec.DecodeError as error:
        raise BadDocument(
            f"it is no JSON or YAML: {error}", where=str(file), remedy="Check its syntax."
        ) from None
    except ImportError:
        remedy = "pip install pyyaml, or write the document as JSON."
        raise BadDocument("reading YAML needs PyYAML", where=str(file), remedy=remedy) from None
    if not isinstance(document, dict):
        remedy = "Name an OpenAPI document or a JSON Schema."
        raise BadDocument("it holds no object", where=str(file), remedy=remedy)
    return document
