"""Where each rollout stands, so that it survives its controller."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol

from strangler.errors import Conflict
from strangler.store.leases import Lease


@dataclass(frozen=True, slots=True)
class RolloutRecord:
    """The state of one group's rollout: plain JSON, and a version that grows with every write."""

    group: str
    state: dict[str, Any]
    version: int


class RolloutStore(Protocol):
    def all(self) -> list[RolloutRecord]:
        """Every rollout, by group."""

    def save(
        self, group: str, state: dict[str, Any], expected_version: int, fence: Lease | None = None
    ) -> RolloutRecord:
        """Write the next version (the first one expects 0).

        Raises ``Conflict`` when another version stands, ``Refused`` when ``fence`` has been taken over.
        """

    def delete(self, group: str) -> None:
        """Forget a rollout; does nothing where there is none."""


def stale_rollout(group: str, current: int) -> Conflict:
    """The error of a write to a rollout that has moved on."""
    return Conflict(f"the rollout of {group!r} has moved on", current=current, remedy="Read it again.")
