"""The admin API as an OpenAPI 3.1 document, from the types that decode its bodies."""

from __future__ import annotations

from functools import cache
from importlib.metadata import version
from typing import Any

import msgspec

from strangler.control import Outcome, Request
from strangler.control.plan import RolloutRequest

Schema = dict[str, Any]

_ERRORS = {
    "400": "The body or a header cannot be read",
    "401": "A token is needed",
    "403": "The token may read only, or the Host header is not this listener's",
    "404": "There is no such name or version",
    "405": "Not this method",
    "409": "A rule refuses it, or somebody else changed the routes meanwhile (`difference` tells what)",
    "413": "The body is too large",
    "422": "The request means nothing; `where` says which part",
    "429": "Too many requests; Retry-After says how long to wait",
    "503": "The state cannot be reached",
}
_READS = ("400", "401", "403", "404", "405", "422", "429", "503")
_CHANGES = (*_READS, "409", "413")


@cache
def openapi() -> Schema:
    """The document; it is the same for every listener."""
    _, components = msgspec.json.schema_components(
        [Request, Outcome, RolloutRequest], ref_template="#/components/schemas/{name}"
    )
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "strangler admin API",
            "version": version("strangler"),
            "description": "See and change which side answers. Every change is audited under the token's name.",
            "license": {"name": "MIT", "identifier": "MIT"},
        },
        "servers": [{"url": "/"}],
        "security": [{"token": []}],
        "paths": _paths(),
        "components": {
            "schemas": {**components, "Error": _ERROR, "Approval": _APPROVAL},
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
        },
    }


def _paths() -> Schema:
    version_ = _query("version", "An earlier version", minimum=0, maximum=2**53)
    limit = _query("limit", "The newest only", minimum=1, maximum=10_000)
    group = {"name": "group", "in": "query", "schema": {"type": "string"}, "description": "One group only"}
    path = {"name": "path", "in": "query", "schema": {"type": "string"}, "description": "One JSON path only"}
    name = {
        "name": "name",
        "in": "path",
        "required": True,
        "schema": {"type": "string"},
        "description": "A group",
    }
    share = {
        "name": "share",
        "in": "query",
        "required": True,
        "schema": {"type": "string"},
        "description": "Percent",
    }
    events = {"description": "The board", "content": {"text/event-stream": {"schema": {"type": "string"}}}}
    return {
        "/api/me": {"get": _reading("me", "Whose token this is")},
        "/api/board": {"get": _reading("board", "What happens now, a line for each group")},
        "/api/stream": {
            "get": _reading("stream", "The same every second, as server-sent events", answer=events)
        },
        "/api/groups/{name}/series": {
            "get": _reading("series", "The last quarter of an hour of a group", [name])
        },
        "/api/groups/{name}/forecast": {
            "get": _reading("forecast", "What the guard says to a share, and what it moves", [name, share])
        },
        "/healthz": {
            "get": {
                "summary": "Is it alive",
                "operationId": "healthz",
                "security": [],
                "responses": {"200": _text("It is"), **_failing(("403", "405"))},
            }
        },
        "/metrics": {"get": _reading("metrics", "Prometheus text", answer=_text("The figures"))},
        "/api/status": {"get": _reading("status", "The server about itself")},
        "/api/table": {"get": _reading("table", "The routes, as a document", [version_])},
        "/api/history": {"get": _reading("history", "The audit log, newest first", [limit])},
        "/api/differences": {
            "get": _reading("differences", "Where shadowed answers differed", [group]),
            "delete": {
                "summary": "Forget differences",
                "operationId": "forgetDifferences",
                "parameters": [{**group, "required": True}, path],
                "responses": {"200": _json("They are forgotten"), **_failing(_CHANGES)},
            },
        },
        "/api/changes": {
            "post": _changing("change", "Change the routes", "Request", "Outcome", conditional=True)
        },
        "/api/rollouts": {
            "get": _reading("rollouts", "Where the rollouts stand"),
            "post": _changing("rollout", "Start or steer a rollout", "RolloutRequest"),
        },
        "/api/approvals": {
            "get": _reading("approvals", "Changes that wait for a second operator"),
            "post": _changing("approve", "Make or forget a change that waits", "Approval"),
        },
        "/api/openapi.json": {"get": _reading("openapi", "This document")},
    }


def _reading(
    name: str, summary: str, parameters: list[Schema] | None = None, *, answer: Schema | None = None
) -> Schema:
    return {
        "summary": summary,
        "operationId": name,
        "parameters": parameters or [],
        "responses": {"200": answer or _json(summary), **_failing(_READS)},
    }


def _changing(
    name: str,
    summary: str,
    body: str,
    answer: str = "",
    *,
    conditional: bool = False,
) -> Schema:
    if_match = {
        "name": "If-Match",
        "in": "header",
        "description": "Only if this version stands, as the ETag of /api/table gives it",
        "schema": {"type": "string", "pattern": '^("[0-9]{1,15}"|\\*)$'},
    }
    return {
        "summary": summary,
        "operationId": name,
        "parameters": [if_match] if conditional else [],
        "requestBody": {"required": True, "content": _content(_ref(body))},
        "responses": {
            "200": _json(summary, _ref(answer) if answer else None),
            **({"202": _json("It waits for a second operator")} if conditional else {}),
            **_failing(_CHANGES),
        },
    }


def _query(name: str, description: str, *, minimum: int, maximum: int) -> Schema:
    schema = {"type": "integer", "minimum": minimum, "maximum": maximum}
    return {"name": name, "in": "query", "description": description, "schema": schema}


def _failing(statuses: tuple[str, ...]) -> Schema:
    return {
        status: {"description": _ERRORS[status], "content": _content(_ref("Error"))} for status in statuses
    }


def _json(description: str, schema: Schema | None = None) -> Schema:
    return {"description": description, "content": _content(schema or {"type": "object"})}


def _text(description: str) -> Schema:
    return {"description": description, "content": {"text/plain": {"schema": {"type": "string"}}}}


def _content(schema: Schema) -> Schema:
    return {"application/json": {"schema": schema}}


def _ref(name: str) -> Schema:
    return {"$ref": f"#/components/schemas/{name}"}


_ERROR: Schema = {
    "type": "object",
    "required": ["code", "error", "where", "remedy"],
    "properties": {
        "code": {"type": "string", "description": "For programs; it stays"},
        "error": {"type": "string", "description": "For people: what happened"},
        "where": {"type": "string"},
        "remedy": {"type": "string", "description": "For people: what to do"},
        "current": {
            "type": "integer",
            "description": "The version that stands, where another one was expected",
        },
        "difference": {"type": "array", "items": {"type": "string"}},
    },
}
_APPROVAL: Schema = {
    "type": "object",
    "required": ["id"],
    "properties": {"id": {"type": "string"}, "approve": {"type": "boolean", "default": True}},
    "additionalProperties": False,
}
