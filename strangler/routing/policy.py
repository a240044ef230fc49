"""What routes and upstreams may ask for beside forwarding: rates, retries, bounds, breakers. Data only.

Everything is off unless it is asked for. The state machines are in ``strangler.policy``; the facade acts on them.
"""

from __future__ import annotations

from dataclasses import dataclass

from strangler.routing.identity import Forwarding, Requirement, SessionRules, TokenRules

LARGEST_HEAD = 64 * 1024
"""Bytes that the line and the header fields of any request may have."""
LARGEST_KEPT = 1024 * 1024
"""Bytes of a body that may be kept to be sent again."""
NO_POLICY = "none"
"""The name by which a route or a group opts out of the policy that it would inherit."""


@dataclass(frozen=True, slots=True)
class Rate:
    """At most ``limit`` requests in ``per`` seconds, and at most ``burst`` of them at once, for each ``by``: ``client``
    (the address), ``user``, ``tenant``, ``route``, ``header:NAME``, ``cookie:NAME`` or ``claim:NAME``."""

    by: str
    limit: int
    per: float
    burst: int


@dataclass(frozen=True, slots=True)
class Retry:
    """How often an idempotent request is sent in all (``tries``), and how long is waited in between: a random time up
    to ``first`` seconds, twice that after each further failure, never above ``most``. ``budget`` is how many retries
    there may be, in percent of the requests. ``statuses`` are answers that count as failures. Bodies of up to
    ``bodies`` bytes are kept to be sent again; None: only requests without one are."""

    tries: int = 3
    first: float = 0.025
    most: float = 1.0
    budget: float = 20.0
    statuses: tuple[int, ...] = ()
    bodies: int | None = None


@dataclass(frozen=True, slots=True)
class Timeouts:
    """Seconds until the head of the answer has come, in all attempts together (``first_byte``), and until its last byte
    has (``total``); None: only the upstream's own."""

    first_byte: float | None = None
    total: float | None = None


@dataclass(frozen=True, slots=True)
class Limits:
    """Bytes that a request's body, and its line and header fields, may have; None: no limit of the policy's own."""

    body: int | None = None
    head: int | None = None


@dataclass(frozen=True, slots=True)
class Policy:
    """What requests have to pass, and what is done for them. A route names one, or inherits its group's, or the
    gateway's. ``fallback``: the monolith answers safe requests when the service cannot. ``tenants`` are pairs of a
    tenant and the policy that it has instead; who asks is found out by the first one's rules.

    ``jwt`` and ``session`` say how a user is known. Where either is set, a request needs somebody who is known, unless
    ``anonymous`` lets everybody pass, and who has what ``require`` says. ``identity`` is what upstreams are told.
    ``origins`` are sites beside the own one from which a browser may write with a cookie (``CSRF_TRUSTED_ORIGINS``)."""

    name: str
    rate: tuple[Rate, ...] = ()
    retry: Retry | None = None
    timeouts: Timeouts | None = None
    limits: Limits | None = None
    fallback: bool = False
    tenants: tuple[tuple[str, str], ...] = ()
    jwt: TokenRules | None = None
    session: SessionRules | None = None
    require: Requirement | None = None
    identity: Forwarding | None = None
    origins: tuple[str, ...] = ()
    anonymous: bool = False


@dataclass(frozen=True, slots=True)
class Breaker:
    """An upstream is left alone for ``open`` seconds once ``errors`` percent of at least ``minimum`` requests within
    ``window`` seconds have failed; then ``trials`` requests have to succeed."""

    errors: float = 50.0
    minimum: int = 20
    window: float = 10.0
    open: float = 5.0
    trials: int = 3


@dataclass(frozen=True, slots=True)
class Bulkhead:
    """At most ``concurrency`` requests are with an upstream at once, ``per_tenant`` of them for one tenant; at most
    ``queue`` more wait, for ``wait`` seconds."""

    concurrency: int = 100
    queue: int = 100
    wait: float = 1.0
    per_tenant: int | None = None
