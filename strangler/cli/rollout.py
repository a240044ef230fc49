"""``strangler rollout``: a group's way to the service in guarded steps."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from strangler.cli.changing import TokenOption, UrlOption
from strangler.cli.output import refuse_format
from strangler.errors import Unknown

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    from strangler.cli.target import Target
    from strangler.control.plan import RolloutRequest

_LOOK = 1.0
"""Seconds between two looks of --wait and --watch."""

app = typer.Typer(no_args_is_help=True, rich_markup_mode=None)

GroupArgument = Annotated[str, typer.Argument(metavar="NAME", help="The group that moves.")]
StateOption = Annotated[str | None, typer.Option("--state", help="Where the routes are kept.")]
FormatOption = Annotated[str, typer.Option("--format", help="text or json.")]


@app.command()
def start(
    name: GroupArgument,
    steps: Annotated[str, typer.Option(help="Shares in percent, rising.")] = "1,5,25,50,100",
    interval: Annotated[str, typer.Option(help="How long each step is watched at least.")] = "5m",
    max_error_delta: Annotated[
        str, typer.Option(help="How much the service's error rate may exceed the monolith's.")
    ] = "0.5%",
    max_p95_ratio: Annotated[float, typer.Option(help="How much slower its 95th percentile may be.")] = 1.2,
    max_diff: Annotated[str, typer.Option(help="The share of shadowed answers that may differ.")] = "0.1%",
    min_requests: Annotated[int, typer.Option(help="Requests on the service that a verdict needs.")] = 100,
    check: Annotated[
        list[str] | None,
        typer.Option(
            metavar="'NAME = URL EXPRESSION <= NUMBER'", help="A figure from outside; see docs/rollout.md."
        ),
    ] = None,
    hook: Annotated[
        str | None, typer.Option(metavar="URL", help="Asked for consent before each step.")
    ] = None,
    give_up: Annotated[str, typer.Option(help="Go back when a step is held so long; or never.")] = "24h",
    reason: Annotated[str, typer.Option(help="Why; kept in the audit log.")] = "",
    state: StateOption = None,
    url: UrlOption = None,
    token: TokenOption = None,
) -> None:
    """Begin. A running facade carries it out, and goes back by itself when the guard fails."""
    from strangler.control.plan import RolloutRequest
    from strangler.routing.values import read_percent

    request = RolloutRequest(
        group=name,
        action="start",
        reason=reason,
        steps=tuple(read_percent(part.strip(), "steps") for part in steps.split(",")),
        interval=interval,
        max_error_delta=max_error_delta,
        max_p95_ratio=max_p95_ratio,
        max_diff=max_diff,
        min_requests=min_requests,
        checks=tuple(check or ()),
        hook=hook or "",
        give_up=give_up,
    )
    _roll(request, state, url, token)


@app.command()
def status(
    name: Annotated[str | None, typer.Argument(metavar="[NAME]", help="One group; else all.")] = None,
    wait: Annotated[
        bool, typer.Option("--wait", help="Until it has ended; exit code 0 if promoted, else 1.")
    ] = False,
    watch: Annotated[bool, typer.Option("--watch", help="Tell what changes, until Ctrl-C.")] = False,
    format: FormatOption = "text",
    state: StateOption = None,
    url: UrlOption = None,
    token: TokenOption = None,
) -> None:
    """Where the rollouts stand, and what the guard says."""
    import time

    refuse_format(format, ("text", "json"))
    told = ""
    with _target(state, url, token) as target:
        while True:
            found = [one for one in target.rollouts() if name in (None, one["group"])]
            if name and not found:
                raise Unknown(
                    f"there is no rollout of {name!r}", remedy=f"Start one: strangler rollout start {name}."
                )
            ended = not any(one["phase"] in ("running", "paused") for one in found)
            text = _text(found, format)
            if text != told and (ended or not wait or watch):
                typer.echo(text)
            told = text
            if not (watch or (wait and not ended)):
                break
            time.sleep(_LOOK)
    if wait and any(one["phase"] != "promoted" for one in found):
        raise typer.Exit(1)


@app.command()
def pause(
    name: GroupArgument, state: StateOption = None, url: UrlOption = None, token: TokenOption = None
) -> None:
    """Stay at this step; the guard keeps watching."""
    _say(name, "pause", state, url, token)


@app.command()
def resume(
    name: GroupArgument, state: StateOption = None, url: UrlOption = None, token: TokenOption = None
) -> None:
    """Go on; the step's interval begins anew."""
    _say(name, "resume", state, url, token)


@app.command()
def promote(
    name: GroupArgument, state: StateOption = None, url: UrlOption = None, token: TokenOption = None
) -> None:
    """Go to the last step now; the guard keeps watching."""
    _say(name, "promote", state, url, token)


@app.command()
def abort(
    name: GroupArgument, state: StateOption = None, url: UrlOption = None, token: TokenOption = None
) -> None:
    """Give up: back to the monolith, at once."""
    _say(name, "abort", state, url, token)


def _say(
    name: str,
    action: Literal["pause", "resume", "promote", "abort"],
    state: str | None,
    url: str | None,
    token: str | None,
) -> None:
    from strangler.control.plan import RolloutRequest

    _roll(RolloutRequest(group=name, action=action), state, url, token)


def _roll(request: RolloutRequest, state: str | None, url: str | None, token: str | None) -> None:
    with _target(state, url, token) as target:
        typer.echo(_text([target.roll(request)], "text"))


def _target(state: str | None, url: str | None, token: str | None) -> AbstractContextManager[Target]:
    from strangler.cli.target import open_target

    return open_target(state, url, token, create=False)


def _text(rollouts: list[dict[str, Any]], format: str) -> str:
    if format == "json":
        import msgspec

        document = {"schema_version": 1, "rollouts": rollouts}
        return msgspec.json.format(msgspec.json.encode(document)).decode()
    if not rollouts:
        return "No rollout has been started."
    return "\n".join(
        f"{one['group']}: {one['phase']}, step {one['step']} of {len(one['steps'])}, {one['share']:g} %\n"
        f"  guard: {one['verdict']['answer']} ({one['verdict']['reason']})"
        for one in rollouts
    )
