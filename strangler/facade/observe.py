"""The facade's hooks towards telemetry and shadow: an outcome becomes a count, a sampled answer a comparison."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from strangler.facade.app import Facade
from strangler.facade.events import CapturedAnswer, MirrorRequest, OnFinish, Outcome
from strangler.facade.failures import NO_UPSTREAMS_FAULT, Failure
from strangler.facade.pool import Pool
from strangler.facade.transport import Answer as UpstreamAnswer
from strangler.facade.transport import Request
from strangler.routing import MONOLITH, SAFE_METHODS, Decision, Upstream
from strangler.routing.identity import IDENTITY_HEADER
from strangler.shadow import Answer, Copy, Mirror
from strangler.shadow.mirror import MOST_AT_ONCE
from strangler.store import Differing, Example
from strangler.telemetry import Counters, Exchange

LARGEST = 1024 * 1024
"""Bytes of the new side's answer that are read for a comparison; more is no answer."""
SHADOW_FIELD = (b"x-strangler-shadow", b"1")
"""Tells a service, and a monolith that is asked again, that nobody will see its answer."""
_CREDENTIALS = frozenset({b"cookie", b"authorization", IDENTITY_HEADER.encode()})


def counting(counters: Counters) -> OnFinish:
    """A hook that counts every decided request: as failed where the side owed an answer and gave none, or 5xx.

    A tunnel counts with the time of its handshake. A client that went away is nobody's failure, and nor is what the
    facade itself cannot do. Where the monolith stepped in, the service has failed. The guard compares like with like:
    what the monolith answers as the writer has no counterpart on the service."""

    def note(outcome: Outcome) -> None:
        decision = outcome.decision
        if decision is None or outcome.error in NO_UPSTREAMS_FAULT:
            return
        seconds = outcome.upstream_seconds if outcome.tunnel else None
        failed = outcome.status >= 500 or outcome.error is not None or outcome.fell_back is not None
        group = decision.group.name if decision.group else None
        judged = decision.side == "service" or outcome.method in SAFE_METHODS
        duration = outcome.duration if seconds is None else seconds
        counters.note(group, decision.side, duration, failed, judged=judged)

    return note


def exchange_of(outcome: Outcome) -> Exchange:
    """A request as the access log and traces tell it."""
    decision, route, group = outcome.decision, None, None
    if decision is not None:
        route, group = decision.route, decision.group
    return Exchange(
        outcome.started,
        outcome.duration,
        outcome.request_id,
        outcome.method,
        outcome.path,
        outcome.host,
        outcome.scheme,
        outcome.client,
        outcome.status,
        outcome.error or "",
        route.name if route is not None else "",
        route.pattern if route is not None else "",
        group.name if group is not None else "",
        decision.side if decision is not None else "",
        decision.upstream if decision is not None else "",
        decision.reason if decision is not None else "",
        decision.bucket if decision is not None else None,
        outcome.user,
        outcome.asked,
        outcome.upstream_seconds,
        outcome.bytes_in,
        outcome.bytes_out,
        outcome.tunnel,
        outcome.trace,
    )


class Shadowing:
    """Offers sampled answers to ``shadow.Mirror``, and asks the new side for it over connections of their own, so that
    a slow shadow takes none from real requests."""

    def __init__(self, facade: Facade, on_compared: Callable[[str, bool], None]) -> None:
        self.mirror = Mirror(self._send, on_compared)
        self._facade = facade
        self._pools: dict[Upstream, Pool] = {}

    def __call__(self, decision: Decision, request: MirrorRequest, answer: CapturedAnswer) -> None:
        """The facade's mirror hook. An answer that was cut cannot be compared."""
        if answer.truncated or decision.group is None or decision.shadow is None:
            return
        group = decision.group
        told = Answer(answer.status, _by_name(answer.headers), answer.body)
        headers = request.headers
        if group.compare.credentials == "strip":
            headers = [field for field in headers if field[0] not in _CREDENTIALS]
        sent = (*headers, SHADOW_FIELD)
        self.mirror.offer(
            Copy(
                group.name,
                decision.shadow,
                request.method,
                request.target,
                sent,
                told,
                group.ignore,
                group.compare,
                (decision.route.translate or "") if decision.route is not None else "",
            )
        )

    def differing(self, now: float) -> list[Differing]:
        """What was seen since the last call, to be kept."""
        return [
            Differing(
                sample.group,
                sample.difference.path,
                1,
                now,
                now,
                (Example(sample.request, sample.difference.old, sample.difference.new),),
            )
            for sample in self.mirror.take()
        ]

    async def aclose(self) -> None:
        """Drops what waits and closes the connections."""
        await self.mirror.aclose()
        for pool in self._pools.values():
            pool.retire()

    async def _send(self, copy: Copy, name: str) -> Answer:
        upstream = self._facade.upstream(name)
        if upstream is None:
            raise OSError(f"{name} is not in the route table any more")
        try:
            answer = await self._answer(copy, self._pool(upstream), copy.mapping if name != MONOLITH else "")
            body = bytearray()
            try:
                while not answer.complete:
                    body += await answer.read()
                    if len(body) > LARGEST:
                        raise OSError("the answer is too large to be compared")
            finally:
                answer.finish()
        except Failure as failure:
            raise OSError(failure.message) from None
        return Answer(answer.status, _by_name(answer.headers), bytes(body))

    async def _answer(self, copy: Copy, pool: Pool, mapping: str) -> UpstreamAnswer:
        """What the side says, in the shape that clients know."""
        request = Request(copy.method, copy.target, list(copy.headers))
        if not mapping:
            return await pool.exchange(request, None)
        crossing = self._facade.translations.crossing(mapping, mapping, request.headers)
        asked, _ = await crossing.request(request, None, None)
        return await crossing.answer(copy.method, await pool.exchange(asked, None))

    def _pool(self, upstream: Upstream) -> Pool:
        pool = self._pools.get(upstream)
        if pool is None:
            known = [self._facade.upstream(name) for name in (*self._facade.table.upstreams, MONOLITH)]
            for old in [one for one in self._pools if one not in known]:
                self._pools.pop(old).retire()
            pool = self._pools[upstream] = Pool(replace(upstream, max_connections=MOST_AT_ONCE))
        return pool


def _by_name(headers: list[tuple[bytes, bytes]]) -> dict[str, str]:
    return {name.decode("latin-1"): value.decode("latin-1") for name, value in headers}
