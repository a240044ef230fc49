"""How long something may take: many deadlines, one timer.

``asyncio.timeout`` sets a timer for each deadline and takes it back, and nearly all of them are met. Here deadlines of
the same length stand in the order in which they pass, so that to set one and to meet it is to write to a dictionary
and to delete from it; the timer is set anew when it has rung, or for a deadline that comes before it.
"""

from __future__ import annotations

import asyncio
import math
from collections.abc import Callable
from types import TracebackType
from typing import Protocol, Self

_EARLY = 0.001
"""Seconds that a timer may ring too early: uvloop counts in milliseconds."""


class Timer(Protocol):
    """A call that is to come."""

    def cancel(self) -> None:
        """It does not come."""


class Clock(Protocol):
    """The time that an event loop tells, in seconds."""

    def time(self) -> float:
        """Now."""

    def call_at(self, when: float, callback: Callable[[], None], /) -> Timer:
        """Calls back at that time."""


class Deadlines:
    """The deadlines of one event loop that are neither met nor missed yet."""

    __slots__ = ("_clock", "_rings", "_rows", "_timer")

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._rows: dict[float, dict[Deadline, None]] = {}
        self._rings = math.inf
        self._timer: Timer | None = None

    def within(self, seconds: float) -> Deadline:
        """A context that raises ``TimeoutError`` where it is not left within so many seconds."""
        return Deadline(self, seconds)

    def set(self, deadline: Deadline, seconds: float) -> dict[Deadline, None]:
        """Puts a deadline behind the others of its length, and returns them."""
        row = self._rows.get(seconds)
        if row is None:
            row = self._rows[seconds] = {}
        deadline.when = when = self._clock.time() + seconds
        row[deadline] = None
        if when < self._rings:
            self._ring_at(when)
        return row

    def _ring_at(self, when: float) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._rings = when
        self._timer = self._clock.call_at(when, self._ring)

    def _ring(self) -> None:
        self._rings, self._timer = math.inf, None
        now = self._clock.time() + _EARLY
        for row in self._rows.values():
            for deadline in _missed(row, now):
                deadline.miss()
        self._rows = {seconds: row for seconds, row in self._rows.items() if row}
        if self._rows:
            self._ring_at(min(next(iter(row)).when for row in self._rows.values()))


class Deadline:
    """Cancels the task that entered it when its time has come, and turns that cancellation, and no other, into a
    ``TimeoutError``: one from outside passes through, and so does that of a deadline further out."""

    __slots__ = ("_before", "_deadlines", "_missed", "_row", "_seconds", "_task", "when")

    _task: asyncio.Task[object]
    _row: dict[Deadline, None]

    def __init__(self, deadlines: Deadlines, seconds: float) -> None:
        self._deadlines = deadlines
        self._seconds = seconds
        self._missed = False
        self.when = math.inf

    def __enter__(self) -> Self:
        task = asyncio.current_task()
        assert task is not None
        self._task = task
        self._before = task.cancelling()
        self._row = self._deadlines.set(self, self._seconds)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if not self._missed:
            self.lift()
        elif self._task.uncancel() <= self._before and kind is asyncio.CancelledError:
            raise TimeoutError from error

    def lift(self) -> None:
        """It may take as long as it likes from now on."""
        self._row.pop(self, None)

    def miss(self) -> None:
        """Its time has come."""
        self.lift()
        self._missed = True
        self._task.cancel()


def _missed(row: dict[Deadline, None], now: float) -> list[Deadline]:
    missed = []
    for deadline in row:
        if deadline.when > now:
            break
        missed.append(deadline)
    return missed
