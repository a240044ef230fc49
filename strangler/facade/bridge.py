"""How the monolith is asked who a session is: one request over the ways that it has anyway, with the shared secret."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from strangler.facade.failures import Failure
from strangler.facade.sessions import Ask, Question
from strangler.facade.transport import Answer, Request, Transport
from strangler.routing.identity import BRIDGE_HEADER, SessionRules

PATIENCE = 5.0
"""Seconds within which the monolith has to have answered."""
LARGEST = 64 * 1024
"""Bytes of its answer that are read."""


def asking(monolith: Callable[[], Transport | None], secret: bytes) -> Ask:
    """Asks the monolith. Without a secret nobody can be told from an impostor, and nothing is asked."""

    async def ask(rules: SessionRules, question: Question) -> bytes:
        transport = monolith()
        if not secret or transport is None:
            raise Failure("no identity", "there is no secret to ask with")
        try:
            async with asyncio.timeout(PATIENCE):
                answer = await transport.exchange(_request(rules, question, secret), None)
                try:
                    return await _body(answer)
                finally:
                    answer.finish()
        except TimeoutError:
            raise Failure("read timeout", f"it took more than {PATIENCE:g} s") from None

    return ask


def _request(rules: SessionRules, question: Question, secret: bytes) -> Request:
    host = question.host.encode("latin-1")
    fields = [
        (b"host", host),
        (b"accept", b"application/json"),
        (b"cookie", f"{rules.cookie}={question.cookie}".encode("latin-1")),
        (BRIDGE_HEADER.encode(), secret),
        (b"x-forwarded-host", host),
        (b"x-forwarded-proto", question.scheme.encode("ascii")),
    ]
    return Request("GET", rules.path.encode("ascii"), fields)


async def _body(answer: Answer) -> bytes:
    if answer.status == 404:
        raise Failure("bad answer", "its identity view is not there, or has another secret")
    if answer.status != 200:
        raise Failure("bad answer", f"its identity view answered {answer.status}")
    body = bytearray()
    while not answer.complete:
        body += await answer.read()
        if len(body) > LARGEST:
            raise Failure("bad answer", f"its answer has more than {LARGEST} bytes")
    return bytes(body)
