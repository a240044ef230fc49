"""The only writer of routes: command line, admin API, rollout and demo all change the table through ``Control``."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, replace

from strangler.control.verbs import AnyVerb, Canary, Request, Rollback
from strangler.errors import Refused
from strangler.routing import changes
from strangler.routing.document import difference
from strangler.store import Entry, Lease, RouteStore, Via
from strangler.store.routes import stale
from strangler.tls import check_files


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a change. ``changed`` is False for a dry run, and where the table was like that already."""

    version: int
    """The version that stands now."""
    changed: bool
    summary: str
    alarms: tuple[str, ...] = ()
    difference: tuple[str, ...] = ()
    """The lines of a unified diff."""


class Control:
    """Applies changes to a store, each one audited, each made from the version that stands.

    A change is tried once: where somebody else was faster it raises ``Conflict``, and whoever asked decides anew.
    """

    def __init__(
        self, routes: RouteStore, *, actor: str = "strangler", clock: Callable[[], float] = time.time
    ) -> None:
        self._routes = routes
        self._actor = actor
        self._clock = clock

    def change(
        self,
        request: Request,
        *,
        via: Via,
        actor: str | None = None,
        expected_version: int | None = None,
        fence: Lease | None = None,
    ) -> Outcome:
        """Carry out one change, or (``dry_run``) only say what it would do.

        ``expected_version``: the version that the change was decided on; ``Conflict`` where another one stands. Raises
        whatever refuses the change, and ``StoreError``.
        """
        if request.force and not request.reason.strip():
            raise Refused(
                "a forced change needs a reason", where="reason", remedy="Say why with --reason; it is kept."
            )
        old = self._routes.load()
        if expected_version is not None and expected_version != old.version:
            raise stale(expected_version, old.version)
        made = request.change.change(old, self._routes.at, request.force)
        lines = tuple(difference(old, replace(made.table, version=old.version + 1)))
        check_files(made.table.upstreams, old)
        if made.table == old:
            return Outcome(old.version, False, f"nothing to change: {made.summary}", made.alarms)
        if request.dry_run:
            return Outcome(old.version, False, made.summary, made.alarms, lines)
        entry = Entry(
            action=made.action,
            summary=made.summary,
            actor=actor or self._actor,
            via=via,
            time=self._clock(),
            subject=made.subject,
            reason=request.reason,
            forced=request.force,
            alarms=made.alarms,
        )
        new = self._routes.commit(made.table, old.version, entry, fence)
        return Outcome(new.version, True, made.summary, made.alarms, lines)

    def set_share(
        self, group: str, percent: float, *, via: Via, reason: str = "", fence: Lease | None = None
    ) -> Outcome:
        """``canary``, for a controller."""
        return self._do(Canary(name=group, percent=percent), via, reason, fence)

    def rollback(self, group: str, *, via: Via, reason: str = "", fence: Lease | None = None) -> Outcome:
        """``rollback`` of one group, for a controller."""
        return self._do(Rollback(name=group), via, reason, fence)

    def check_share(self, group: str, percent: float) -> None:
        """Raise what ``set_share`` would raise now; change nothing."""
        changes.set_share(self._routes.load(), group, percent)

    def _do(self, verb: AnyVerb, via: Via, reason: str, fence: Lease | None) -> Outcome:
        return self.change(Request(verb, reason=reason), via=via, fence=fence)
