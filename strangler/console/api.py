"""The admin API: the same changes as the command line, over HTTP on a listener of its own."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from inspect import iscoroutinefunction
from typing import Any, TypeVar

import msgspec
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request as HttpRequest
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp

from strangler.console import page
from strangler.console.answers import failure, failure_of, json_response, read_only, success
from strangler.console.approvals import Approvals
from strangler.console.gate import LOOPBACK, Gate, Limits
from strangler.console.live import Live
from strangler.console.openapi import openapi
from strangler.control import Control, Request
from strangler.control.plan import RolloutRequest, carry_out, shown
from strangler.control.rollouts import Rollouts
from strangler.errors import BadDocument, Conflict, StranglerError
from strangler.routing import SAFE_METHODS
from strangler.routing.document import difference, to_document
from strangler.store import State, Token

Body = TypeVar("Body")

MAX_BODY = 4 * 1024 * 1024
"""Bytes of a change; an import of several thousand URL patterns fits."""


def create_app(
    state: State,
    *,
    metrics: Callable[[], str],
    status: Callable[[], dict[str, Any]],
    hosts: frozenset[str] = LOOPBACK,
    clock: Callable[[], float] = time.time,
    approval: bool = False,
    limits: Limits = Limits(),
) -> ASGIApp:
    """The ASGI application of the admin listener.

    ``metrics`` gives the Prometheus text of ``/metrics``; ``status`` what the server knows of itself, for
    ``/api/status``; ``hosts`` are the names (without ports) that may stand in the Host header. With ``approval``, what
    brings a group that writes closer to its service waits for a second operator. ``limits`` bound how
    often one may ask.
    """
    approvals = Approvals(state, asked=approval, clock=clock)
    api = _Api(state, metrics, status, approvals, clock)
    app = Starlette(
        routes=[
            *page.routes(),
            *Live(state, approvals, clock).routes(),
            Route("/healthz", api.healthz),
            Route("/metrics", api.metrics),
            Route("/api/status", api.status),
            _at("/api/table", ("version",), GET=api.table),
            _at("/api/history", ("limit",), GET=api.history),
            _at("/api/differences", ("group", "path"), GET=api.differences, DELETE=api.forget),
            _at("/api/changes", POST=api.changes),
            _at("/api/rollouts", GET=api.rollouts, POST=api.roll),
            _at("/api/approvals", GET=api.approvals, POST=api.approve),
            Route("/api/openapi.json", api.openapi),
        ],
        exception_handlers={
            StranglerError: _strangler_error,
            HTTPException: _http_error,
            Exception: _unexpected,
        },
    )
    return Gate(app, state.tokens, hosts, page.PATHS, limits)


class Approval(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The body of ``POST /api/approvals``: yes or no to a change that waits."""

    id: str
    approve: bool = True


class _Api:
    """The endpoints. Those without ``async`` wait for the state, so Starlette runs them in a thread."""

    def __init__(
        self,
        state: State,
        metrics: Callable[[], str],
        status: Callable[[], dict[str, Any]],
        approvals: Approvals,
        clock: Callable[[], float],
    ) -> None:
        self._state = state
        self._control = Control(state.routes)
        self._metrics = metrics
        self._status = status
        self._approvals = approvals
        self._clock = clock

    async def healthz(self, request: HttpRequest) -> Response:
        return PlainTextResponse("ok\n")

    async def metrics(self, request: HttpRequest) -> Response:
        return PlainTextResponse(self._metrics(), media_type="text/plain; version=0.0.4")

    async def status(self, request: HttpRequest) -> Response:
        return success(self._status())

    def table(self, request: HttpRequest) -> Response:
        version = _number(request, "version", 0, 2**53)
        table = self._state.routes.load() if version is None else self._state.routes.at(version)
        return success(
            {"version": table.version, "document": to_document(table)}, {"ETag": f'"{table.version}"'}
        )

    def history(self, request: HttpRequest) -> Response:
        return success({"history": self._state.routes.history(_number(request, "limit", 1, 10_000) or 100)})

    def differences(self, request: HttpRequest) -> Response:
        found = self._state.differences.all(request.query_params.get("group"))
        return success({"differences": msgspec.to_builtins(found)})

    def forget(self, request: HttpRequest) -> Response:
        group = request.query_params.get("group")
        if not group:
            raise BadDocument("it says not which group", where="group", remedy="Add ?group=NAME.")
        self._state.differences.forget(group, request.query_params.get("path"))
        return success({})

    async def changes(self, request: HttpRequest) -> Response:
        token: Token = request.scope["token"]
        expected = _if_match(request)
        change = _decoded(await _body(request), Request)
        return await run_in_threadpool(self._carry_out, change, token.name, expected)

    def rollouts(self, request: HttpRequest) -> Response:
        rollouts = self._rollouts("api")
        return success({"rollouts": [shown(rollouts, rollout) for rollout in rollouts.all()]})

    async def roll(self, request: HttpRequest) -> Response:
        token: Token = request.scope["token"]
        wanted = _decoded(await _body(request), RolloutRequest)
        return await run_in_threadpool(self._roll, wanted, token.name)

    def _roll(self, wanted: RolloutRequest, actor: str) -> Response:
        self._approvals.check_rollout(wanted)
        rollouts = self._rollouts(actor)
        return success(shown(rollouts, carry_out(wanted, rollouts)))

    def approvals(self, request: HttpRequest) -> Response:
        return success({"approvals": msgspec.to_builtins(self._approvals.all())})

    async def approve(self, request: HttpRequest) -> Response:
        token: Token = request.scope["token"]
        answer = _decoded(await _body(request), Approval)
        return await run_in_threadpool(self._answer, answer, token.name)

    def _answer(self, answer: Approval, actor: str) -> Response:
        if not answer.approve:
            self._approvals.reject(answer.id)
            return success({"rejected": answer.id})
        outcome = self._approvals.approve(answer.id, actor)
        return success(msgspec.to_builtins(outcome), {"ETag": f'"{outcome.version}"'})

    async def openapi(self, request: HttpRequest) -> Response:
        return json_response(openapi())

    def _rollouts(self, actor: str) -> Rollouts:
        return Rollouts(
            self._state, Control(self._state.routes, actor=actor), holder=actor, clock=self._clock
        )

    def _carry_out(self, change: Request, actor: str, expected: int | None) -> Response:
        try:
            groups = self._approvals.needed(change)
            if groups:
                outcome, pending = self._approvals.hold(change, actor, groups)
                told = msgspec.to_builtins(outcome)
                return success({**told, "pending": msgspec.to_builtins(pending)}, status=202)
            outcome = self._control.change(change, via="api", actor=actor, expected_version=expected)
        except Conflict as conflict:
            return failure_of(conflict, difference=self._since(expected))
        return success(msgspec.to_builtins(outcome), {"ETag": f'"{outcome.version}"'})

    def _since(self, expected: int | None) -> list[str]:
        """What has changed since the version that a writer knew."""
        if expected is None:
            return []
        try:
            return difference(self._state.routes.at(expected), self._state.routes.load())
        except StranglerError:
            return []


def _at(path: str, queries: tuple[str, ...] = (), **handlers: Callable[[HttpRequest], Any]) -> Route:
    """One route for all methods of a path, so that ``Allow`` tells all; a query that does nothing is an error, and what
    changes something is for operators."""

    async def handle(request: HttpRequest) -> Response:
        given = [name for name, _ in request.query_params.multi_items()]
        for name in given:
            if name not in queries or given.count(name) > 1:
                known = f"Known: {', '.join(queries)}, each once." if queries else "There are none here."
                raise BadDocument(f"the query {name!r} does nothing", where="query", remedy=known)
        refusal = read_only(request.scope["token"]) if request.method not in SAFE_METHODS else None
        if refusal is not None:
            return refusal
        handler = handlers["GET" if request.method == "HEAD" else request.method]
        if iscoroutinefunction(handler):
            answered: Response = await handler(request)
            return answered
        return await run_in_threadpool(handler, request)

    return Route(path, handle, methods=list(handlers))


async def _body(request: HttpRequest) -> bytes:
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > MAX_BODY:
            raise HTTPException(413, f"a change may have {MAX_BODY} bytes")
    return bytes(body)


def _decoded(body: bytes, type_: type[Body]) -> Body:
    try:
        return msgspec.json.decode(body, type=type_)
    except msgspec.ValidationError as error:
        message, _, path = str(error).partition(" - at ")
        where = path.strip("`").removeprefix("$.")
        raise BadDocument(message, where=where, remedy="See docs/routes.md for the changes.") from None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise HTTPException(400, f"the body is not JSON: {error}") from None


def _if_match(request: HttpRequest) -> int | None:
    header = request.headers.get("if-match")
    if header is None or header.strip() == "*":
        return None
    match = re.fullmatch(r'(?:W/)?"?(\d{1,15})"?', header.strip())
    if match is None:
        raise HTTPException(400, "If-Match has to be a version, as the ETag of /api/table gives it")
    return int(match[1])


def _number(request: HttpRequest, name: str, low: int, high: int) -> int | None:
    text = request.query_params.get(name)
    if text is None:
        return None
    if not re.fullmatch("[0-9]{1,16}", text) or not low <= int(text) <= high:
        raise BadDocument(
            f"{text!r} is not a number from {low} to {high}", where=name, remedy="Correct the query."
        )
    return int(text)


async def _strangler_error(request: HttpRequest, error: Exception) -> Response:
    assert isinstance(error, StranglerError)
    return failure_of(error)


async def _http_error(request: HttpRequest, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    return failure(error.status_code, "request", error.detail, where=request.url.path, headers=error.headers)


async def _unexpected(request: HttpRequest, error: Exception) -> Response:
    """The server logs it: Starlette raises it again after this answer."""
    return failure(500, "error", "something unexpected happened", remedy="See the log of the facade.")
