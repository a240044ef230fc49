"""The answers of the admin API: JSON, never cached, and errors that say what to do."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec
from starlette.responses import Response

from strangler.errors import BadDocument, Conflict, Refused, StoreError, StranglerError, Unknown
from strangler.store import Token

SCHEMA_VERSION = 1
_KINDS: tuple[tuple[type[StranglerError], int, str], ...] = (
    (Conflict, 409, "conflict"),
    (Refused, 409, "refused"),
    (Unknown, 404, "unknown"),
    (BadDocument, 422, "invalid"),
    (StoreError, 503, "store"),
)


def success(
    content: Mapping[str, Any], headers: Mapping[str, str] | None = None, *, status: int = 200
) -> Response:
    return _json(status, {"schema_version": SCHEMA_VERSION, **content}, headers)


def failure(
    status: int,
    code: str,
    error: str,
    *,
    where: str = "",
    remedy: str = "",
    headers: Mapping[str, str] | None = None,
    **more: Any,
) -> Response:
    """``code`` is for programs and stays; ``error``, ``where`` and ``remedy`` are for people."""
    return _json(status, {"code": code, "error": error, "where": where, "remedy": remedy, **more}, headers)


def read_only(token: Token) -> Response | None:
    """What a token that may only read is told when it wants more; None for one that may write."""
    if token.role == "operator":
        return None
    return failure(
        403,
        "role",
        f"the token {token.name!r} may read only",
        where="Authorization",
        remedy="Use a token with the role operator.",
    )


def failure_of(error: StranglerError, **more: Any) -> Response:
    """The answer that an error of the tree becomes."""
    status, code = next(((s, c) for kind, s, c in _KINDS if isinstance(error, kind)), (500, "error"))
    if isinstance(error, Conflict):
        more["current"] = error.current
    return failure(status, code, error.message, where=error.where, remedy=error.remedy, **more)


def json_response(content: Mapping[str, Any]) -> Response:
    """A document that is no answer of ours: without our schema's version."""
    return _json(200, content, None)


def _json(status: int, content: Mapping[str, Any], headers: Mapping[str, str] | None) -> Response:
    return Response(
        msgspec.json.encode(content),
        status_code=status,
        media_type="application/json",
        headers={"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff", **(headers or {})},
    )
