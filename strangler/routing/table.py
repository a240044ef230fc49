"""The route table: upstreams, groups that move together, and routes in resolver order. Immutable and versioned."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property, lru_cache
from types import MappingProxyType
from typing import Literal

from strangler.routing.comparison import EXACTLY, Comparison
from strangler.routing.languages import Paths, paths_of
from strangler.routing.patterns import Kind, compile_pattern, fixed_path, fixed_prefix
from strangler.routing.policy import NO_POLICY, Breaker, Bulkhead, Policy

Side = Literal["monolith", "service"]
Writer = Literal["undeclared", "monolith", "service"]
WayBack = Literal["none", "dual_write", "reverse_sync"]

MONOLITH = "monolith"
"""The name of the upstream that answers whatever no group has taken."""
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS", "TRACE"})
"""Methods that change nothing (RFC 9110, 9.2.1)."""


@dataclass(frozen=True, slots=True)
class Upstream:
    """A server behind the facade. ``url`` is ``http(s)://host[:port]`` or ``unix:/path``; times are in seconds: until a
    connection stands (``connect_timeout``), without a byte of the answer (``read_timeout``), with a request's body that
    the server does not take (``write_timeout``), and after which an unused connection is closed (``idle_timeout``).

    By https: ``ca`` (a file) is trusted instead of the system's authorities, ``cert`` and ``key`` are shown to the
    server, ``server_name`` is asked for and checked instead of the host, and ``verify`` off trusts anybody.
    """

    name: str
    url: str
    connect_timeout: float = 2.0
    read_timeout: float = 60.0
    max_connections: int = 200
    ca: str = ""
    cert: str = ""
    key: str = ""
    server_name: str = ""
    verify: bool = True
    write_timeout: float = 60.0
    idle_timeout: float = 30.0
    breaker: Breaker | None = None
    bulkhead: Bulkhead | None = None


@dataclass(frozen=True, slots=True)
class Group:
    """Routes that move as one. ``share`` is the percentage (two decimals) of the cohort that the service answers.

    ``sticky`` names the identity that is hashed to a bucket: ``cookie:NAME``, ``header:NAME``, ``claim:NAME``,
    ``user``, ``tenant`` or ``client`` (the client's address). ``allow`` and ``deny`` hold ``tenant:X``, ``user:X``,
    ``header:NAME=VALUE``, ``cookie:NAME=VALUE``, ``claim:NAME=VALUE`` and are looked at first: deny wins. ``shadow`` is
    the percentage of the monolith's safe requests that are mirrored.
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
    compare: Comparison = EXACTLY
    policy: str | None = None
    shares: tuple[tuple[str, float], ...] = ()
    """Tenants with shares of their own, in percent."""

    @property
    def moves(self) -> bool:
        """Whether the service answers anybody's safe requests."""
        return self.share > 0 or bool(self.allow) or any(share > 0 for _, share in self.shares)

    @property
    def monolith_is_behind(self) -> bool:
        """Whether the monolith lacks what the service writes."""
        return self.writer == "service" and self.way_back == "none"

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
    read_only: bool = False
    """The view behind it is known to accept safe methods only. Unlike ``methods``, this does not narrow what it
    matches: as in Django, the first pattern wins, whatever the method."""
    imported: bool = False
    """It came from an analysis, and the next import may replace it."""
    i18n: bool = False
    """The code of a language stands before it, as with Django's ``i18n_patterns``."""
    unprefixed: bool = False
    """None stands before it for the default language (``prefix_default_language=False``)."""
    policy: str | None = None
    """Its own policy, or ``none``; left out: its group's, else the gateway's."""
    translate: str | None = None
    """The mapping by which JSON of the service is translated for clients that know the legacy shape, and theirs for the
    service. It names what the operator has loaded; none is loaded by a table."""
    translate_body: str | None = None
    """Another mapping for what clients send."""

    @property
    def writes(self) -> bool:
        """Whether an unsafe method can reach it and change something."""
        return not self.read_only and (not self.methods or bool(self.methods - SAFE_METHODS))


@dataclass(frozen=True, slots=True)
class Gateway:
    """What concerns every request. ``tenant`` says where the tenant is read from: ``header:NAME``, ``cookie:NAME``,
    ``claim:NAME``, ``host`` (the first label of the host name) or ``path:N`` (the N-th segment, from 1); None: there
    are no tenants. ``trusted_hops`` is how many proxies in front of the facade may be believed about ``X-Forwarded-*``.
    ``languages`` (in small letters) may stand before an ``i18n`` route; ``default_language`` is the ``LANGUAGE_CODE``.
    ``policy`` is for every request whose route and group name none."""

    tenant: str | None = None
    trusted_hops: int = 0
    languages: tuple[str, ...] = ()
    default_language: str = ""
    policy: str | None = None


@dataclass(frozen=True)
class RouteTable:
    """One version of everything that decides where a request goes."""

    version: int = 0
    upstreams: Mapping[str, Upstream] = field(default_factory=lambda: MappingProxyType({}))
    groups: Mapping[str, Group] = field(default_factory=lambda: MappingProxyType({}))
    routes: tuple[Route, ...] = ()
    gateway: Gateway = Gateway()
    policies: Mapping[str, Policy] = field(default_factory=lambda: MappingProxyType({}))

    @cached_property
    def index(self) -> RouteIndex:
        """The compiled patterns."""
        return index_of(self.routes)

    def policy(self, route: Route | None) -> Policy | None:
        """The policy of a route (None: of what no route matches), whoever asks."""
        group = self.groups.get(route.group) if route is not None and route.group else None
        name = (route.policy if route else None) or (group.policy if group else None) or self.gateway.policy
        return None if name is None or name == NO_POLICY else self.policies[name]

    def paths(self, path: str) -> Paths:
        """How the routes see a path, which is given without its leading slash."""
        if self.index.localised is None:
            return Paths(path)
        return paths_of(path, self.gateway.languages, self.gateway.default_language)


Candidates = tuple[tuple[re.Pattern[str], Route], ...]


@dataclass(frozen=True, slots=True)
class RouteIndex:
    """Compiled routes by what their paths begin with, each tuple in the order in which routes are tried.

    ``by_path`` serves the paths that some route names in full, ``by_prefix`` all others by their longest indexed
    beginning (whole segments; every shorter beginning of a key is a key too). Each tuple is complete: it holds every
    route that could match such a path. Routes behind a language have an index of their own.
    """

    by_path: Mapping[str, Candidates]
    by_prefix: Mapping[str, Candidates]
    places: Mapping[str, int]
    """Name of a route -> its place in the order."""
    localised: RouteIndex | None = None

    def candidates(self, paths: Paths) -> Candidates:
        """The routes that could match a path (decoded, without its leading slash), in order."""
        found = self._look(paths.plain)
        if self.localised is None:
            return found
        seen = {path for path in (paths.behind, paths.unprefixed) if path is not None}
        more = [candidate for path in seen for candidate in self.localised._look(path)]
        unique = {route.name: (pattern, route) for pattern, route in (*found, *more)}
        return tuple(unique[name] for name in sorted(unique, key=self.places.__getitem__))

    def _look(self, path: str) -> Candidates:
        found = self.by_path.get(path)
        if found is not None:
            return found
        found, end = self.by_prefix[""], path.find("/")
        while end >= 0 and (deeper := self.by_prefix.get(path[: end + 1])) is not None:
            found, end = deeper, path.find("/", end + 1)
        return found


@lru_cache(maxsize=8)
def index_of(routes: tuple[Route, ...]) -> RouteIndex:
    """The index of some routes. Remembered, because most changes move a share and leave the routes as they are."""
    ordered = tuple(sorted(routes, key=lambda route: -route.priority))
    places = {route.name: place for place, route in enumerate(ordered)}
    localised = tuple(route for route in ordered if route.i18n)
    plain = _index(tuple(route for route in ordered if not route.i18n), places)
    return replace(plain, localised=_index(localised, places)) if localised else plain


def _index(ordered: tuple[Route, ...], places: Mapping[str, int]) -> RouteIndex:
    by_prefix: dict[str, list[tuple[int, re.Pattern[str], Route]]] = {"": []}
    by_path: dict[str, list[tuple[int, re.Pattern[str], Route]]] = {}
    for place, route in enumerate(ordered):
        path, prefix = fixed_path(route.kind, route.pattern), fixed_prefix(route.kind, route.pattern)
        for beginning in _beginnings(prefix) if path is None else ():
            by_prefix.setdefault(beginning, [])
        home = by_prefix[prefix] if path is None else by_path.setdefault(path, [])
        home.append((place, compile_pattern(route.kind, route.pattern), route))

    def complete(path: str, exact: list[tuple[int, re.Pattern[str], Route]]) -> Candidates:
        found = [*exact, *(c for beginning in _beginnings(path) for c in by_prefix.get(beginning, ()))]
        return tuple((pattern, route) for _, pattern, route in sorted(found, key=lambda c: c[0]))

    return RouteIndex(
        by_path={path: complete(path, exact) for path, exact in by_path.items()},
        by_prefix={prefix: complete(prefix, []) for prefix in by_prefix},
        places=places,
    )


def _beginnings(path: str) -> list[str]:
    """Every beginning of a path that ends with a slash, and the empty one."""
    return ["", *(path[: end + 1] for end, char in enumerate(path) if char == "/")]
