"""One rollout as a state machine: ``advance(state, observation, now) -> (state, actions)``. Pure; time is passed in."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

from strangler.rollout.guard import Thresholds, Verdict, judge
from strangler.rollout.window import Observation, Window

Phase = Literal["running", "paused", "promoted", "rolled back", "aborted"]
WATCHED: frozenset[Phase] = frozenset({"running", "paused", "promoted"})
"""The phases in which a failing guard goes back. The others have nobody on the service to protect."""


@dataclass(frozen=True, slots=True)
class Rollout:
    """A group on its way. ``step`` is the position in ``steps`` (percent), ``since`` the time it began, in seconds.

    ``baseline`` is the last sufficient window of the monolith, kept for the time when it has no traffic left.
    Before each step forward ``hook`` (a URL; empty: none) is asked for its consent. A step that is held for ``give_up``
    seconds (0: for ever) goes back.
    ``pending`` says that ``share`` was decided but is not yet known to stand in the route table.
    """

    group: str
    steps: tuple[float, ...] = (1.0, 5.0, 25.0, 50.0, 100.0)
    interval: float = 300.0
    thresholds: Thresholds = Thresholds()
    phase: Phase = "running"
    step: int = 0
    since: float = 0.0
    pending: bool = True
    verdict: Verdict = Verdict("inconclusive", "nothing seen yet")
    baseline: Window | None = None
    hook: str = ""
    give_up: float = 0.0

    @property
    def share(self) -> float:
        """The percentage that the service should have now."""
        return 0.0 if self.phase in ("rolled back", "aborted") else self.steps[self.step]


@dataclass(frozen=True, slots=True)
class SetShare:
    """Give the service this share of the group, in percent."""

    share: float
    reason: str


@dataclass(frozen=True, slots=True)
class RollBack:
    """Take the group back to the monolith, at once."""

    reason: str


@dataclass(frozen=True, slots=True)
class AskHook:
    """Ask whether the step after ``step`` may be taken."""

    url: str
    step: int
    since: float
    share: float
    verdict: str


Action = SetShare | RollBack | AskHook


def start(rollout: Rollout, now: float) -> tuple[Rollout, tuple[Action, ...]]:
    """The first step."""
    begun = replace(rollout, step=0, since=now, phase="running", pending=True)
    return begun, (SetShare(begun.share, f"rollout step 1 of {len(begun.steps)}"),)


def advance(state: Rollout, seen: Observation, now: float) -> tuple[Rollout, tuple[Action, ...]]:
    """What follows from what was seen: go back on a failure, at any time; go on after ``interval`` with a pass; else
    hold, and go back after holding for ``give_up``. ``seen`` covers the time since the step began, at most one
    interval."""
    if state.phase not in WATCHED:
        return state, ()
    verdict = judge(seen, state.thresholds, state.baseline)
    state = replace(state, verdict=verdict, baseline=_baseline(state, seen))
    if verdict.answer == "fail":
        return _back(state, now)
    if state.phase != "running" or now - state.since < state.interval:
        return state, ()
    waits = verdict.answer == "pass" and state.hook and not seen.consent
    if waits:
        said = f"the hook objects: {seen.objection}" if seen.consent is False else "waiting for the hook"
        state = replace(state, verdict=Verdict("inconclusive", said))
    if (
        state.give_up
        and now - state.since >= max(state.give_up, state.interval)
        and state.verdict.answer != "pass"
    ):
        held = f"held for {now - state.since:.0f} s: {state.verdict.reason}"
        return _back(replace(state, verdict=Verdict("inconclusive", held)), now)
    if waits:
        return state, (AskHook(state.hook, state.step, state.since, state.share, verdict.reason),)
    if verdict.answer != "pass":
        return state, ()
    if state.step + 1 == len(state.steps):
        return replace(state, phase="promoted", since=now), ()
    on = replace(state, step=state.step + 1, since=now, pending=True)
    return on, (SetShare(on.share, f"rollout step {on.step + 1} of {len(on.steps)}: {verdict.reason}"),)


def pause(state: Rollout) -> Rollout:
    """Stay at this step. The guard keeps watching."""
    return replace(state, phase="paused") if state.phase == "running" else state


def resume(state: Rollout, now: float) -> tuple[Rollout, tuple[Action, ...]]:
    """Go on with the step's share, whatever it was set to meanwhile; the interval begins anew."""
    if state.phase != "paused":
        return state, ()
    again = replace(state, phase="running", since=now, pending=True)
    return again, (SetShare(again.share, f"rollout resumed at step {again.step + 1} of {len(again.steps)}"),)


def promote(state: Rollout, now: float) -> tuple[Rollout, tuple[Action, ...]]:
    """Skip the waiting: the last step, now, on somebody's word. The guard keeps watching."""
    done = replace(state, phase="promoted", step=len(state.steps) - 1, since=now, pending=True)
    return done, (SetShare(done.share, "promoted by hand"),)


def abort(state: Rollout, now: float) -> tuple[Rollout, tuple[Action, ...]]:
    """Give up and go back to the monolith."""
    return replace(state, phase="aborted", since=now, pending=True), (RollBack("rollout aborted"),)


def _back(state: Rollout, now: float) -> tuple[Rollout, tuple[Action, ...]]:
    back = replace(state, phase="rolled back", since=now, pending=True)
    return back, (RollBack(f"guard: {state.verdict.reason}"),)


def _baseline(state: Rollout, seen: Observation) -> Window | None:
    enough = seen.monolith.requests >= state.thresholds.min_requests
    return seen.monolith if enough else state.baseline
