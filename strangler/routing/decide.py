"""Request facts in, a decision out: which route, which side, which upstream, and why. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, NamedTuple

from strangler.routing.cohort import bucket_of, cookie_name, published_bucket
from strangler.routing.languages import Paths
from strangler.routing.policy import Policy
from strangler.routing.table import MONOLITH, SAFE_METHODS, Group, Route, RouteTable, Side

Reason = Literal[
    "no route matches",
    "the route stays with the monolith",
    "on the deny list",
    "on the allow list",
    "the monolith is the writer",
    "the service is the writer",
    "no writer is declared",
    "the whole group is on the monolith",
    "the whole group is on the service",
    "the whole tenant is on the monolith",
    "the whole tenant is on the service",
    "bucket below the share",
    "bucket not below the share",
]


@dataclass(frozen=True, slots=True)
class RequestFacts:
    """What a decision may look at. ``path`` is decoded; header names are lower case; ``client`` is the address that is
    believed; ``roll`` is a random number 0..9999 drawn by the caller, for a client without identity; ``shadow_roll``
    likewise, for the sample of mirrored requests. ``user`` and ``claims`` hold only what was verified."""

    method: str
    path: str
    host: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    cookies: Mapping[str, str] = field(default_factory=dict)
    client: str = ""
    roll: int = 0
    shadow_roll: int = 9_999
    user: str = ""
    claims: Mapping[str, str] = field(default_factory=dict)


class Decision(NamedTuple):
    """Where a request goes. ``upstream`` is a name in the table; ``publish`` is a bucket to hand to the client in the
    group's cookie, or None; ``shadow`` names the upstream that gets a copy afterwards, or None.

    A named tuple, because one is made for every request: a frozen dataclass takes three times as long to make.
    """

    side: Side
    upstream: str
    reason: Reason
    route: Route | None = None
    group: Group | None = None
    bucket: int | None = None
    publish: int | None = None
    shadow: str | None = None


def decide(table: RouteTable, facts: RequestFacts) -> Decision:
    """The decision for one request. Never raises: what nothing matches goes to the monolith."""
    return decide_on(table, match(table, facts.method, facts.path, facts.host), facts)


def decide_on(table: RouteTable, route: Route | None, facts: RequestFacts) -> Decision:
    """The decision for a request whose route is known."""
    if route is None:
        return _UNMATCHED
    group = table.groups.get(route.group) if route.group else None
    if group is None:
        return Decision("monolith", MONOLITH, "the route stays with the monolith", route)
    side, reason, bucket, publish = _side(table, group, facts)
    shadow = None
    if (
        group.shadow
        and side == "monolith"
        and facts.method in SAFE_METHODS
        and facts.shadow_roll < round(group.shadow * 100)
    ):
        shadow = group.service
    upstream = group.service if side == "service" else MONOLITH
    return Decision(side, upstream, reason, route, group, bucket, publish, shadow)


def match(table: RouteTable, method: str, path: str, host: str = "") -> Route | None:
    """The first route, in resolver order, whose pattern, methods and hosts fit."""
    paths = table.paths(path.removeprefix("/"))
    for pattern, route in table.index.candidates(paths):
        if misfit(pattern, route, method, paths, host) is None:
            return route
    return None


def misfit(
    pattern: re.Pattern[str], route: Route, method: str, paths: Paths, host: str
) -> Literal["pattern", "method", "host"] | None:
    """What of a route does not fit a request, or None."""
    seen = paths.plain if not route.i18n else paths.unprefixed if route.unprefixed else paths.behind
    if seen is None or pattern.search(seen) is None:
        return "pattern"
    methods = route.methods
    if methods and method not in methods and not (method == "HEAD" and "GET" in methods):
        return "method"
    if route.hosts and not any(_host_fits(wanted, host) for wanted in route.hosts):
        return "host"
    return None


def tenant_of(table: RouteTable, facts: RequestFacts) -> str | None:
    """The tenant of a request, read from where the gateway says, or None."""
    if table.gateway.tenant is None:
        return None
    kind, _, name = table.gateway.tenant.partition(":")
    if kind == "host":
        return _host_name(facts.host).partition(".")[0] or None
    if kind == "path":
        segments = facts.path.strip("/").split("/")
        position = int(name) - 1
        return segments[position] if position < len(segments) and segments[position] else None
    return _named(kind, name, facts)


def own_share(table: RouteTable, group: Group, facts: RequestFacts) -> float | None:
    """The share of the tenant who asks, in percent, where it has one of its own."""
    return dict(group.shares).get(tenant_of(table, facts) or "")


def policy_for(table: RouteTable, policy: Policy, tenant: str | None) -> Policy:
    """The policy that whoever asks has: a tenant's instead of the route's."""
    if not policy.tenants:
        return policy
    name = dict(policy.tenants).get(tenant or "")
    return policy if name is None else table.policies.get(name) or Policy(name)


def identity_of(identity: str, table: RouteTable, facts: RequestFacts) -> str | None:
    """What a request holds under the name of an identity (``cookie:NAME``, ``tenant``, ...), or None."""
    kind, _, name = identity.partition(":")
    if kind == "client":
        return facts.client
    if kind == "user":
        return facts.user or None
    if kind == "tenant":
        return tenant_of(table, facts)
    return _named(kind, name, facts)


def _named(kind: str, name: str, facts: RequestFacts) -> str | None:
    if kind == "header":
        return facts.headers.get(name.lower()) or None
    if kind == "cookie":
        return facts.cookies.get(name) or None
    return facts.claims.get(name) or None if kind == "claim" else None


def _side(
    table: RouteTable, group: Group, facts: RequestFacts
) -> tuple[Side, Reason, int | None, int | None]:
    """Side, reason, bucket and the bucket to publish. Writes follow the writer, whoever asks."""
    if facts.method not in SAFE_METHODS:
        if group.writer == "service":
            return "service", "the service is the writer", None, None
        if group.writer == "monolith":
            return "monolith", "the monolith is the writer", None, None
        return "monolith", "no writer is declared", None, None
    if group.deny and any(_rule_fits(rule, table, facts) for rule in group.deny):
        return "monolith", "on the deny list", None, None
    if group.allow and any(_rule_fits(rule, table, facts) for rule in group.allow):
        return "service", "on the allow list", None, None
    own = own_share(table, group, facts) if group.shares else None
    threshold = group.threshold if own is None else round(own * 100)
    if threshold <= 0:
        whole: Reason = (
            "the whole group is on the monolith" if own is None else "the whole tenant is on the monolith"
        )
        return "monolith", whole, None, None
    if threshold >= 10_000:
        whole = "the whole group is on the service" if own is None else "the whole tenant is on the service"
        return "service", whole, None, None
    bucket, publish = _bucket(table, group, facts)
    if bucket < threshold:
        return "service", "bucket below the share", bucket, publish
    return "monolith", "bucket not below the share", bucket, publish


def _bucket(table: RouteTable, group: Group, facts: RequestFacts) -> tuple[int, int | None]:
    """The bucket, and whether to publish it. A published one wins: logging in must not move a user."""
    kind, _, name = group.sticky.partition(":")
    salt = group.salt or group.name
    if kind == "cookie":
        sent = published_bucket(facts.cookies.get(cookie_name(group.name), ""))
        if sent is not None:
            return sent, None
        identity = facts.cookies.get(name)
        bucket = bucket_of(salt, identity) if identity else facts.roll
        return bucket, bucket
    identity = identity_of(group.sticky, table, facts)
    return (bucket_of(salt, identity) if identity else bucket_of(salt, facts.client)), None


def _rule_fits(rule: str, table: RouteTable, facts: RequestFacts) -> bool:
    kind, _, rest = rule.partition(":")
    if kind in ("tenant", "user"):
        return identity_of(kind, table, facts) == rest
    name, _, value = rest.partition("=")
    return _named(kind, name, facts) == value


def _host_name(host: str) -> str:
    name = host.lower()
    if name.startswith("["):
        return name.partition("]")[0] + "]"
    return name.partition(":")[0].removesuffix(".")  # a full name may end in a dot; Django drops it as well


def _host_fits(wanted: str, host: str) -> bool:
    name = _host_name(host)
    return name == wanted or (wanted.startswith("*.") and name.endswith(wanted[1:]))


_UNMATCHED = Decision("monolith", MONOLITH, "no route matches")
