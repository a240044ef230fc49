"""The session bridge: the monolith is asked who a session cookie is, once for many requests, and its word is kept."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from hashlib import sha256

import msgspec

from strangler.facade.failures import Failure
from strangler.policy.identity import Identity, Known, Remembered, subject_of
from strangler.routing.identity import SessionRules

MOST_SESSIONS = 10_000
"""Cookies of which the answer is remembered."""
MOST_ASKED = 256
"""Cookies that the monolith is asked about at the same time."""
LONGEST_COOKIE = 4096
KEPT_STRANGER = 5.0
"""Seconds for which a cookie that is nobody's stays nobody's."""
KEPT_FAILURE = 1.0
"""Seconds for which the monolith is left alone about a cookie after it failed to answer."""


@dataclass(frozen=True, slots=True)
class Question:
    """Who is this? ``host`` and ``scheme`` are the client's: a monolith may serve several sites."""

    cookie: str
    host: str
    scheme: str


Ask = Callable[[SessionRules, Question], Awaitable[bytes]]
"""Puts a question to the monolith and gives the body of its answer; raises ``Failure``."""
Heard = Known | None | Failure


class SessionBridge:
    """Who is behind the sessions of one set of rules. ``clock`` tells Unix seconds."""

    def __init__(self, rules: SessionRules, ask: Ask, clock: Callable[[], float]) -> None:
        self._rules = rules
        self._ask = ask
        self._clock = clock
        self._heard: Remembered[bytes, tuple[str, Heard]] = Remembered(MOST_SESSIONS)
        self._asking: dict[bytes, tuple[str, asyncio.Task[Heard]]] = {}

    async def know(self, question: Question) -> Known | None:
        """Whose session it is, or None: nobody's. Raises ``Failure`` (503) where the monolith does not say."""
        if not 0 < len(question.cookie) <= LONGEST_COOKIE or not question.cookie.isascii():
            return None
        digest = digest_of(question.cookie)
        found = self._heard.get(digest, self._clock())
        if found is not None and found[0] == question.host:
            heard = found[1]
        else:
            heard = await asyncio.shield(self._question(digest, question))
        if isinstance(heard, Failure):
            raise Failure(heard.kind, heard.message)
        return heard

    def forget(self, digest: bytes) -> None:
        """The cookie has been changed, or cleared: what was said about it, or is being said, does not count."""
        self._heard.drop(digest)
        self._asking.pop(digest, None)

    def close(self) -> None:
        """Gives up the questions that are under way."""
        for _, task in self._asking.values():
            task.cancel()
        self._asking.clear()

    def _question(self, digest: bytes, question: Question) -> asyncio.Task[Heard]:
        """The one task that asks about a cookie, for all who want to know."""
        asked = self._asking.get(digest)
        if asked is not None and asked[0] == question.host:
            return asked[1]
        if len(self._asking) >= MOST_ASKED:
            raise Failure("busy", "too many sessions are being asked about")
        task = asyncio.ensure_future(self._hear(digest, question))
        self._asking[digest] = (question.host, task)
        return task

    async def _hear(self, digest: bytes, question: Question) -> Heard:
        heard: Heard
        try:
            heard = read_answer(await self._ask(self._rules, question))
        except Failure as failure:
            heard = Failure("no identity", f"the monolith does not say who is asking: {failure.message}")
        asked = self._asking.get(digest)
        if asked is not None and asked[1] is asyncio.current_task():
            del self._asking[digest]
            self._heard.put(digest, (question.host, heard), self._until(heard))
        return heard

    def _until(self, heard: Heard) -> float:
        now = self._clock()
        if not isinstance(heard, Known):
            return now + (KEPT_STRANGER if heard is None else KEPT_FAILURE)
        ends = heard.identity.expires
        return min(now + self._rules.keep, now + self._rules.keep if ends is None else ends)


def read_answer(body: bytes) -> Known | None:
    """What the monolith said; raises ``Failure`` for what is no answer of its view."""
    try:
        told = msgspec.json.decode(body)
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError):
        told = None
    if not isinstance(told, dict) or told.get("version") != 1 or "user" not in told:
        raise Failure("bad answer", "its answer is not that of the identity view")
    claims = told["user"]
    if claims is None:
        return None
    ends = told.get("expires")
    subject = subject_of(claims) if isinstance(claims, dict) else None
    if subject is None or isinstance(ends, bool) or not isinstance(ends, int | float | None):
        raise Failure("bad answer", "its answer names nobody")
    return Known(Identity(subject, claims, "session", ends))


def digest_of(cookie: str) -> bytes:
    """Under which an answer about a cookie is kept: the cookie itself is not."""
    return sha256(cookie.encode("utf-8", "surrogatepass")).digest()
