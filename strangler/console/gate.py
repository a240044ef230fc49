"""The door of the admin listener: the right host name, and a token. No cookies, so no browser can be made to knock."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from ipaddress import ip_address
from math import ceil
from time import monotonic
from typing import Any

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import Headers
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from strangler.console.answers import failure
from strangler.errors import StranglerError
from strangler.policy.rate import Buckets
from strangler.routing.policy import Rate
from strangler.store.tokens import Token, TokenStore, digest_of

LOOPBACK = frozenset({"127.0.0.1", "localhost", "[::1]"})
EVERY_ADDRESS = frozenset({"0.0.0.0", "[::]"})  # noqa: S104 -- recognised, not bound
"""What a listener is called that listens on all addresses of its machine."""
OPEN = frozenset({"/healthz"})
"""Paths that need no token."""


@dataclass(frozen=True, slots=True)
class Limits:
    """``requests`` of one token (more than several dashboards and a script need), and ``guesses``: requests without a
    valid token that are answered for an address."""

    requests: Rate = Rate("user", 100, 1.0, 200)
    guesses: Rate = Rate("client", 10, 60.0, 20)


class Gate:
    """Lets a request through to ``app`` with its ``Token`` in ``scope["token"]``, or answers it.

    The Host header has to be one of ``hosts`` (names without a port): a page that rebinds its own name to the loopback
    address is turned away, whatever it sends. Where ``hosts`` hold the name of every address, any address will do too:
    only a name can be rebound.
    """

    def __init__(
        self,
        app: ASGIApp,
        tokens: TokenStore,
        hosts: frozenset[str],
        more: frozenset[str] = frozenset(),
        limits: Limits = Limits(),
    ) -> None:
        self._app = app
        self._tokens = tokens
        self._hosts = hosts
        self._open = OPEN | more
        self._requests = Buckets([limits.requests])
        self._guesses = Buckets([limits.guesses])
        self._any_address = not EVERY_ADDRESS.isdisjoint(hosts)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
            return
        if scope["type"] != "http":
            await send({"type": "websocket.close"})  # there are none here: the server answers 403
            return
        answer = await self._refusal(scope)
        await (answer or self._app)(scope, receive, send)

    async def _refusal(self, scope: Scope) -> Callable[[Scope, Receive, Send], Awaitable[Any]] | None:
        headers = Headers(scope=scope)
        hosts = headers.getlist("host")
        if len(hosts) != 1 or not self._is_meant(_name(hosts[0])):
            return failure(
                403,
                "host",
                "the admin API is not reached by this name",
                where="Host",
                remedy="Use its address.",
            )
        if scope["path"] in self._open:
            return None
        kind, _, secret = headers.get("authorization", "").partition(" ")
        client = str((scope.get("client") or ("",))[0])
        try:
            token = await run_in_threadpool(self._find, secret.strip()) if kind.lower() == "bearer" else None
        except StranglerError as error:
            return failure(503, "store", error.message, where=error.where, remedy=error.remedy)
        if token is None:
            waits = self._waits(self._guesses, client)
            return (
                _too_many(waits)
                if waits
                else failure(
                    401,
                    "token",
                    "a token is needed" if not kind else "this token is not known",
                    where="Authorization",
                    remedy="Make one with: strangler tokens add --role viewer. "
                    "Send it as: Authorization: Bearer TOKEN.",
                    headers={"WWW-Authenticate": 'Bearer realm="strangler"'},
                )
            )
        waits = self._waits(self._requests, token.name)
        if waits:
            return _too_many(waits)
        scope["token"] = token
        return None

    def _waits(self, buckets: Buckets, key: str) -> float:
        """One more of a key: how long it has to wait, 0.0 where it need not."""
        return buckets.take([key], monotonic())[0].retry_after

    def _is_meant(self, name: str) -> bool:
        return name in self._hosts or (self._any_address and _is_address(name))

    def _find(self, secret: str) -> Token | None:
        return self._tokens.find(digest_of(secret)) if secret else None


def _too_many(seconds: float) -> Response:
    return failure(
        429,
        "rate",
        "too many requests",
        remedy="Wait for as long as Retry-After says.",
        headers={"Retry-After": str(ceil(seconds))},
    )


def _is_address(name: str) -> bool:
    try:
        ip_address(name.removeprefix("[").removesuffix("]"))
    except ValueError:
        return False
    return True


def _name(host: str) -> str:
    """The host name in a Host header, without its port."""
    name, colon, port = host.rpartition(":")
    return (name if colon and port.isdigit() else host).lower()
