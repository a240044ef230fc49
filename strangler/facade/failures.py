"""What can go wrong with a request on its way, each with the status that the client sees."""

from __future__ import annotations

from typing import Literal

from strangler.errors import StranglerError
from strangler.facade.asgi import Headers

Kind = Literal[
    "bad request",
    "request too large",
    "body too large",
    "unauthorized",
    "forbidden",
    "not found",
    "rate limited",
    "client timeout",
    "client gone",
    "no keys",
    "no identity",
    "refused",
    "busy",
    "connect timeout",
    "read timeout",
    "write timeout",
    "total timeout",
    "open",
    "overloaded",
    "closed",
    "bad answer",
    "untranslatable",
    "unprocessable",
    "exhausted",
    "too many clients",
    "internal",
]

STATUS: dict[Kind, int] = {
    "bad request": 400,
    "request too large": 431,
    "body too large": 413,
    "unauthorized": 401,
    "forbidden": 403,
    "not found": 404,
    "rate limited": 429,
    "client timeout": 408,
    "client gone": 499,
    "no keys": 503,
    "no identity": 503,
    "refused": 502,
    "busy": 503,
    "connect timeout": 504,
    "read timeout": 504,
    "write timeout": 504,
    "total timeout": 504,
    "open": 503,
    "overloaded": 503,
    "closed": 502,
    "bad answer": 502,
    "untranslatable": 502,
    "unprocessable": 422,
    "exhausted": 503,
    "too many clients": 503,
    "internal": 500,
}
"""499 is never sent: it stands in records for a client that went away, as in nginx."""


NO_UPSTREAMS_FAULT: frozenset[Kind] = frozenset(
    {
        "bad request",
        "request too large",
        "body too large",
        "unauthorized",
        "forbidden",
        "not found",
        "no keys",
        "no identity",
        "unprocessable",
        "rate limited",
        "client timeout",
        "client gone",
        "exhausted",
    }
)
"""What no upstream can help: a client's doing, a policy's answer to it, or what the facade itself cannot do."""


class Failure(StranglerError):
    """A request that could not be answered by an upstream. ``kind`` is stable; ``status`` is its HTTP status;
    ``headers`` are added to the answer that tells it."""

    def __init__(
        self, kind: Kind, message: str, *, headers: Headers | None = None, where: str = "", remedy: str = ""
    ) -> None:
        super().__init__(message, where=where, remedy=remedy)
        self.kind: Kind = kind
        self.headers: Headers = headers or []

    @property
    def status(self) -> int:
        """The status that the client gets."""
        return STATUS[self.kind]


def refuse(message: str) -> Failure:
    """A request that is not forwarded because two servers could read it differently."""
    return Failure("bad request", message)
