"""The monolith's paths, answered from the service: to an old client in the old shape, to a new one in the contract's.

A client that accepts `application/vnd.strangler.billing.v1+json` is a new one.
"""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from acl import Identity, Translator
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from billing_service.callers import Caller, Callers
from billing_service.contract import MEDIA_TYPE
from billing_service.contract_api import contract_response
from billing_service.errors import ApiError
from billing_service.invoices import Document, Filter, Invoices, NotOpen, Payment
from billing_service.legacy_json import Query, envelope, invoice_with_lines, json_response
from billing_service.mappings import STATES

__all__ = ["LegacyApi"]

_ALL_METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE"]
_STATUSES = {state: status for status, state in STATES.items()}
_METHODS = {"C": "card", "B": "bank_transfer", "D": "direct_debit"}
_ZONE = ZoneInfo("Europe/Berlin")  # the monolith's TIME_ZONE, whose day it is for invoices

Handler = Callable[[Request, Caller], Awaitable[Response]]


class LegacyApi:
    """The three invoice endpoints of the monolith's JSON API."""

    def __init__(
        self, callers: Callers, invoices: Invoices, translator: Translator, identity: Identity
    ) -> None:
        self._callers = callers
        self._invoices = invoices
        self._translator = translator
        self._identity = identity

    def routes(self) -> list[Route]:
        """The monolith's own paths."""
        return [
            self._route("/api/billing/invoices/", {"GET": self._list}),
            self._route("/api/billing/invoices/{pk:int}/", {"GET": self._detail}),
            self._route("/api/billing/invoices/{pk:int}/pay/", {"POST": self._pay}, needs_clerk=True),
        ]

    def _route(self, path: str, handlers: dict[str, Handler], *, needs_clerk: bool = False) -> Route:
        if "GET" in handlers:
            handlers["HEAD"] = handlers["GET"]
        allowed = ", ".join([*handlers, "OPTIONS"])

        async def endpoint(request: Request) -> Response:
            try:
                caller = await self._callers.identify(request)
                if needs_clerk and request.method not in {"GET", "HEAD", "OPTIONS"} and not caller.may_bill:
                    raise ApiError(403, "not allowed")
                if request.method == "OPTIONS":
                    return Response(headers={"Allow": allowed}, media_type="text/html; charset=utf-8")
                if request.method not in handlers:
                    return json_response({"error": "method not allowed"}, 405, {"Allow": allowed})
                return await handlers[request.method](request, caller)
            except ApiError as error:
                challenge = {"WWW-Authenticate": "Token"} if error.status == 401 else None
                return json_response({"error": error.message, **error.extra}, error.status, challenge)

        return Route(path, endpoint, methods=_ALL_METHODS)

    async def _list(self, request: Request, caller: Caller) -> Response:
        query = Query(request.scope["query_string"])
        chosen = self._filter(query, caller)
        page, per_page = query.positive("page", 1), query.per_page
        count = self._invoices.count(chosen)
        pages = max(1, -(-count // per_page))
        if page > pages:
            raise ApiError(404, "no such page")
        documents = self._invoices.page(chosen, per_page, (page - 1) * per_page)
        path = request.url.path
        if _wants_contract(request):
            following = query.link(path, page + 1) if page < pages else None
            return contract_response({"items": documents, "next": following})
        return json_response(envelope(query, path, count, page, pages, self._rows(documents)))

    def _filter(self, query: Query, caller: Caller) -> Filter:
        status = query.get("status")
        if status and status not in STATES:
            raise ApiError(400, "status must be one of O, P, V")
        customer = query.get("customer")
        if customer and not (customer.isascii() and customer.isdigit() and len(customer) < 19):
            raise ApiError(400, "customer must be a number")
        return Filter(
            caller.tenant,
            STATES[status] if status else None,
            self._new_id("customers", int(customer)) if customer else None,
        )

    async def _detail(self, request: Request, caller: Caller) -> Response:
        document = self._invoices.get(caller.tenant, self._invoice(request))
        return self._answer(request, document)

    async def _pay(self, request: Request, caller: Caller) -> Response:
        invoice = self._invoice(request)
        if self._invoices.get(caller.tenant, invoice) is None:
            raise ApiError(404, "not found")
        payment = _payment(_object(await request.body()), caller)
        try:
            document = self._invoices.pay(caller.tenant, invoice, payment)
        except NotOpen as error:
            raise ApiError(409, "invoice is not open", {"status": str(_STATUSES[error.state])}) from None
        return self._answer(request, document)

    def _answer(self, request: Request, document: Document | None) -> Response:
        if document is None:
            raise ApiError(404, "not found")
        if _wants_contract(request):
            return contract_response(document)
        return json_response(invoice_with_lines(self._rows([document])[0]))

    def _rows(self, documents: list[Document]) -> list[dict[str, Any]]:
        translation = self._translator.to_legacy(documents)
        if translation.untranslatable:
            raise ApiError(502, f"cannot be said in the old shape: {translation.untranslatable[0]}")
        return translation.translated

    def _invoice(self, request: Request) -> str:
        return self._new_id("invoices", request.path_params["pk"])

    def _new_id(self, kind: str, key: int) -> str:
        """The id of a legacy key; of an unknown one, an id that nothing has."""
        return self._identity.known(kind, [key]).get(key, "")


def _wants_contract(request: Request) -> bool:
    accepted = request.headers.get("accept", "").split(",")
    return any(one.partition(";")[0].strip().lower() == MEDIA_TYPE for one in accepted)


def _object(body: bytes) -> dict[str, Any]:
    if not body:
        return {}
    try:
        data = json.loads(body)
    except (ValueError, RecursionError):
        raise ApiError(400, "body is not JSON") from None
    if not isinstance(data, dict):
        raise ApiError(400, "body must be an object")
    return data


def _payment(data: dict[str, Any], caller: Caller) -> Payment:
    method = data.get("method", "B")
    if not isinstance(method, str) or method not in _METHODS:
        raise ApiError(400, "method must be one of C, B, D")
    reference = data.get("reference")
    if reference is not None and not (isinstance(reference, str) and len(reference) <= 60):
        raise ApiError(400, "reference must be a text of at most 60 characters")
    return Payment(_METHODS[method], reference, _date(data.get("paid_on")), caller.username)


def _date(value: Any) -> date:
    if value is None:
        return datetime.now(_ZONE).date()
    try:
        return date.fromisoformat(value)
    except (TypeError, ValueError):
        raise ApiError(400, "paid_on must be a date, YYYY-MM-DD") from None
