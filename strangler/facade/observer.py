"""Listens to the facade: counts every answer, and hands sampled ones to the shadow."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from strangler.facade.events import CAPTURE_LIMIT, CapturedAnswer, MirrorRequest, Outcome
from strangler.facade.failures import Failure
from strangler.facade.transport import Request, Transport
from strangler.routing import Decision
from strangler.shadow import Answer, Copy, Mirror
from strangler.telemetry import Counters

SHADOW_HEADER = (b"x-strangler-shadow", b"1")
"""Tells the service that nobody will see its answer."""


class Observer:
    """``on_finish`` and ``mirror`` of a facade. ``transport(name)`` gives the way to an upstream, or None."""

    def __init__(self, transport: Callable[[str], Transport | None]) -> None:
        self.counters = Counters()
        self.shadow = Mirror(self._ask, self._compared)
        self._transport = transport

    def on_finish(self, outcome: Outcome) -> None:
        """Count it. What the facade refused was no side's, and a client that left is nobody's failure."""
        decision = outcome.decision
        if decision is None or outcome.tunnel:
            return
        failed = outcome.status >= 500 or (outcome.error is not None and outcome.status != 499)
        group = decision.group.name if decision.group else None
        self.counters.note(group, decision.side, outcome.duration, failed)

    def mirror(self, decision: Decision, request: MirrorRequest, answer: CapturedAnswer) -> None:
        """Offer a copy to the shadow, when the whole answer is there to compare."""
        if decision.group is None or decision.shadow is None or answer.truncated:
            return
        self.shadow.offer(
            Copy(
                group=decision.group.name,
                upstream=decision.shadow,
                method=request.method,
                target=request.target,
                headers=(*request.headers, SHADOW_HEADER),
                answer=_answer(answer.status, answer.headers, answer.body),
                ignore=decision.group.ignore,
            )
        )

    async def _ask(self, copy: Copy) -> Answer:
        transport = self._transport(copy.upstream)
        if transport is None:
            raise ConnectionError(f"the upstream {copy.upstream} is not in the route table")
        try:
            answer = await transport.exchange(Request(copy.method, copy.target, list(copy.headers)), None)
            try:
                body = b""
                while not answer.complete and len(body) <= CAPTURE_LIMIT:
                    body += await answer.read()
            finally:
                answer.finish()
        except Failure as failure:
            raise ConnectionError(str(failure)) from failure
        except asyncio.IncompleteReadError as error:
            raise ConnectionError("the answer broke off") from error
        return _answer(answer.status, answer.headers, body)

    def _compared(self, group: str, differs: bool) -> None:
        self.counters.note(group, "shadow", 0.0, differs)


def _answer(status: int, headers: list[tuple[bytes, bytes]], body: bytes) -> Answer:
    named = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in headers}
    return Answer(status, named, body)
