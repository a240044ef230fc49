"""When a failed request is tried again, and how many retries there may be for so many requests."""

from __future__ import annotations

from strangler.routing.policy import Retry

SPARE = 10.0
"""Retries that are possible before many requests have come, and the most that are saved up."""


def pause(retry: Retry, failures: int, draw: float) -> float:
    """Seconds before the next attempt after so many failures (from 1): exponential backoff with full jitter, so that
    those who failed together do not come back together. ``draw`` is a random number from 0 to 1.

    Brooker, "Exponential Backoff And Jitter", AWS Architecture Blog, 2015.
    """
    return draw * min(retry.most, retry.first * 2.0 ** (failures - 1))


class Budget:
    """Retries in proportion to requests: an upstream that fails everything gets little more load for it."""

    def __init__(self, retry: Retry) -> None:
        self._ratio = retry.budget / 100
        self._balance = SPARE if retry.budget else 0.0

    def deposit(self) -> None:
        """A request has come."""
        self._balance = min(SPARE, self._balance + self._ratio)

    def withdraw(self) -> bool:
        """Whether there is a retry left; it is taken."""
        if self._balance < 1.0 - 1e-9:
            return False
        self._balance -= 1.0
        return True
