"""Who is calling? API tokens are known by their digests; a browser's session is known to the monolith, which is asked.
Where the facade says who it is, and signs it, nobody is asked.

The digests are as old as the last copy. A session's answer is kept for a few seconds, so a logout takes as long to
arrive here.
"""

from __future__ import annotations

import hashlib
import sqlite3
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass

import httpx
from starlette.requests import Request

from billing_service.csrf import csrf_fault
from billing_service.errors import ApiError
from billing_service.identity_header import HEADER, verified

__all__ = ["Caller", "Callers", "token_digest"]

_SESSION_COOKIE, _AUDIENCE = "sessionid", "billing"
_SAFE_METHODS = {"GET", "HEAD", "OPTIONS"}
_KEPT_SECONDS, _KEPT_SESSIONS = 5.0, 10_000


@dataclass(frozen=True, slots=True)
class Caller:
    """Somebody who is known: the tenant's id, the user's name, and whether the user may write invoices."""

    tenant: str
    username: str
    may_bill: bool


def token_digest(key: str) -> bytes:
    """What is kept of an API token. Keys are random and long, so that a plain digest does."""
    return hashlib.sha256(key.encode()).digest()


class Callers:
    """Tells callers by their requests. `monolith` is a client whose base address is the monolith's."""

    def __init__(
        self,
        connection: sqlite3.Connection,
        monolith: httpx.AsyncClient | None,
        clock: Callable[[], float] = time.monotonic,
        identity_key: bytes = b"",
    ) -> None:
        self._connection = connection
        self._monolith = monolith
        self._clock = clock
        self._identity_key = identity_key
        self._sessions: OrderedDict[bytes, tuple[float, tuple[str, str]]] = OrderedDict()

    async def identify(self, request: Request) -> Caller:
        """The caller; raises ApiError, as the monolith's API would answer."""
        if self._identity_key and (told := request.headers.get(HEADER)):
            return self._by_facade(request, told)
        scheme, _, key = request.headers.get("authorization", "").partition(" ")
        if scheme.lower() == "token":
            return self._by_token(key.strip())
        session = request.cookies.get(_SESSION_COOKIE)
        if not session:
            raise ApiError(401, "authentication required")
        username, tenant = await self._by_session(session)
        if request.method not in _SAFE_METHODS and (fault := csrf_fault(request)):
            raise ApiError(403, f"CSRF failed: {fault}")
        return self._caller(tenant, username)

    def _by_facade(self, request: Request, told: str) -> Caller:
        """Somebody whom the facade knows: nobody has to be asked."""
        claims = verified(told, self._identity_key, _AUDIENCE, time.time())
        if claims is None:
            raise ApiError(401, "authentication required")
        if (
            claims["via"] == "session"
            and request.method not in _SAFE_METHODS
            and (fault := csrf_fault(request))
        ):
            raise ApiError(403, f"CSRF failed: {fault}")
        return self._caller(self._tenant(claims.get("tenant", "")), claims.get("name", ""))

    def _tenant(self, slug: str) -> str:
        found = self._connection.execute("SELECT id FROM tenants WHERE slug = ?", (slug,)).fetchone()
        return found[0] if found else ""

    def _by_token(self, key: str) -> Caller:
        found = self._connection.execute(
            "SELECT tenant, username FROM tokens WHERE digest = ?", (token_digest(key),)
        ).fetchone()
        if not found:
            raise ApiError(401, "invalid token")
        return self._caller(*found)

    def _caller(self, tenant: str, username: str) -> Caller:
        clerk = self._connection.execute(
            "SELECT 1 FROM billing_clerks WHERE tenant = ? AND username = ?", (tenant, username)
        ).fetchone()
        return Caller(tenant, username, clerk is not None)

    async def _by_session(self, session: str) -> tuple[str, str]:
        digest, now = hashlib.sha256(session.encode()).digest(), self._clock()
        asked, known = self._sessions.get(digest, (float("-inf"), ("", "")))
        if now - asked < _KEPT_SECONDS:
            return known
        answer = await self._ask(session)
        self._sessions[digest] = (now, answer)
        self._sessions.move_to_end(digest)
        if len(self._sessions) > _KEPT_SESSIONS:
            self._sessions.popitem(last=False)
        return answer

    async def _ask(self, session: str) -> tuple[str, str]:
        if self._monolith is None:
            raise ApiError(401, "authentication required")
        try:
            answer = await self._monolith.get(
                "/api/me/", headers={"Cookie": f"{_SESSION_COOKIE}={session}", "Accept": "application/json"}
            )
            body = answer.json() if answer.status_code in {200, 401, 403} else {}
        except (httpx.HTTPError, ValueError):
            body, answer = {}, None
        if answer is not None and answer.status_code in {401, 403} and isinstance(body.get("error"), str):
            raise ApiError(answer.status_code, body["error"])
        if not isinstance(body.get("username"), str) or not isinstance(body.get("tenant"), str):
            raise ApiError(503, "the monolith, which knows the sessions, does not answer")
        return body["username"], self._tenant(body["tenant"])
