"""What the facade tells others about a request that is over: telemetry hears an ``Outcome``, shadow is a ``Mirror``."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from msgspec import Struct

from strangler.facade.asgi import Headers
from strangler.facade.failures import Kind
from strangler.routing import Decision
from strangler.telemetry import Trace

CAPTURE_LIMIT = 256 * 1024
"""Bytes of an answer's body that are kept for comparison."""


class Outcome(Struct, frozen=True):  # made for every request: ten times as fast as a frozen dataclass
    """One request, told once, when it is over.

    ``decision`` is None for a request that was refused before it could be decided. ``path`` is decoded. ``status`` is
    what the client saw, or 499 when it had gone. ``started`` is seconds since the epoch; ``duration`` and
    ``upstream_seconds`` (until the head of the upstream's answer; None without one) are seconds. Bytes are those of
    bodies. ``error`` is a kind of failure or None; an answer that broke off has its upstream's status and an error.
    ``tunnel``: it became a WebSocket. ``retries`` is how often the upstream was asked again; ``fell_back`` is the kind
    of failure for which the monolith answered in place of the service. ``user`` is whom a policy has
    found to ask. ``asked`` is when the upstream was asked, in seconds from the start; ``trace`` is None while nothing
    is traced.
    """

    decision: Decision | None
    method: str
    path: str
    status: int
    started: float
    duration: float
    upstream_seconds: float | None
    bytes_in: int
    bytes_out: int
    error: Kind | None
    request_id: str
    client: str
    tunnel: bool = False
    retries: int = 0
    fell_back: Kind | None = None
    host: str = ""
    scheme: str = "http"
    user: str = ""
    asked: float | None = None
    trace: Trace | None = None


@dataclass(frozen=True, slots=True)
class MirrorRequest:
    """The head of a request whose answer is to be compared: ``headers`` as the upstream got them, ``target`` raw."""

    method: str
    target: bytes
    headers: Headers
    request_id: str


@dataclass(frozen=True, slots=True)
class CapturedAnswer:
    """What the client got. ``truncated``: the body was larger than ``CAPTURE_LIMIT`` and is cut."""

    status: int
    headers: Headers
    body: bytes
    truncated: bool
    seconds: float


class OnFinish(Protocol):
    """Called once for each request, in the event loop: must be quick and must not block."""

    def __call__(self, outcome: Outcome, /) -> None: ...


class Mirror(Protocol):
    """Called after the answer of a sampled request has been sent: must only hand the work to somebody else."""

    def __call__(self, decision: Decision, request: MirrorRequest, answer: CapturedAnswer, /) -> None: ...


@dataclass(slots=True)
class Capture:
    """Gathers the body of a sampled answer, up to the limit."""

    parts: list[bytes]
    size: int = 0
    truncated: bool = False

    def add(self, data: bytes) -> None:
        """Takes the next bytes of the body."""
        room = CAPTURE_LIMIT - self.size
        if len(data) > room:
            self.truncated = True
            data = data[:room]
        if data:
            self.parts.append(data)
            self.size += len(data)
