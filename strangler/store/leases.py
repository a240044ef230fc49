"""One holder at a time: a lease that expires, with a fencing token that grows with every new holder.

A holder that slept through its lease is refused when it writes, because its token is no longer the newest (Kleppmann,
"How to do distributed locking", 2016).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Lease:
    """Who holds what until when (seconds since the epoch)."""

    name: str
    holder: str
    token: int
    expires: float


class LeaseStore(Protocol):
    def acquire(self, name: str, holder: str, now: float, ttl: float) -> Lease | None:
        """Take a lease, or prolong one's own (same token), until ``now + ttl``; None while another one holds it.

        A lease that would last for more than twice ``ttl`` is from a clock that was set back since, and does not count.
        """

    def release(self, lease: Lease) -> None:
        """Let go early; does nothing when somebody else holds it by now."""

    def holder(self, name: str) -> Lease | None:
        """The last one who took it; whether it still stands is for the caller's clock to say."""
