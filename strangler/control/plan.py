"""What an operator wants of a rollout, by command or by API: the plan it starts with, or one word to a running one."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Literal

import msgspec

from strangler.control.probes import read_check, read_hook
from strangler.control.rollouts import Rollouts
from strangler.errors import BadDocument
from strangler.rollout import Rollout, Thresholds
from strangler.routing.values import read_duration, read_percent


class RolloutRequest(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """The body of ``POST /api/rollouts``. All but ``group``, ``action`` and ``reason`` is for ``start``."""

    group: str
    action: Literal["start", "pause", "resume", "promote", "abort"]
    reason: str = ""
    steps: tuple[float, ...] = (1, 5, 25, 50, 100)
    interval: str | float = "5m"
    max_error_delta: str | float = "0.5%"
    max_p95_ratio: float = 1.2
    max_diff: str | float = "0.1%"
    min_requests: int = 100
    checks: tuple[str, ...] = ()
    hook: str = ""
    give_up: str | float = "24h"


def carry_out(request: RolloutRequest, rollouts: Rollouts) -> Rollout:
    """Do what is asked; raises what ``Rollouts`` raises, and ``BadDocument`` for a plan that means nothing."""
    if request.action == "start":
        return rollouts.start(plan(request), reason=request.reason)
    word = {
        "pause": rollouts.pause,
        "resume": rollouts.resume,
        "promote": rollouts.promote,
        "abort": rollouts.abort,
    }[request.action]
    return word(request.group)


def plan(request: RolloutRequest) -> Rollout:
    """The rollout that is to start."""
    return Rollout(
        group=request.group,
        steps=_steps(request.steps),
        interval=read_duration(request.interval, "interval"),
        thresholds=Thresholds(
            max_error_delta=_fraction(request.max_error_delta, "max_error_delta"),
            max_p95_ratio=_between(request.max_p95_ratio, 1.0, 1_000.0, "max_p95_ratio"),
            max_diff=_fraction(request.max_diff, "max_diff"),
            min_requests=int(_between(request.min_requests, 1, 10**9, "min_requests")),
            checks=tuple(read_check(text, "checks") for text in request.checks),
        ),
        hook=read_hook(request.hook, "hook") if request.hook else "",
        give_up=0.0 if request.give_up == "never" else read_duration(request.give_up, "give_up"),
    )


def shown(rollouts: Rollouts, rollout: Rollout) -> dict[str, Any]:
    """A rollout as the command line and the API show it, with what was seen since its step began."""
    seen = rollouts.observe(rollout)
    return {
        "group": rollout.group,
        "phase": rollout.phase,
        "step": rollout.step + 1,
        "steps": rollout.steps,
        "share": rollout.share,
        "since": rollout.since,
        "interval": rollout.interval,
        "verdict": {"answer": rollout.verdict.answer, "reason": rollout.verdict.reason},
        "checks": [f"{check.name} {check.demand}" for check in rollout.thresholds.checks],
        "hook": rollout.hook,
        "give_up": rollout.give_up,
        "monolith": {"requests": seen.monolith.requests, "errors": seen.monolith.errors},
        "service": {"requests": seen.service.requests, "errors": seen.service.errors},
        "shadow": {"compared": seen.compared, "differing": seen.differing},
    }


def _steps(steps: Iterable[float]) -> tuple[float, ...]:
    read = tuple(read_percent(step, "steps") for step in steps)
    if not read or list(read) != sorted(set(read)) or read[0] <= 0:
        raise BadDocument("the steps do not rise", where="steps", remedy="Write them like 1,5,25,50,100.")
    return read


def _fraction(value: str | float, where: str) -> float:
    return read_percent(value.strip().removesuffix("%") if isinstance(value, str) else value, where) / 100


def _between(number: float, least: float, most: float, where: str) -> float:
    if not least <= number <= most:
        raise BadDocument(
            f"{number:g} is not between {least:g} and {most:g}", where=where, remedy="Correct it."
        )
    return number
