"""A circuit breaker over the share of failed requests in a sliding window: closed, open, half open."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from strangler.routing.policy import Breaker

State = Literal["closed", "open", "half open"]

_SLOTS = 10
"""Parts of the window; the oldest is forgotten as a whole."""


@dataclass(slots=True)
class _Slot:
    number: int
    requests: int = 0
    errors: int = 0


class Circuit:
    """Times are seconds of any clock that does not go back. ``enter`` gives a ticket to each request that may go, and
    ``settle`` wants it back with what became of the request: late news from before a change of state change nothing."""

    def __init__(self, rule: Breaker) -> None:
        self._rule = rule
        self._width = rule.window / _SLOTS
        self._slots: list[_Slot] = []
        self._era = 0
        self._opened_at: float | None = None
        self._trials = self._successes = 0
        self.opened = 0
        """How often it has opened."""

    def state(self, now: float) -> State:
        """What it would do with a request now."""
        if self._opened_at is None:
            return "closed"
        return "open" if now < self._opened_at + self._rule.open else "half open"

    def enter(self, now: float) -> int | None:
        """A ticket for a request, or None: it may not go."""
        state = self.state(now)
        if state == "open":
            return None
        if state == "half open":
            if self._trials >= self._rule.trials:
                return None
            self._trials += 1
        return self._era

    def retry_after(self, now: float) -> float:
        """Seconds after which a refused request may be worth trying again."""
        return max(0.0, self._opened_at + self._rule.open - now) if self._opened_at is not None else 0.0

    def settle(self, ticket: int, failed: bool | None, now: float) -> None:
        """What became of a request; None: nobody knows, because the client left."""
        if ticket != self._era:
            return
        if self._opened_at is None:
            if failed is not None:
                self._count(failed, now)
        elif failed is None:
            self._trials -= 1
        elif failed:
            self._trip(now)
        else:
            self._successes += 1
            if self._successes >= self._rule.trials:
                self._close()

    def _count(self, failed: bool, now: float) -> None:
        number = int(now / self._width)
        if not self._slots or self._slots[-1].number != number:
            self._slots = [slot for slot in self._slots if slot.number > number - _SLOTS]
            self._slots.append(_Slot(number))
        slot = self._slots[-1]
        slot.requests += 1
        if failed:
            slot.errors += 1
            requests = sum(slot.requests for slot in self._slots)
            errors = sum(slot.errors for slot in self._slots)
            if requests >= self._rule.minimum and errors * 100 >= self._rule.errors * requests:
                self._trip(now)

    def _trip(self, now: float) -> None:
        self._era += 1
        self._opened_at = now
        self._trials = self._successes = 0
        self._slots = []
        self.opened += 1

    def _close(self) -> None:
        self._era += 1
        self._opened_at = None
        self._trials = self._successes = 0
