"""``strangler rollout``: a group's way to the service in guarded steps."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING, Annotated, Any

import typer

from strangler.cli.output import refuse_format

if TYPE_CHECKING:
    from strangler.control.rollouts import Rollouts
    from strangler.rollout import Rollout

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
) -> None:
    """Begin. A running facade carries it out, and goes back by itself when the guard fails."""
    from strangler.control.plan import RolloutRequest, carry_out
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
    with _rollouts(state) as rollouts:
        _tell(carry_out(request, rollouts))


@app.command()
def status(
    name: Annotated[str | None, typer.Argument(metavar="[NAME]", help="One group; else all.")] = None,
    format: FormatOption = "text",
    state: StateOption = None,
) -> None:
    """Where the rollouts stand, and what the guard says."""
    refuse_format(format, ("text", "json"))
    with _rollouts(state) as rollouts:
        found = [rollouts.get(name)] if name else rollouts.all()
        if format == "json":
            import msgspec

            document = {"schema_version": 1, "rollouts": [_as_json(rollouts, rollout) for rollout in found]}
            typer.echo(msgspec.json.format(msgspec.json.encode(document)).decode())
            return
        if not found:
            typer.echo("No rollout has been started.")
        for rollout in found:
            _tell(rollout)


@app.command()
def pause(name: GroupArgument, state: StateOption = None) -> None:
    """Stay at this step; the guard keeps watching."""
    with _rollouts(state) as rollouts:
        _tell(rollouts.pause(name))


@app.command()
def resume(name: GroupArgument, state: StateOption = None) -> None:
    """Go on; the step's interval begins anew."""
    with _rollouts(state) as rollouts:
        _tell(rollouts.resume(name))


@app.command()
def promote(name: GroupArgument, state: StateOption = None) -> None:
    """Go to the last step now; the guard keeps watching."""
    with _rollouts(state) as rollouts:
        _tell(rollouts.promote(name))


@app.command()
def abort(name: GroupArgument, state: StateOption = None) -> None:
    """Give up: back to the monolith, at once."""
    with _rollouts(state) as rollouts:
        _tell(rollouts.abort(name))


@contextmanager
def _rollouts(state_url: str | None) -> Iterator[Rollouts]:
    import time

    from strangler.cli.target import actor, open_local
    from strangler.control.rollouts import Rollouts
    from strangler.control.service import Control

    with closing(open_local(state_url, create=False)) as state:
        yield Rollouts(state, Control(state.routes, actor=actor()), holder="command line", clock=time.time)


def _tell(rollout: Rollout) -> None:
    where = f"step {rollout.step + 1} of {len(rollout.steps)}, {rollout.share:g} %"
    typer.echo(f"{rollout.group}: {rollout.phase}, {where}")
    typer.echo(f"  guard: {rollout.verdict.answer} ({rollout.verdict.reason})")


def _as_json(rollouts: Rollouts, rollout: Rollout) -> dict[str, Any]:
    from strangler.control.plan import as_json

    seen = rollouts.observe(rollout)
    return {
        **as_json(rollout),
        "monolith": {"requests": seen.monolith.requests, "errors": seen.monolith.errors},
        "service": {"requests": seen.service.requests, "errors": seen.service.errors},
        "shadow": {"compared": seen.compared, "differing": seen.differing},
    }
