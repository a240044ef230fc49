"""What a policy asks of a request before it may pass."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection
from dataclasses import dataclass, field, replace
from typing import Protocol

from strangler.facade.asgi import Headers, Scope
from strangler.facade.failures import Failure
from strangler.facade.guarded import Figures, retry_after
from strangler.facade.headers import Head
from strangler.facade.passage import NOBODY, Identity, Passage, Spent
from strangler.policy import Allowance, Buckets, Budget
from strangler.policy.rate import fold, network_of
from strangler.routing import Policy, RequestFacts, Route, RouteTable
from strangler.routing.decide import identity_of, policy_for, tenant_of
from strangler.routing.policy import Limits, Rate

Spending = dict[str, dict[str, dict[str, int]]]
"""Requests by policy, by what a rate counts, by key."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What is looked at to find out who asks: ``fields`` are the end-to-end header fields, ``scheme`` the client's."""

    method: str
    host: str
    scheme: str
    fields: Headers
    upgrades: bool = False
    """It wants to become a WebSocket: a GET that may write afterwards, and that any site can make a browser send."""


class Identify(Protocol):
    """Finds out who asks, as the policy wants it; raises ``Failure`` for whoever may not pass."""

    async def __call__(self, policy: Policy, route: Route | None, asked: Asked, /) -> Identity: ...


async def anonymous(policy: Policy, route: Route | None, asked: Asked) -> Identity:
    """Knows nobody; whoever has to be known does not pass."""
    if policy.jwt is not None or policy.session is not None:
        raise Failure("no identity", "nothing here can tell who is asking")
    return Identity()


@dataclass(slots=True)
class _Kept:
    """What is remembered for a policy from one request to the next. ``told`` is its ``RateLimit-Policy``, ``state`` the
    form of its ``RateLimit``."""

    policy: Policy
    buckets: Buckets | None
    told: tuple[bytes, bytes]
    state: bytes
    budget: Budget | None
    spent: Spent = field(default_factory=Spent)
    limited: Counter[str] = field(default_factory=Counter)


class Gate:
    """Admits requests whose route has a policy. What it remembers of a policy survives a new table, unless that policy
    has changed."""

    def __init__(self, identify: Identify = anonymous, *, now: Callable[[], float]) -> None:
        self.identify = identify
        self._now = now
        self._kept: dict[str, _Kept] = {}

    def swap(self, policies: Collection[Policy]) -> None:
        """These policies are in force from now on."""
        self._kept = {policy.name: self._of(policy) for policy in policies}
        for policy in policies:
            self._kept[policy.name].policy = policy  # the same one is found without a comparison

    async def admit(
        self,
        table: RouteTable,
        policy: Policy,
        route: Route | None,
        facts: RequestFacts,
        head: Head,
        scope: Scope,
        scheme: str = "http",
    ) -> Passage:
        """The request's way through, or a ``Failure`` that says why there is none."""
        identity = NOBODY
        if policy.jwt is not None or policy.session is not None:
            asked = Asked(facts.method, facts.host, scheme, head.kept, head.upgrade is not None)
            try:
                identity = await self.identify(policy, route, asked)
            except Failure:
                self._count(
                    self._of(policy), table, route, facts, tenant_of(table, facts)
                )  # or guessing is free
                raise
            if identity is not NOBODY:
                facts = replace(facts, user=identity.user, claims=identity.claims)
        tenant = tenant_of(table, facts)
        policy = policy_for(table, policy, tenant)
        if policy.limits is not None:
            check_limits(policy.limits, head, scope)
        kept = self._of(policy)
        passage = Passage(policy, facts, identity, tenant, kept.budget, kept.spent)
        passage.headers = self._count(kept, table, route, facts, tenant)
        return passage

    def figures(self) -> Figures:
        """Running totals and sizes, for telemetry: name -> (labels, value)."""
        kept = list(self._kept.items())
        return {
            "strangler_rate_limited_total": [
                ({"policy": name, "by": by}, float(count))
                for name, it in kept
                for by, count in sorted(it.limited.items())
            ],
            "strangler_rate_keys": [
                ({"policy": name}, float(it.buckets.size)) for name, it in kept if it.buckets is not None
            ],
            "strangler_retries_total": [
                ({"policy": name}, float(it.spent.retries)) for name, it in kept if it.budget is not None
            ],
            "strangler_fallbacks_total": [
                ({"policy": name}, float(it.spent.fallbacks)) for name, it in kept if it.policy.fallback
            ],
        }

    def drain(self) -> Spending:
        """What was let pass since the last call, for others who share the rates: by policy, by what is counted, key."""
        spent = {name: it.buckets.drain() for name, it in self._kept.items() if it.buckets is not None}
        return {name: by for name, by in spent.items() if by}

    def absorb(self, spending: Spending) -> None:
        """What others have let pass."""
        for name, spent in spending.items():
            kept = self._kept.get(name)
            if kept is not None and kept.buckets is not None:
                kept.buckets.absorb(spent, self._now())

    def _of(self, policy: Policy) -> _Kept:
        kept = self._kept.get(policy.name)
        if kept is not None and (kept.policy is policy or kept.policy == policy):
            return kept
        return _remember(policy)  # it is new, or of a table that is not in force any more

    def _count(
        self, kept: _Kept, table: RouteTable, route: Route | None, facts: RequestFacts, tenant: str | None
    ) -> Headers:
        """Counts a request for all that its rates name; raises ``Failure`` where that is too many for one of them."""
        if kept.buckets is None:
            return []
        keys = [key_of(rate, table, route, facts, tenant) for rate in kept.policy.rate]
        told = kept.buckets.take(keys, self._now())
        fields = [kept.told, rate_state(kept.state, told)]
        for allowance in told:
            if allowance.retry_after:
                raise _too_many(kept, told, fields)
        return fields


def key_of(
    rate: Rate, table: RouteTable, route: Route | None, facts: RequestFacts, tenant: str | None
) -> str:
    """Whom a rate counts a request for. Who does not say is counted by the address."""
    if rate.by == "route":
        return route.name if route is not None else ""
    if rate.by != "client":
        named = tenant if rate.by == "tenant" else identity_of(rate.by, table, facts)
        if named is not None:
            return fold(named)  # no value can pass for an address
    return network_of(facts.client)


def rate_policy(policy: Policy) -> tuple[bytes, bytes]:
    """``RateLimit-Policy`` (draft-ietf-httpapi-ratelimit-headers-10)."""
    rates = ", ".join(f'"{rate.by}";q={rate.limit};w={max(1, round(rate.per))}' for rate in policy.rate)
    return b"ratelimit-policy", rates.encode()


def state_form(policy: Policy) -> bytes:
    """What ``rate_state`` fills in: two numbers for each rate."""
    return ", ".join('"' + rate.by.replace("%", "%%") + '";r=%d;t=%d' for rate in policy.rate).encode()


def rate_state(form: bytes, told: list[Allowance]) -> tuple[bytes, bytes]:
    """``RateLimit``, of the same draft."""
    numbers: list[int] = []
    for _, left, reset, _ in told:
        numbers += (left, int(reset) + 1)
    return b"ratelimit", form % tuple(numbers)


def check_limits(limits: Limits, head: Head, scope: Scope) -> None:
    """Raises ``Failure`` for a head, or an announced body, that is larger than the policy allows."""
    if limits.head is not None:
        size = len(scope["raw_path"]) + len(scope["query_string"])
        for name, value in scope["headers"]:
            size += len(name) + len(value) + 4
        if size > limits.head:
            raise Failure("request too large", f"the header fields are larger than {limits.head} bytes")
    if limits.body is not None and (head.content_length or 0) > limits.body:
        raise Failure("body too large", f"the body is larger than {limits.body} bytes")


def _remember(policy: Policy) -> _Kept:
    buckets = Buckets(policy.rate) if policy.rate else None
    budget = Budget(policy.retry) if policy.retry else None
    return _Kept(policy, buckets, rate_policy(policy), state_form(policy), budget)


def _too_many(kept: _Kept, told: list[Allowance], fields: Headers) -> Failure:
    slowest = max(told, key=lambda allowance: allowance.retry_after)
    rate = slowest.rate
    kept.limited[rate.by] += 1
    return Failure(
        "rate limited",
        f"more than {rate.limit} requests in {rate.per:g} s for one {rate.by.partition(':')[0]}",
        headers=[*fields, retry_after(slowest.retry_after)],
    )
