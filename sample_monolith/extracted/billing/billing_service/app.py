"""The service put together."""

from __future__ import annotations

import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx
from acl import Translator
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import ASGIApp

from billing_service import compiled_invoice
from billing_service.bad_releases import broken_app, broken_documents
from billing_service.callers import Callers
from billing_service.contract_api import ContractApi
from billing_service.database import identity
from billing_service.invoices import Invoices
from billing_service.legacy_api import LegacyApi
from billing_service.legacy_json import json_response
from billing_service.mappings import invoice

__all__ = ["build"]


def build(
    connection: sqlite3.Connection,
    monolith: httpx.AsyncClient | None,
    broken: str | None = None,
    identity_key: bytes = b"",
) -> ASGIApp:
    """The ASGI application on an open database; closes `monolith` when it stops.

    Without a monolith, browser sessions are strangers; with the facade's key, its word about callers counts. Queries
    take well under a millisecond, so they run on the event loop, on one connection.
    """
    ids = identity(connection)
    callers = Callers(connection, monolith, identity_key=identity_key)
    invoices = Invoices(connection, broken_documents(broken))
    legacy = LegacyApi(callers, invoices, Translator(invoice, ids, compiled_invoice), ids)

    async def healthz(request: Request) -> Response:
        connection.execute("SELECT 1 FROM invoices LIMIT 1").fetchone()
        return json_response({"status": "ok"})

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        yield
        if monolith is not None:
            await monolith.aclose()

    app = Starlette(
        routes=[Route("/healthz", healthz), *ContractApi(callers, invoices).routes(), *legacy.routes()],
        exception_handlers={HTTPException: _http_error},
        lifespan=lifespan,
    )
    app.router.redirect_slashes = False
    return broken_app(app, broken)


async def _http_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    message = "not found" if error.status_code == 404 else "method not allowed"
    return json_response({"error": message}, error.status_code, dict(error.headers or {}))
