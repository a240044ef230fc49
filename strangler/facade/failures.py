"""What can go wrong with a request on its way, each with the status that the client sees."""

from __future__ import annotations

from typing import Literal

from strangler.errors import StranglerError

Kind = Literal[
    "bad request",
    "request too large",
    "client timeout",
    "client gone",
    "refused",
    "busy",
    "connect timeout",
    "read timeout",
    "closed",
    "bad answer",
    "internal",
]

STATUS: dict[Kind, int] = {
    "bad request": 400,
    "request too large": 431,
    "client timeout": 408,
    "client gone": 499,
    "refused": 502,
    "busy": 503,
    "connect timeout": 504,
    "read timeout": 504,
    "closed": 502,
    "bad answer": 502,
    "internal": 500,
}
"""499 is never sent: it stands in records for a client that went away, as in nginx."""


class Failure(StranglerError):
    """A request that could not be answered by an upstream. ``kind`` is stable; ``status`` is its HTTP status."""

    def __init__(self, kind: Kind, message: str, *, where: str = "", remedy: str = "") -> None:
        super().__init__(message, where=where, remedy=remedy)
        self.kind: Kind = kind

    @property
    def status(self) -> int:
        """The status that the client gets."""
        return STATUS[self.kind]


def refuse(message: str) -> Failure:
    """A request that is not forwarded because two servers could read it differently."""
    return Failure("bad request", message)
