"""What the commands that read and change routes share: their options, where these lead, and how a change is made."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

import typer

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    from strangler.cli.target import Target
    from strangler.control.verbs import AnyVerb

StateOption = Annotated[
    str | None,
    typer.Option(
        "--state",
        metavar="URL",
        help="sqlite:///relative.db, sqlite:////absolute.db or postgresql://HOST/DATABASE.",
    ),
]
UrlOption = Annotated[str | None, typer.Option("--url", help="Go through the admin API of a running facade.")]
TokenOption = Annotated[str | None, typer.Option("--token", help="For --url; better in STRANGLER_TOKEN.")]
Format = Annotated[Literal["text", "json"], typer.Option("--format", help="text or json.")]
ReasonOption = Annotated[str, typer.Option("--reason", help="Why; kept in the audit log.")]
YesOption = Annotated[bool, typer.Option("--yes", "-y", help="Do not ask on a terminal.")]
DryRunOption = Annotated[bool, typer.Option("--dry-run", help="Only show what would change.")]
ForceOption = Annotated[bool, typer.Option("--force", help="Override a refusal; needs --reason.")]
Name = Annotated[str, typer.Argument(metavar="NAME", help="A group, or a route of it.")]


def target_of(
    state: str | None, url: str | None, token: str | None, *, create: bool = False
) -> AbstractContextManager[Target]:
    """Where the options say that routes are read and changed."""
    from strangler.cli.target import open_target

    return open_target(state, url, token, create=create)


def carry_out(
    opening: AbstractContextManager[Target],
    verb: AnyVerb,
    reason: str,
    dry_run: bool,
    force: bool,
    yes: bool,
    format_: str,
) -> None:
    """Make a change, on a terminal after asking, and say what came of it."""
    from strangler.cli import views
    from strangler.control import Request
    from strangler.control.verbs import SetPolicy

    request = Request(verb, reason=reason, force=force, dry_run=dry_run)
    with opening as target:
        if not isinstance(verb, SetPolicy):  # a route may have one of its own
            views.say_group(target, getattr(verb, "name", None))
        expected = None
        if not (dry_run or yes) and views.interactive():
            expected = views.ask(target, Request(verb, reason=reason, force=force, dry_run=True))
        views.show_outcome(target.change(request, expected), dry_run, format_)
