"""What a policy asks of a request before it may pass, and what it does for it on the way to an upstream."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Protocol

from strangler.facade.asgi import Headers, Scope
from strangler.facade.failures import Failure
from strangler.facade.headers import Head
from strangler.facade.transport import Answer, Body, Request, Transport
from strangler.routing import Decision, Policy, RequestFacts, Route, RouteTable


@dataclass(frozen=True, slots=True)
class Identity:
    """Who asks, as far as it was verified. ``fields`` tell the upstream; the client's own copies never pass."""

    user: str = ""
    claims: Mapping[str, str] = field(default_factory=dict)
    fields: tuple[tuple[bytes, bytes], ...] = ()


@dataclass(frozen=True, slots=True)
class Asked:
    """What is looked at to find out who asks: ``fields`` are the end-to-end header fields, ``scheme`` the client's."""

    method: str
    host: str
    scheme: str
    fields: Headers


class Identify(Protocol):
    """Finds out who asks, as the policy wants it; raises ``Failure`` for whoever may not pass."""

    async def __call__(self, policy: Policy, route: Route | None, asked: Asked, /) -> Identity: ...


async def anonymous(policy: Policy, route: Route | None, asked: Asked) -> Identity:
    """Knows nobody; whoever has to be known does not pass."""
    if policy.jwt is not None or policy.session is not None:
        raise Failure("no identity", "nothing here can tell who is asking")
    return Identity()


class Passage:
    """One request under a policy. ``facts`` know who asks; ``headers`` are added to its answer."""

    __slots__ = ("facts", "headers", "identity", "policy")

    def __init__(self, policy: Policy, facts: RequestFacts, identity: Identity) -> None:
        self.policy = policy
        self.facts = facts
        self.identity = identity
        self.headers: Headers = []

    async def exchange(
        self, transports: Mapping[str, Transport], decision: Decision, request: Request, body: Body | None
    ) -> Answer:
        """Asks the upstream that was decided on; raises ``Failure`` where no answer is to be had."""
        limits = self.policy.limits
        if body is not None and limits is not None:
            body.most = limits.body
        return await transports[decision.upstream].exchange(request, body)


class Gate:
    """Admits requests whose route has a policy."""

    def __init__(self, identify: Identify = anonymous) -> None:
        self.identify = identify

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
        check_limits(policy, head, scope)
        identity = await self.identify(policy, route, Asked(facts.method, facts.host, scheme, head.kept))
        facts = replace(facts, user=identity.user, claims=identity.claims)
        return Passage(policy, facts, identity)


def check_limits(policy: Policy, head: Head, scope: Scope) -> None:
    """Raises ``Failure`` for a head, or an announced body, that is larger than the policy allows."""
    limits = policy.limits
    if limits is None:
        return
    if limits.head is not None:
        size = len(scope["raw_path"]) + len(scope["query_string"])
        size += sum(len(name) + len(value) + 4 for name, value in scope["headers"])
        if size > limits.head:
            raise Failure("request too large", f"the header fields are larger than {limits.head} bytes")
    if limits.body is not None and (head.content_length or 0) > limits.body:
        raise Failure("body too large", f"the body is larger than {limits.body} bytes")


def total_timeout(policy: Policy) -> asyncio.Timeout:
    """Ends a request that takes longer than the policy allows in all."""
    return asyncio.timeout(policy.timeouts.total if policy.timeouts is not None else None)
