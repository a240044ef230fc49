"""``strangler config``: which settings are in force, and where each comes from."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from strangler.cli.changing import Format

app = typer.Typer(help="Show where each setting comes from.", no_args_is_help=True, rich_markup_mode=None)


@app.callback()
def _group() -> None:
    """Show where each setting comes from."""


@app.command()
def show(
    file: Annotated[
        Path | None, typer.Option("--config", help="Another file than strangler.toml or pyproject.toml.")
    ] = None,
    format_: Format = "text",
) -> None:
    """Every setting, its value and its source. Flags win over STRANGLER_*, these over the file."""
    import os

    from strangler.cli.text import columns, print_json
    from strangler.config import SECRETS, SETTINGS, load

    settings = load(Path.cwd(), os.environ, file).settings.values()
    shown = [(s.name, _shown(s.name, s.value, s.name in SECRETS), s.source) for s in settings]
    if format_ == "json":
        print_json({"settings": [{"name": n, "value": v, "source": s} for n, v, s in shown]})
    else:
        rows = [(name, value or "-", source, SETTINGS[name][1]) for name, value, source in shown]
        typer.echo(columns(("SETTING", "VALUE", "FROM", ""), rows))


def _shown(name: str, value: str | None, secret: bool) -> str | None:
    from strangler.store.address import without_password

    if secret and value:
        return "(hidden)"
    return without_password(value) if name == "state" and value and "@" in value else value
