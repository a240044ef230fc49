"""Four eyes: what brings a group that writes closer to its service waits until another operator has said yes."""

from __future__ import annotations

import json
import secrets
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace

import msgspec

from strangler.control import Control, Outcome, Request
from strangler.control.plan import RolloutRequest
from strangler.control.verbs import Canary
from strangler.errors import Refused, Unknown
from strangler.routing.exposure import exposed
from strangler.store import State

VALID = 24 * 3600.0
"""Seconds for which a change waits."""
_PREFIX = "approval "


@dataclass(frozen=True, slots=True)
class Pending:
    """A change that waits. It is made from the version that it was asked for, or not at all."""

    id: str
    actor: str
    time: float
    version: int
    summary: str
    groups: tuple[str, ...]
    reason: str
    request: str
    """The change itself, as JSON."""


class Approvals:
    """The changes that wait, in the state. Unless it is ``asked`` for, nothing has to."""

    def __init__(self, state: State, *, asked: bool, clock: Callable[[], float]) -> None:
        self._state = state
        self._asked = asked
        self._control = Control(state.routes, clock=clock)
        self._clock = clock

    def all(self) -> list[Pending]:
        """Those that still wait, the oldest first."""
        pending = [
            replace(one, groups=tuple(one.groups))
            for text in self._state.notes.all(_PREFIX).values()
            if (one := Pending(**json.loads(text))).time + VALID > self._clock()
        ]
        return sorted(pending, key=lambda one: (one.time, one.id))

    def needed(self, request: Request) -> list[str]:
        """The groups because of which a change has to wait; empty where it may be made at once."""
        if request.dry_run or not self._asked:
            return []
        old = self._state.routes.load()
        return exposed(old, request.change.change(old, self._state.routes.at, request.force).table)

    def hold(self, request: Request, actor: str, groups: list[str]) -> tuple[Outcome, Pending]:
        """Let a change wait, and what to tell of it; raises whatever would refuse it anyway."""
        outcome = self._control.change(msgspec.structs.replace(request, dry_run=True), via="api", actor=actor)
        pending = Pending(
            secrets.token_hex(8),
            actor,
            self._clock(),
            outcome.version,
            outcome.summary,
            tuple(groups),
            request.reason,
            msgspec.json.encode(request).decode(),
        )
        self._state.notes.put(_PREFIX + pending.id, json.dumps(asdict(pending)))
        told = f"{outcome.summary} waits for another operator: strangler routes approve {pending.id}"
        return replace(outcome, changed=False, summary=told), pending

    def check_rollout(self, wanted: RolloutRequest) -> None:
        """Raise ``Refused`` where a rollout would raise, alone, what two people have to raise."""
        if wanted.action not in ("start", "resume", "promote"):
            return
        if self.needed(Request(Canary(name=wanted.group, percent=100.0))):
            raise Refused(
                f"{wanted.group!r} writes, and its share is raised by two people here",
                where="action",
                remedy="Raise it by changes (canary), each approved; or roll out by command on the state.",
            )

    def approve(self, name: str, actor: str) -> Outcome:
        """Make a change that waits. Raises ``Refused`` for the one who asked for it, ``Conflict`` where the routes have
        changed since, ``Unknown``."""
        pending = self._get(name)
        if pending.actor == actor:
            raise Refused("this is your own change", where="id", remedy="Another operator has to approve it.")
        outcome = self._control.change(
            msgspec.json.decode(pending.request, type=Request),
            via="api",
            actor=f"{pending.actor}, approved by {actor}",
            expected_version=pending.version,
        )
        self._state.notes.drop(_PREFIX + pending.id)
        return outcome

    def reject(self, name: str) -> None:
        """Forget a change that waits: anybody's, by any operator. Raises ``Unknown``."""
        self._state.notes.drop(_PREFIX + self._get(name).id)

    def _get(self, name: str) -> Pending:
        for pending in self.all():
            if pending.id == name:
                return pending
        raise Unknown(f"no change {name!r} waits", where="id", remedy="List them with: GET /api/approvals.")
