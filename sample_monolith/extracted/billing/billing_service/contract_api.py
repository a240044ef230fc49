"""The service's own API: /v1/invoices, in the words of the contract; errors as problem documents (RFC 9457)."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from typing import Any
from urllib.parse import urlencode

import msgspec
from acl.contract import json_schema
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from billing_service.callers import Caller, Callers
from billing_service.contract import MEDIA_TYPE, STATES, Invoice, InvoicePage, NewPayment
from billing_service.errors import ApiError
from billing_service.invoices import Filter, Invoices, NotOpen, Payment

__all__ = ["ContractApi", "contract_response"]

_LIMIT, _MAX_LIMIT = 50, 200
_CURSOR = re.compile(r"(\d{4}-\d\d-\d\d)\.(\d{1,18})", re.ASCII)


def contract_response(document: object, status: int = 200) -> Response:
    """A document, or a page of documents, of the contract."""
    return Response(msgspec.json.encode(document), status, headers={"Vary": "Accept"}, media_type=MEDIA_TYPE)


class ContractApi:
    """List, detail and payment of invoices; and the contract itself, as JSON Schema."""

    def __init__(self, callers: Callers, invoices: Invoices) -> None:
        self._callers = callers
        self._invoices = invoices

    def routes(self) -> list[Route]:
        """The paths of version 1."""
        return [
            Route("/v1/schema", self._schema),
            Route("/v1/invoices", self._guarded(self._list)),
            Route("/v1/invoices/{id}", self._guarded(self._detail)),
            Route("/v1/invoices/{id}/payments", self._guarded(self._pay), methods=["POST"]),
        ]

    def _guarded(
        self, handler: Callable[[Request, Caller], Awaitable[Response]]
    ) -> Callable[[Request], Awaitable[Response]]:
        async def endpoint(request: Request) -> Response:
            try:
                return await handler(request, await self._callers.identify(request))
            except ApiError as error:
                return _problem(error)

        return endpoint

    async def _schema(self, request: Request) -> Response:
        schema = msgspec.json.encode(json_schema(Invoice, InvoicePage, NewPayment))
        return Response(schema, media_type="application/schema+json")

    async def _list(self, request: Request, caller: Caller) -> Response:
        query = dict(request.query_params)
        state = query.get("state")
        if state is not None and state not in STATES:
            raise ApiError(400, f"state must be one of {', '.join(STATES)}")
        chosen = Filter(caller.tenant, state, query.get("customer"))
        items, cursor = self._invoices.after(chosen, _cursor(query), _limit(query))
        following = None
        if cursor is not None:
            following = f"/v1/invoices?{urlencode({**query, 'cursor': f'{cursor[0]}.{cursor[1]}'})}"
        return contract_response({"items": items, "next": following})

    async def _detail(self, request: Request, caller: Caller) -> Response:
        document = self._invoices.get(caller.tenant, request.path_params["id"])
        if document is None:
            raise ApiError(404, "no such invoice")
        return contract_response(document)

    async def _pay(self, request: Request, caller: Caller) -> Response:
        if not caller.may_bill:
            raise ApiError(403, "your role may not record payments")
        try:
            asked = msgspec.json.decode(await request.body(), type=NewPayment)
        except msgspec.DecodeError as error:
            raise ApiError(400, str(error)) from None
        payment = Payment(asked.method, asked.reference, asked.received_on, caller.username)
        try:
            document = self._invoices.pay(caller.tenant, request.path_params["id"], payment)
        except NotOpen as error:
            raise ApiError(409, f"the invoice is {error.state}, not open") from None
        if document is None:
            raise ApiError(404, "no such invoice")
        return contract_response(document, 201)


def _problem(error: ApiError) -> Response:
    body: dict[str, Any] = {"type": "about:blank", "title": error.message, "status": error.status}
    challenge = {"WWW-Authenticate": "Token"} if error.status == 401 else None
    return Response(msgspec.json.encode(body), error.status, challenge, media_type="application/problem+json")


def _cursor(query: dict[str, str]) -> tuple[str, int] | None:
    if "cursor" not in query:
        return None
    found = _CURSOR.fullmatch(query["cursor"])
    if not found:
        raise ApiError(400, "cursor must be taken from a page's `next`")
    return found[1], int(found[2])


def _limit(query: dict[str, str]) -> int:
    text = query.get("limit", str(_LIMIT))
    if not (text.isascii() and text.isdigit() and len(text) < 6 and int(text)):
        raise ApiError(400, "limit must be a positive number")
    return min(int(text), _MAX_LIMIT)
