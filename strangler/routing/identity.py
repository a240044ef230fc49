"""What a policy may say about who is asking: whom it believes, what it requires, what it tells the upstream. Data only;
everything is off unless it is asked for.

The rules are applied by ``strangler.policy``; the facade acts on them.
"""

from __future__ import annotations

from dataclasses import dataclass

IDENTITY_HEADER = "x-strangler-identity"
"""The field in which the facade tells an upstream, signed, who is asking."""
BRIDGE_HEADER = "x-strangler-bridge"
"""The field in which the facade proves to the monolith that it is the facade who asks about a session."""
RESERVED = frozenset({IDENTITY_HEADER, BRIDGE_HEADER})
"""Fields that no client can send: theirs are dropped from every request."""


@dataclass(frozen=True, slots=True)
class TokenRules:
    """Which JSON Web Tokens are believed. ``keys`` are places (``file:PATH``, ``env:NAME``), beside or instead of the
    issuer's key set at ``jwks``. ``leeway`` is what clocks may differ by, in seconds. The token is read from
    ``Authorization: Bearer``, or from ``cookie`` where that is named and there is no such field."""

    algorithms: tuple[str, ...] = ()
    jwks: str | None = None
    keys: tuple[str, ...] = ()
    issuer: str | None = None
    audience: tuple[str, ...] = ()
    required: tuple[str, ...] = ("exp", "sub")
    leeway: float = 30.0
    cookie: str | None = None


@dataclass(frozen=True, slots=True)
class SessionRules:
    """The monolith's sessions: the ``cookie`` that holds one, and the ``path`` at which the monolith tells the facade,
    and nobody else, who that is. The answer is believed for ``keep`` seconds, unless the cookie is changed before."""

    cookie: str = "sessionid"
    path: str = "/strangler/identity/"
    keep: float = 30.0


@dataclass(frozen=True, slots=True)
class Requirement:
    """What somebody has to have: one of each ``any``, and everything of each ``all``."""

    roles_any: tuple[str, ...] = ()
    roles_all: tuple[str, ...] = ()
    permissions_any: tuple[str, ...] = ()
    permissions_all: tuple[str, ...] = ()
    scopes_any: tuple[str, ...] = ()
    scopes_all: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Forwarding:
    """What the upstream is told: with ``signed``, the subject and ``claims`` in a token of the facade's own; with
    ``headers``, pairs of a field and the claim that stands in it. A client's own copies are dropped everywhere."""

    signed: bool = True
    claims: tuple[str, ...] = ("name", "email", "tenant", "roles")
    headers: tuple[tuple[str, str], ...] = ()
