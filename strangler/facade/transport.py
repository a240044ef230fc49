"""What the facade asks of an upstream: a request goes in, an answer is read as it comes. The pool is the real one."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Protocol

from strangler.facade.asgi import Headers, Receive
from strangler.facade.failures import Failure

IDEMPOTENT = frozenset({"GET", "HEAD", "OPTIONS", "TRACE", "PUT", "DELETE"})
"""Methods that may be repeated (RFC 9110, 9.2.2)."""
BODY_TIMEOUT = 60.0
"""Seconds that a client may be silent in the middle of its request."""
LEAST_RATE = 100
"""Bytes per second that a client has to send on average, once it has been waited for longer than ``BODY_TIMEOUT`` in
all: an upload that trickles holds a connection to its upstream."""
FRAMING_ALLOWANCE = 8
"""Bytes of framing that each byte of a chunked body may cost: a chunk of one byte needs five, and is poor but legal.
More than that, and what does not go with a body's data (trailers), counts towards the limit of a head."""


@dataclass(slots=True)
class Request:
    """A request as it goes out: fields are final, Host first; framing (``content_length`` or chunked) is written by the
    transport; ``upgrade`` names the protocol that the client wants to switch to, or None; ``tenant`` is who asks, where
    an upstream's places are dealt out to tenants."""

    method: str
    target: bytes
    headers: Headers
    content_length: int | None = None
    chunked: bool = False
    expects_continue: bool = False
    upgrade: bytes | None = None
    tenant: str = ""

    @property
    def may_replay(self) -> bool:
        """Whether the request may be sent again when nothing of an answer has come."""
        return self.method in IDEMPOTENT and not self.chunked and not self.content_length and not self.upgrade


class Body:
    """A request's body, read from the client piece by piece, never gathered. ``size`` counts bytes, of which there may
    be ``most`` (None: any number)."""

    __slots__ = ("_clock", "_receive", "_waited", "ended", "most", "size")

    def __init__(self, receive: Receive) -> None:
        self._receive = receive
        self._clock = asyncio.get_running_loop().time
        self._waited = 0.0
        self.most: int | None = None
        self.ended = False
        self.size = 0

    async def read(self) -> bytes:
        """The next bytes; ``ended`` says whether they are the last. Raises ``Failure`` when the client has gone."""
        asked = self._clock()
        try:
            async with asyncio.timeout(BODY_TIMEOUT):
                message = await self._receive()
        except TimeoutError:
            raise Failure("client timeout", f"no more of the request came for {BODY_TIMEOUT:g} s") from None
        if message["type"] != "http.request":
            raise Failure("client gone", "the client closed the connection before its request ended")
        data: bytes = message.get("body", b"")
        self.ended = not message.get("more_body", False)
        self.size += len(data)
        self._waited += self._clock() - asked
        if self._waited > BODY_TIMEOUT and self.size < LEAST_RATE * self._waited and not self.ended:
            raise Failure(
                "client timeout", f"the request came more slowly than {LEAST_RATE} bytes per second"
            )
        if self.most is not None and self.size > self.most:
            raise Failure("body too large", f"the body is larger than {self.most} bytes")
        return data


class Kept(Body):
    """A body that is at hand, as a whole."""

    __slots__ = ("data",)

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.most = None
        self.ended = False
        self.size = len(data)

    async def read(self) -> bytes:
        """All of it."""
        self.ended = True
        return self.data


class Answer(Protocol):
    """An answer whose head has come. ``complete`` is true once the last bytes of the body were handed out."""

    status: int
    headers: Headers

    @property
    def complete(self) -> bool:
        """Whether nothing is left to read."""

    async def read(self) -> bytes:
        """The next bytes of the body, as soon as there are any; raises ``Failure`` where it breaks off."""

    def finish(self) -> None:
        """Gives the connection back, or closes it when the exchange is not over. May be called twice."""


class Transport(Protocol):
    """A way to one upstream."""

    async def exchange(self, request: Request, body: Body | None) -> Answer:
        """Sends a request and waits for the head of its answer; raises ``Failure``."""

    def retire(self) -> None:
        """No new work is to be expected: close what is idle, and the rest as it becomes idle."""
