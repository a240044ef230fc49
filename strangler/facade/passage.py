"""The way of one request under a policy to its upstream: retries, and the monolith where the service cannot answer."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Mapping
from dataclasses import dataclass, field

from strangler.facade.asgi import Headers
from strangler.facade.deadlines import Deadline, Deadlines
from strangler.facade.failures import Failure, Kind
from strangler.facade.transport import IDEMPOTENT, Answer, Body, Kept, Request, Transport
from strangler.policy import Budget, pause
from strangler.routing import MONOLITH, SAFE_METHODS, Decision, Policy, RequestFacts

_RETRIED: frozenset[Kind] = frozenset({"refused", "connect timeout", "closed", "bad answer"})
_FALLS_BACK = _RETRIED | {"open", "read timeout"}
"""Failures of the service. That it is busy is none: what is too much for it is not poured over the monolith."""


@dataclass(frozen=True, slots=True)
class Identity:
    """Who asks, as far as it was verified. ``fields`` tell the upstream; the client's own copies never pass."""

    user: str = ""
    claims: Mapping[str, str] = field(default_factory=dict)
    fields: tuple[tuple[bytes, bytes], ...] = ()


NOBODY = Identity()


@dataclass(slots=True)
class Spent:
    """Running totals of a policy."""

    retries: int = 0
    fallbacks: int = 0


class Passage:
    """One request under a policy. ``facts`` know who asks, and ``tenant`` for whom; ``headers`` are added to its
    answer; ``fell_back`` is why the monolith answered in place of the service, ``retries`` how often an upstream was
    asked again. ``limit`` ends it when it takes too long."""

    __slots__ = (
        "_budget",
        "_spent",
        "facts",
        "fell_back",
        "headers",
        "identity",
        "limit",
        "policy",
        "retries",
        "tenant",
    )

    def __init__(
        self,
        policy: Policy,
        facts: RequestFacts,
        identity: Identity,
        tenant: str | None,
        budget: Budget | None,
        spent: Spent,
    ) -> None:
        self.policy = policy
        self.facts = facts
        self.identity = identity
        self.tenant = tenant
        self.headers: Headers = []
        self.fell_back: Kind | None = None
        self.retries = 0
        self.limit: Deadline | None = None
        self._budget = budget
        self._spent = spent

    async def exchange(
        self,
        transports: Mapping[str, Transport],
        decision: Decision,
        request: Request,
        body: Body | None,
        deadlines: Deadlines,
    ) -> Answer:
        """Asks the upstream that was decided on; raises ``Failure`` where no answer is to be had."""
        if body is not None:
            if self.policy.limits is not None:
                body.most = self.policy.limits.body
            body = await self._keep(request, body)
        try:
            return await self._in_time(transports[decision.upstream], request, body, deadlines)
        except Failure as failure:
            if not self._may_fall_back(decision, request, failure):
                raise
            self.fell_back = failure.kind
        self._spent.fallbacks += 1
        return await transports[MONOLITH].exchange(request, _left(body))

    async def _keep(self, request: Request, body: Body) -> Body:
        """Reads a small body whole, where it may have to be sent again."""
        retry, size = self.policy.retry, request.content_length
        if not size or retry is None or retry.bodies is None or size > retry.bodies:
            return body
        if request.method not in IDEMPOTENT:
            return body
        parts = []
        while not body.ended:
            parts.append(await body.read())
        request.expects_continue = False
        return Kept(b"".join(parts))

    async def _in_time(
        self, transport: Transport, request: Request, body: Body | None, deadlines: Deadlines
    ) -> Answer:
        timeouts = self.policy.timeouts
        seconds = timeouts.first_byte if timeouts is not None else None
        uploads = request.chunked or bool(request.content_length)
        if seconds is None or (
            uploads and not isinstance(body, Kept)
        ):  # an answer may wait for the whole upload
            return await self._try(transport, request, body)
        try:
            with deadlines.within(seconds):
                return await self._try(transport, request, body)
        except TimeoutError:
            raise Failure("read timeout", f"there was no answer within {seconds:g} s") from None

    async def _try(self, transport: Transport, request: Request, body: Body | None) -> Answer:
        retry, budget = self.policy.retry, self._budget
        may_repeat = request.may_replay or isinstance(body, Kept)
        if retry is None or budget is None or not may_repeat:
            return await transport.exchange(request, body)
        budget.deposit()
        for failures in range(1, retry.tries):
            try:
                answer = await transport.exchange(request, _left(body))
            except Failure as failure:
                if failure.kind not in _RETRIED or not budget.withdraw():
                    raise
            else:
                if answer.status not in retry.statuses or not budget.withdraw():
                    return answer
                answer.finish()
            self._spent.retries += 1
            self.retries += 1
            await asyncio.sleep(pause(retry, failures, random.random()))  # noqa: S311 -- spreads load, guards nothing
        return await transport.exchange(request, _left(body))

    def _may_fall_back(self, decision: Decision, request: Request, failure: Failure) -> bool:
        return (
            self.policy.fallback
            and decision.side == "service"
            and not (decision.group is not None and decision.group.monolith_is_behind)
            and request.method in SAFE_METHODS
            and request.may_replay
            and failure.kind in _FALLS_BACK
        )


def _left(body: Body | None) -> Body | None:
    """What is left to send at another attempt. An empty body that was read already must not be waited for again."""
    if isinstance(body, Kept):
        return Kept(body.data)
    return None if body is None or body.ended else body
