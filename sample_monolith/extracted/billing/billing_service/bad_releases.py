"""THE DEMO'S BAD RELEASES: deliberately broken versions of this service, for showing that a rollout notices.

`run.py --broken errors|slow|wrong` deploys one of them. All of them pass the health check, as bad releases do.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from decimal import Decimal
from itertools import count

from starlette.types import ASGIApp, Receive, Scope, Send

from billing_service.invoices import Document, as_they_are
from billing_service.legacy_json import json_response

__all__ = ["BAD_RELEASES", "broken_app", "broken_documents"]

BAD_RELEASES = ("errors", "slow", "wrong")
_DELAY = 0.3  # seconds


def broken_documents(release: str | None) -> Callable[[Document], Document]:
    """What the release does to documents that it reads: `wrong` adds one unit to every total."""
    return _with_wrong_total if release == "wrong" else as_they_are


def broken_app(app: ASGIApp, release: str | None) -> ASGIApp:
    """The app as the release runs it: `errors` fails every second request, `slow` answers 300 ms late."""
    if release == "errors":
        return _FailsEverySecond(app)
    return _Slow(app) if release == "slow" else app


def _with_wrong_total(document: Document) -> Document:
    total = document["total"]
    return {**document, "total": {**total, "amount": str(Decimal(total["amount"]) + 1)}}


class _FailsEverySecond:
    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self._requests = count()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if _is_request(scope) and next(self._requests) % 2:
            await json_response({"error": "internal error"}, 500)(scope, receive, send)
        else:
            await self._app(scope, receive, send)


class _Slow:
    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if _is_request(scope):
            await asyncio.sleep(_DELAY)
        await self._app(scope, receive, send)


def _is_request(scope: Scope) -> bool:
    return bool(scope["type"] == "http" and scope["path"] != "/healthz")
