"""The Typer application: the verbs by name, and of them only the one that is called imported."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from typing import Annotated, Any

import typer


def application(verb: str, commands: Mapping[str, tuple[str, str]]) -> typer.Typer:
    """The application with the called verb in it; the others stand there by name only, for --help and suggestions.

    ``commands``: verb -> (where it lives, its line in --help).
    """
    app = typer.Typer(
        help="Take a Django monolith apart into services, one endpoint at a time, with proof at every step.",
        no_args_is_help=True,
        rich_markup_mode=None,
        pretty_exceptions_enable=False,
        add_completion=False,
    )
    app.callback()(_top)
    for name, (place, summary) in commands.items():
        if name != verb:
            app.command(name, help=summary)(_elsewhere)
            continue
        module, _, attribute = place.partition(":")
        command: Any = getattr(import_module(module), attribute)
        if isinstance(command, typer.Typer):
            app.add_typer(command, name=name, help=summary)
        else:
            app.command(name, help=summary)(command)
    return app


def _version(asked: bool) -> None:
    if asked:
        from importlib.metadata import version

        typer.echo(f"strangler {version('strangler')}")
        raise typer.Exit


def _top(
    version: Annotated[
        bool, typer.Option("--version", help="Print the version.", is_eager=True, callback=_version)
    ] = False,
    debug: Annotated[bool, typer.Option("--debug", help="Show tracebacks.")] = False,
) -> None:
    """Options that stand before the verb."""


def _elsewhere() -> None:
    """Stands for a verb that was not called."""
