"""Tokens verified, and their issuer's keys kept: asked for beside the requests, never once for each of them."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from hashlib import sha256

from strangler.facade.failures import Failure
from strangler.policy.identity import Identity, Known, Remembered, subject_of
from strangler.policy.keys import (
    Key,
    KeyRing,
    UnusableKeys,
    answered,
    is_due,
    is_missing,
    public_keys,
    static_keys,
    unanswered,
)
from strangler.policy.tokens import Rejected, fitting, read_token, verify
from strangler.routing.identity import TokenRules

logger = logging.getLogger("strangler.facade")

MOST_VERIFIED = 4096
"""Tokens that are remembered as verified."""
KEPT = 300.0
"""Seconds after which a token is verified again, however long it lasts."""
PATIENCE = 2.0
"""Seconds that a request waits for keys without which its token cannot be verified."""

Fetch = Callable[[str], Awaitable[bytes]]
"""Gets a document from an address; raises ``OSError`` with the reason."""
ReadSecret = Callable[[str], bytes]
"""Reads ``file:PATH`` or ``env:NAME``; raises ``OSError`` with the reason, which never holds what was read."""


class Verifier:
    """Verifies the tokens of one set of rules. ``clock`` tells Unix seconds, ``ticks`` seconds that never jump."""

    def __init__(
        self,
        rules: TokenRules,
        fetch: Fetch,
        read_secret: ReadSecret,
        clock: Callable[[], float],
        ticks: Callable[[], float],
    ) -> None:
        self._rules = rules
        self._fetch = fetch
        self._clock = clock
        self._ticks = ticks
        self._static = _static(rules, read_secret)
        self._ring = KeyRing()
        self._verified: Remembered[bytes, Known] = Remembered(MOST_VERIFIED)
        self._asking: asyncio.Task[None] | None = None

    async def know(self, raw: bytes) -> Known:
        """Whose token it is; raises ``Failure``: 401 where it is not believed, 503 where there are no keys to tell."""
        digest, now = sha256(raw).digest(), self._clock()
        self.refresh()
        known = self._verified.get(digest, now)
        if known is None:
            known = await self._verify(raw)
            ends = now + KEPT if known.identity.expires is None else known.identity.expires
            self._verified.put(digest, known, min(ends, now + KEPT))
        return known

    def refresh(self) -> None:
        """Asks the issuer for its keys, beside everything else, when they are old."""
        if self._rules.jwks is not None and self._asking is None and is_due(self._ring, self._ticks()):
            self._ask(None)

    def close(self) -> None:
        """Gives up a question that is under way."""
        if self._asking is not None:
            self._asking.cancel()

    async def _verify(self, raw: bytes) -> Known:
        try:
            token = read_token(raw, self._rules)
            if not fitting(token, self._keys):
                await self._look_for(token.key_id)
            if not self._keys:
                raise Failure("no keys", "the token cannot be verified now: there are no keys")
            claims = verify(token, self._keys, self._rules, self._clock())
        except Rejected as rejected:
            raise unauthorized(f"the token is not believed: {rejected.fault}", "invalid_token") from None
        subject = subject_of(claims)
        if subject is None:
            raise unauthorized("the token is not believed: claim missing", "invalid_token")
        ends = claims.get("exp")
        return Known(Identity(subject, claims, "token", None if ends is None else ends + self._rules.leeway))

    @property
    def _keys(self) -> tuple[Key, ...]:
        return self._static + self._ring.keys

    async def _look_for(self, key_id: str | None) -> None:
        """Waits for the issuer's answer, if it may be asked, or is being asked."""
        if self._rules.jwks is None:
            return
        if self._asking is None and is_missing(self._ring, key_id, self._ticks()):
            self._ask(key_id)
        if self._asking is not None:
            await asyncio.wait([self._asking], timeout=PATIENCE)

    def _ask(self, key_id: str | None) -> None:
        self._asking = asyncio.ensure_future(self._answer(key_id))

    async def _answer(self, key_id: str | None) -> None:
        assert self._rules.jwks is not None
        before = self._ring.keys
        try:
            keys = public_keys(await self._fetch(self._rules.jwks))
        except (OSError, UnusableKeys) as error:
            self._ring = unanswered(self._ring, str(error), self._ticks())
            kept = "its keys are kept" if self._ring.keys else "there are no keys"
            logger.error("%s gave no keys: %s; %s", self._rules.jwks, error, kept)
        else:
            self._ring = answered(self._ring, keys, key_id, self._ticks())
        finally:
            self._asking = None
        if self._ring.keys != before:
            self._verified.clear()


def unauthorized(message: str, error: str = "") -> Failure:
    """401 with the challenge that has to go with it (RFC 9110, 11.6.1; RFC 6750, 3)."""
    told = f'Bearer realm="strangler", error="{error}", error_description="{message}"' if error else ""
    challenge = told or 'Bearer realm="strangler"'
    return Failure("unauthorized", message, headers=[(b"www-authenticate", challenge.encode("ascii"))])


def _static(rules: TokenRules, read_secret: ReadSecret) -> tuple[Key, ...]:
    """The keys that stand in files and variables. One that cannot be read is told to the operator, and is none."""
    found: tuple[Key, ...] = ()
    for place in rules.keys:
        try:
            found += static_keys(read_secret(place), rules.algorithms)
        except (OSError, UnusableKeys) as error:
            logger.error("no key for tokens in %s: %s", place, error)
    return found
