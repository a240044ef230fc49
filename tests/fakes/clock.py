"""A clock that is moved by hand, with the one timer that may be set on it."""

from __future__ import annotations

from collections.abc import Callable


class HandClock:
    """``due`` is when the timer rings, None: it is not set; ``set`` counts how often it was."""

    def __init__(self) -> None:
        self.now = 1000.0
        self.due: float | None = None
        self.set = 0
        self._callback: Callable[[], None] = lambda: None

    def time(self) -> float:
        return self.now

    def call_at(self, when: float, callback: Callable[[], None], /) -> HandClock:
        assert self.due is None, "there is a timer already"
        self.due, self._callback = when, callback
        self.set += 1
        return self

    def cancel(self) -> None:
        self.due = None

    def advance(self, seconds: float) -> None:
        """Time passes at once; then the timer rings, if it is due."""
        self.now += seconds
        if self.due is not None and self.due <= self.now + 1e-6:
            self.due = None
            self._callback()
