"""A way to an upstream that is guarded by a circuit breaker, a bulkhead, or both."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from strangler.facade.asgi import Headers
from strangler.facade.failures import NO_UPSTREAMS_FAULT, Failure
from strangler.facade.transport import Answer, Body, Request, Transport
from strangler.policy import Circuit, Compartments
from strangler.routing import Upstream
from strangler.routing.policy import Bulkhead

Figures = dict[str, list[tuple[Mapping[str, str], float]]]
"""Name -> (labels, value)."""
_STATES = ("closed", "half open", "open")


class Guarded:
    """A ``Transport`` in front of another one. It is kept for as long as the upstream stays as it is, and so is what it
    knows."""

    def __init__(self, upstream: Upstream, way: Transport) -> None:
        self.name = upstream.name
        self.way = way
        self.now = asyncio.get_running_loop().time
        self.circuit = Circuit(upstream.breaker) if upstream.breaker is not None else None
        self.places = Places(upstream.name, upstream.bulkhead) if upstream.bulkhead is not None else None

    async def exchange(self, request: Request, body: Body | None) -> Answer:
        """Sends a request unless the breaker is open, once there is a place for it."""
        places, tenant = self.places, request.tenant
        if places is None:
            return await self._ask(request, body)
        if not places.compartments.enter(tenant):
            if self.circuit is not None and self.circuit.state(self.now()) == "open":
                raise self._refusal(self.circuit)  # before it takes a place in the queue
            await places.wait(tenant)
        try:
            answer = await self._ask(request, body)
        except BaseException:
            places.leave(tenant)
            raise
        if answer.status == 101:  # a tunnel is no load of the usual kind, and may last for days
            places.leave(tenant)
            return answer
        return _Held(answer, places, tenant)

    def retire(self) -> None:
        """See ``Transport``."""
        self.way.retire()

    async def _ask(self, request: Request, body: Body | None) -> Answer:
        circuit = self.circuit
        if circuit is None:
            return await self.way.exchange(request, body)
        ticket = circuit.enter(self.now())
        if ticket is None:
            raise self._refusal(circuit)
        failed: bool | None = None
        try:
            answer = await self.way.exchange(request, body)
            failed = answer.status >= 500
        except Failure as failure:
            failed = None if failure.kind in NO_UPSTREAMS_FAULT else True
            raise
        finally:
            circuit.settle(ticket, failed, self.now())
        return answer

    def _refusal(self, circuit: Circuit) -> Failure:
        seconds = circuit.retry_after(self.now())
        return Failure("open", f"{self.name} has failed too often just now", headers=[retry_after(seconds)])


@dataclass(slots=True, eq=False)
class _Turn:
    """A request in the queue: whether it was called to a place, or sent away; None: neither yet."""

    told: asyncio.Future[None]
    called: bool | None = None

    def tell(self, called: bool) -> None:
        self.called = called
        if not self.told.done():
            self.told.set_result(None)


class Places:
    """The bulkhead of an upstream, with those who wait for a place."""

    def __init__(self, name: str, rule: Bulkhead) -> None:
        self._name = name
        self._wait = rule.wait
        self.compartments: Compartments[_Turn] = Compartments(rule)
        self.refused = 0
        """Requests that found no place, so far."""

    async def wait(self, tenant: str) -> None:
        """Waits for a place; raises ``Failure`` where there is none in time."""
        turn = _Turn(asyncio.get_running_loop().create_future())
        waits, evicted = self.compartments.queue(tenant, turn)
        if evicted is not None:
            evicted.tell(False)
        if not waits:
            raise self._refusal("its queue is full")
        try:
            async with asyncio.timeout(self._wait):
                await turn.told
        except BaseException as error:
            self._withdraw(tenant, turn)
            if isinstance(error, TimeoutError):
                raise self._refusal(f"there was no place within {self._wait:g} s") from None
            raise
        if not turn.called:
            raise self._refusal("its queue is full")

    def leave(self, tenant: str) -> None:
        """Gives a place to whoever is next."""
        for turn in self.compartments.leave(tenant):
            turn.tell(True)

    def _withdraw(self, tenant: str, turn: _Turn) -> None:
        if turn.called is None:
            self.compartments.give_up(tenant, turn)
        elif turn.called:
            self.leave(tenant)  # its turn came just as it gave up

    def _refusal(self, why: str) -> Failure:
        self.refused += 1
        return Failure("overloaded", f"{self._name} is busy: {why}", headers=[retry_after(self._wait)])


class _Held:
    """An answer that holds a place until it is over."""

    __slots__ = ("_answer", "_places", "_tenant", "headers", "read", "status")

    def __init__(self, answer: Answer, places: Places, tenant: str) -> None:
        self._answer = answer
        self._places: Places | None = places
        self._tenant = tenant
        self.status: int = answer.status
        self.headers: Headers = answer.headers
        self.read = answer.read

    @property
    def complete(self) -> bool:
        """See ``Answer``."""
        return self._answer.complete

    def finish(self) -> None:
        """See ``Answer``."""
        places, self._places = self._places, None
        if places is not None:
            self._answer.finish()
            places.leave(self._tenant)


def guard_figures(guarded: Iterable[Guarded]) -> Figures:
    """What telemetry tells of breakers and bulkheads; of a breaker's states the one that it is in has 1."""
    circuits = [(way.name, way.circuit, way.now()) for way in guarded if way.circuit is not None]
    places = [(way.name, way.places) for way in guarded if way.places is not None]
    return {
        "strangler_breaker_state": [
            ({"upstream": name, "state": state}, float(state == circuit.state(now)))
            for name, circuit, now in circuits
            for state in _STATES
        ],
        "strangler_breaker_opened_total": [
            ({"upstream": name}, float(circuit.opened)) for name, circuit, _ in circuits
        ],
        "strangler_bulkhead_active": [
            ({"upstream": name}, float(place.compartments.active)) for name, place in places
        ],
        "strangler_bulkhead_waiting": [
            ({"upstream": name}, float(place.compartments.waiting)) for name, place in places
        ],
        "strangler_bulkhead_refused_total": [
            ({"upstream": name}, float(place.refused)) for name, place in places
        ],
    }


def retry_after(seconds: float) -> tuple[bytes, bytes]:
    """The field that says when to come again, in whole seconds from 1."""
    return b"retry-after", b"%d" % max(1, math.ceil(seconds))
