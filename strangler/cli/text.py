"""How the commands put things on paper: columns, times, JSON. Plain text, the same on a terminal and in a pipe."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import typer

SCHEMA_VERSION = 1


def columns(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Left-aligned columns under their heads, two blanks between them."""
    lines = [head, *rows]
    widths = [max(len(line[i]) for line in lines) for i in range(len(head))]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip()
        for line in lines
    )


def facts(pairs: Sequence[tuple[str, str]]) -> str:
    """Names and values, one pair a line, the values aligned."""
    width = max(len(name) for name, _ in pairs)
    return "\n".join(f"{name.ljust(width)}  {value}".rstrip() for name, value in pairs)


def when(seconds: float) -> str:
    """A point in time, in UTC, to the second."""
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%d %H:%M:%SZ")


def print_json(content: dict[str, Any]) -> None:
    """A JSON object with its schema's version on standard output."""
    typer.echo(as_json(content))


def as_json(content: dict[str, Any]) -> str:
    """A JSON object with its schema's version."""
    return json.dumps({"schema_version": SCHEMA_VERSION, **content}, indent=2, ensure_ascii=False)
