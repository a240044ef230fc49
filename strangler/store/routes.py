"""Where the route table and its audit log are kept: one protocol, several backends, one contract suite."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, Protocol

from strangler.errors import Conflict, Refused, Unknown
from strangler.routing import RouteTable
from strangler.store.leases import Lease

Via = Literal["store", "api", "rollout", "guard", "serve", "follow", "demo"]
"""By which way a change came: a command on the store, the admin API, the rollout's controller, its guard, the start of
a server, a file that is followed, the demo."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the audit log, as it is handed in: who changed what, by which way, and why."""

    action: str
    summary: str
    actor: str
    via: Via
    time: float
    """Seconds since the epoch, UTC."""
    subject: str = ""
    """The group or upstream concerned; empty where it is the whole table."""
    reason: str = ""
    forced: bool = False
    alarms: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Record:
    """One line of the audit log, as it is kept: the entry and the version that it made."""

    version: int
    entry: Entry


class RouteStore(Protocol):
    """Every accepted version of the route table. Version 0 is the empty table and has no record.

    Every method raises ``StoreError`` where the state cannot be reached.
    """

    def version(self) -> int:
        """The version that stands now; cheap enough to be asked twenty times a second."""

    def load(self) -> RouteTable:
        """The table that stands now."""

    def at(self, version: int) -> RouteTable:
        """The table of an earlier version; raises ``Unknown``."""

    def commit(
        self, table: RouteTable, expected_version: int, entry: Entry, fence: Lease | None = None
    ) -> RouteTable:
        """Make ``table`` the next version, whole and durable, and return it with its number.

        Raises ``Conflict`` when ``expected_version`` no longer stands, ``Refused`` when ``fence`` has been taken over.
        """

    def wait(self, seconds: float) -> None:
        """Return when somebody may have committed, at the latest after so long: a hint, never the truth."""

    def history(self, limit: int | None = None) -> list[Record]:
        """The audit log, newest first."""


def stale(expected: int, current: int) -> Conflict:
    """The error of a write that was made from a version which no longer stands."""
    return Conflict(
        f"somebody else changed the routes: version {current} stands, this change was made from {expected}",
        current=current,
        remedy=f"Look at it with: strangler routes diff {expected} {current}. Then try again.",
    )


def no_version(version: int, current: int) -> Unknown:
    """The error of a version that was never made."""
    known = f"The newest is {current}" if current else "Nothing has been changed yet"
    return Unknown(
        f"there is no version {version}", remedy=f"{known}; list them with: strangler routes history."
    )


def lost_lease(fence: Lease) -> Refused:
    """The error of a holder that acts after another one took its lease."""
    return Refused(
        f"the lease {fence.name!r} is held by somebody else now",
        remedy="Nothing was changed; the new holder continues.",
    )
