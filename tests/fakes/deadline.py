"""A limit on the time that a test may take, for what must not hang."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import NoReturn


class TooSlow(BaseException):
    """Not an Exception: no handler that expects errors of the system may take it for one."""


@contextmanager
def within(seconds: float) -> Iterator[None]:
    """Raises :class:`TooSlow` in the main thread when the time is over."""

    def over(number: int, frame: FrameType | None) -> NoReturn:
        raise TooSlow(f"more than {seconds} seconds")

    before = signal.signal(signal.SIGALRM, over)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
