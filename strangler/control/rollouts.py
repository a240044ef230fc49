"""Acts on what ``strangler.rollout`` decides: the one controller that holds the lease reads the windows, advances every
rollout, and changes the routes.

An intention is saved before it is carried out and cleared afterwards, so a controller that is killed in between is
followed by one that carries it out: no step is skipped, and repeating one changes nothing.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import msgspec

from strangler.control.probes import Probes
from strangler.control.service import Control
from strangler.errors import Conflict, Refused, StranglerError, Unknown
from strangler.rollout import Action, AskHook, Observation, RollBack, Rollout, SetShare, Window, advance
from strangler.rollout.advance import WATCHED, abort, pause, promote, resume, start
from strangler.rollout.window import SIZE, Counted
from strangler.routing import RouteTable
from strangler.store import Lease, RolloutRecord, State, Total, Via

LEASE = "rollout-controller"
LEASE_TTL = 5.0
"""Seconds; a controller that dies is followed after this long."""
KEEP_WINDOWS = 3600
"""Seconds of counters that are kept."""

log = logging.getLogger("strangler.control")


class Rollouts:
    """The rollouts in a state. ``tick`` is the controller's; the other methods are an operator's."""

    def __init__(
        self,
        state: State,
        control: Control,
        *,
        holder: str,
        clock: Callable[[], float],
        probes: Probes | None = None,
    ) -> None:
        self._state = state
        self._control = control
        self._holder = holder
        self._clock = clock
        self._probes = probes
        self._known: RouteTable | None = None

    def all(self) -> list[Rollout]:
        """Every rollout that was ever started and not replaced, by group."""
        return [_decode(record) for record in self._state.rollouts.all()]

    def get(self, group: str) -> Rollout:
        """The latest rollout of a group; raises ``Unknown``."""
        return _decode(self._record(group))

    def start(self, rollout: Rollout, *, reason: str = "") -> Rollout:
        """Begin a group's rollout. Refused while another one of it is under way, or its writer is undeclared."""
        earlier = next((r for r in self._state.rollouts.all() if r.group == rollout.group), None)
        if earlier is not None and (phase := _decode(earlier).phase) in ("running", "paused"):
            raise Refused(
                f"a rollout of {rollout.group!r} is {phase}",
                remedy=f"See `strangler rollout status {rollout.group}`; end it with "
                f"`strangler rollout abort {rollout.group}`.",
            )
        self._control.check_share(rollout.group, rollout.steps[0])
        begun, actions = start(rollout, self._clock())
        return self._carry_out(begun, actions, earlier.version if earlier else 0, reason=reason)

    def pause(self, group: str) -> Rollout:
        """Stay at this step."""
        return self._by_hand(group, lambda state: (pause(state), ()))

    def resume(self, group: str) -> Rollout:
        """Go on with the step's share; the interval begins anew."""
        return self._by_hand(group, lambda state: resume(state, self._clock()))

    def promote(self, group: str) -> Rollout:
        """The last step, now."""
        return self._by_hand(group, lambda state: promote(state, self._clock()))

    def abort(self, group: str) -> Rollout:
        """Back to the monolith."""
        return self._by_hand(group, lambda state: abort(state, self._clock()))

    def observe(self, rollout: Rollout) -> Observation:
        """What all workers saw since the step began, at most one interval back."""
        now = self._clock()
        since = now - rollout.interval
        if since < rollout.since <= now:  # else the clock was set back, and the guard must not wait for it
            since = rollout.since
        # A window is stamped with the second in which its counting began: one of a second that the last step shared is
        # left to the last step. What lies ahead was counted by another clock.
        totals = self._state.windows.totals(int(since) + 1, int(now) + 2, rollout.group)
        seen = observation(totals, rollout.group)
        if self._probes is None:
            return seen
        consent, objection = self._probes.consent((rollout.group, rollout.step, rollout.since))
        figures = self._probes.figures(rollout.thresholds.checks)
        return replace(seen, figures=figures, consent=consent, objection=objection)

    def tick(self) -> bool:
        """Advance every rollout, if this holder is the controller; returns whether it is. Never raises for one rollout
        what another would suffer from."""
        try:
            lease = self._lead()
            for record in self._state.rollouts.all() if lease is not None else ():
                if (
                    lease is not None and lease.expires - self._clock() < LEASE_TTL / 2
                ):  # there are many of them
                    lease = self._lead()
                if lease is None:
                    return False
                try:
                    self._advance(record, lease)
                except Exception as error:
                    self._known = None
                    log.warning("the rollout of %s did not advance: %s", record.group, error)
            if lease is not None:
                self._state.windows.forget(int(self._clock()) - KEEP_WINDOWS)
        except StranglerError:
            self._known = None  # another state may stand there when it is back, even at the same version
            raise
        return lease is not None

    def release(self) -> None:
        """Let another controller follow at once."""
        lease = self._state.leases.holder(LEASE)
        if lease is not None and lease.holder == self._holder:
            self._state.leases.release(lease)

    def _lead(self) -> Lease | None:
        return self._state.leases.acquire(LEASE, self._holder, self._clock(), LEASE_TTL)

    def _advance(self, record: RolloutRecord, lease: Lease) -> None:
        state = _decode(record)
        if state.pending:
            self._carry_out(state, _intended(state), record.version, lease, saved=True)
            return
        if state.phase not in WATCHED:
            return
        share = self._share(state.group)
        if share != state.share and state.phase != "paused":
            held = replace(state, phase="aborted" if share == 0 else "paused")
            log.warning("the share of %s was changed by hand: its rollout is %s", state.group, held.phase)
            self._carry_out(held, (), record.version, lease)
            return
        after, actions = advance(state, self.observe(state), self._clock())
        if after != state or actions:
            self._carry_out(after, actions, record.version, lease)

    def _carry_out(
        self,
        state: Rollout,
        actions: tuple[Action, ...],
        version: int,
        lease: Lease | None = None,
        *,
        saved: bool = False,
        reason: str = "",
    ) -> Rollout:
        """Save the intention, act, save that it is done."""
        if not saved:
            version = self._state.rollouts.save(state.group, _encode(state), version, lease).version
        for action in actions:
            self._act(state.group, action, lease, reason)
        if state.pending:
            state = replace(state, pending=False)
            self._state.rollouts.save(state.group, _encode(state), version, lease)
        return state

    def _act(self, group: str, action: Action, lease: Lease | None, reason: str) -> None:
        if isinstance(action, AskHook):
            if self._probes is not None:
                self._probes.ask((group, action.step, action.since), action.url, _question(group, action))
            return
        told = f"{action.reason}; {reason}" if reason else action.reason
        if isinstance(action, SetShare):
            if self._share(group) == action.share:
                return
            outcome = self._control.set_share(group, action.share, via="rollout", reason=told, fence=lease)
        else:
            via: Via = "guard" if action.reason.startswith("guard") else "rollout"
            outcome = self._control.rollback(group, via=via, reason=told, fence=lease)
        for alarm in outcome.alarms:
            log.warning("ALARM %s", alarm)

    def _by_hand(
        self, group: str, change: Callable[[Rollout], tuple[Rollout, tuple[Action, ...]]]
    ) -> Rollout:
        record = self._record(group)
        state = _decode(record)
        if state.phase not in WATCHED:
            raise Refused(
                f"the rollout of {group!r} has ended: {state.phase}",
                remedy=f"Start another one with `strangler rollout start {group}`.",
            )
        after, actions = change(state)
        return self._carry_out(after, actions, record.version)

    def _record(self, group: str) -> RolloutRecord:
        for record in self._state.rollouts.all():
            if record.group == group:
                return record
        raise Unknown(
            f"there is no rollout of {group!r}", remedy=f"Start one: strangler rollout start {group}."
        )

    def _share(self, group: str) -> float:
        groups = self._table().groups
        return groups[group].share if group in groups else 0.0

    def _table(self) -> RouteTable:
        """The table that stands now, read anew only when it has changed: a tick comes every second, and reading
        a large URLconf costs the requests beside it some 16 ms."""
        if self._known is None or self._known.version != self._state.routes.version():
            self._known = self._state.routes.load()
        return self._known


def observation(totals: Mapping[tuple[str, Counted], Total], group: str) -> Observation:
    """A group's totals as the guard wants them."""
    compared = totals.get((group, "shadow"), Total())
    return Observation(
        monolith=window_of(totals.get((group, "monolith"))),
        service=window_of(totals.get((group, "service"))),
        compared=compared.requests,
        differing=compared.errors,
    )


def _question(group: str, action: AskHook) -> dict[str, Any]:
    return {
        "kind": "before-step",
        "group": group,
        "step": action.step + 1,
        "share": action.share,
        "guard": action.verdict,
    }


def window_of(total: Total | None) -> Window:
    """A sum of the store as a window."""
    if total is None:
        return Window()
    return Window(total.requests, total.errors, (*total.latency, *(0,) * SIZE)[:SIZE])


def _intended(state: Rollout) -> tuple[Action, ...]:
    """What a pending state was about to do."""
    if state.phase in ("rolled back", "aborted"):
        verdict = f"guard: {state.verdict.reason}" if state.phase == "rolled back" else "rollout aborted"
        return (RollBack(verdict),)
    return (SetShare(state.share, f"rollout step {state.step + 1} of {len(state.steps)}"),)


def _encode(state: Rollout) -> dict[str, Any]:
    encoded: dict[str, Any] = msgspec.to_builtins(state)
    return encoded


def _decode(record: RolloutRecord) -> Rollout:
    try:
        return msgspec.convert(record.state, Rollout)
    except msgspec.ValidationError as error:
        raise Conflict(
            f"the rollout of {record.group!r} was written by another version of strangler: {error}",
            current=record.version,
            remedy=f"Start it anew: strangler rollout start {record.group}.",
        ) from None
