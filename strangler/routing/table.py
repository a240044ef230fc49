"""The route table: upstreams, groups that move together, and routes in resolver order. Immutable and versioned."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from types import MappingProxyType
from typing import Literal

from strangler.routing.patterns import Kind, compile_pattern, literal_segment

Side = Literal["monolith", "service"]
Writer = Literal["undeclared", "monolith", "service"]
WayBack = Literal["none", "dual_write", "reverse_sync"]

MONOLITH = "monolith"
"""The name of the upstream that answers whatever no group has taken."""
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS", "TRACE"})
"""Methods that change nothing (RFC 9110, 9.2.1)."""


@dataclass(frozen=True, slots=True)
class Upstream:
    """A server behind the facade. ``url`` is ``http(s)://host[:port]``; times are in seconds."""

    name: str
    url: str
    connect_timeout: float = 2.0
    read_timeout: float = 60.0
    max_connections: int = 200


@dataclass(frozen=True, slots=True)
class Group:
    """Routes that move as one. ``share`` is the percentage (two decimals) of the cohort that the service answers.

    ``sticky`` names the identity that is hashed to a bucket: ``cookie:NAME``, ``header:NAME``, ``tenant`` or ``client``
    (the client's address). ``allow`` and ``deny`` hold ``tenant:X``, ``header:NAME=VALUE``, ``cookie:NAME=VALUE`` and are
    looked at first: deny wins. ``shadow`` is the percentage of the monolith's safe requests that are mirrored.
    """

    name: str
    service: str
    share: float = 0.0
    sticky: str = "cookie:sessionid"
    salt: str = ""
    allow: tuple[str, ...] = ()
    deny: tuple[str, ...] = ()
    writer: Writer = "undeclared"
    way_back: WayBack = "none"
    shadow: float = 0.0
    ignore: tuple[str, ...] = ()
    """JSON paths that the shadow comparison leaves out (``$.results[*].links``)."""

    @property
    def threshold(self) -> int:
        """Buckets below this number (0..10000) are on the service's side."""
        return round(self.share * 100)


@dataclass(frozen=True, slots=True)
class Route:
    """A pattern and the group that it moves with; without a group it stays with the monolith.

    ``methods`` empty means all. ``hosts`` empty means all; ``*.example.com`` matches any subdomain.
    """

    name: str
    pattern: str
    kind: Kind = "path"
    group: str | None = None
    methods: frozenset[str] = frozenset()
    hosts: tuple[str, ...] = ()
    priority: int = 0
    """Routes with a higher priority come first; equal ones keep their order."""

    @property
    def writes(self) -> bool:
        """Whether an unsafe method can reach it."""
        return not self.methods or bool(self.methods - SAFE_METHODS)


@dataclass(frozen=True, slots=True)
class Gateway:
    """What concerns every request. ``tenant`` says where the tenant is read from: ``header:NAME``, ``cookie:NAME``,
    ``host`` (the first label of the host name) or ``path:N`` (the N-th segment, from 1); None: there are no tenants.
    ``trusted_hops`` is how many proxies in front of the facade may be believed about ``X-Forwarded-*``."""

    tenant: str | None = None
    trusted_hops: int = 0


@dataclass(frozen=True)
class RouteTable:
    """One version of everything that decides where a request goes."""

    version: int = 0
    upstreams: Mapping[str, Upstream] = field(default_factory=lambda: MappingProxyType({}))
    groups: Mapping[str, Group] = field(default_factory=lambda: MappingProxyType({}))
    routes: tuple[Route, ...] = ()
    gateway: Gateway = Gateway()

    @cached_property
    def index(self) -> RouteIndex:
        """The compiled patterns, built once for each table."""
        return RouteIndex.of(self.routes)


@dataclass(frozen=True, slots=True)
class RouteIndex:
    """Compiled routes by their first fixed path segment, each list in the order in which routes are tried."""

    by_segment: Mapping[str, tuple[tuple[re.Pattern[str], Route], ...]]
    others: tuple[tuple[re.Pattern[str], Route], ...]

    @classmethod
    def of(cls, routes: tuple[Route, ...]) -> RouteIndex:
        ordered = sorted(routes, key=lambda route: -route.priority)
        keyed = [
            (literal_segment(route.kind, route.pattern), compile_pattern(route.kind, route.pattern), route)
            for route in ordered
        ]
        segments = {key for key, _, _ in keyed if key is not None}
        return cls(
            by_segment={s: tuple((p, r) for key, p, r in keyed if key in (None, s)) for s in segments},
            others=tuple((p, r) for key, p, r in keyed if key is None),
        )

    def candidates(self, path: str) -> tuple[tuple[re.Pattern[str], Route], ...]:
        """The routes that could match a path (decoded, without its leading slash), in order."""
        return self.by_segment.get(path.partition("/")[0], self.others)
