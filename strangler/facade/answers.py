"""The facade's own answers: short, without inner details, and with the id under which the request can be found."""

from __future__ import annotations

import json

from strangler.facade.asgi import Headers
from strangler.facade.failures import Failure

_TITLES = {
    400: "Bad request",
    401: "Unauthorized",
    403: "Forbidden",
    404: "Not found",
    408: "Request timeout",
    413: "Content too large",
    422: "Unprocessable content",
    429: "Too many requests",
    431: "Request header fields too large",
    500: "Internal error",
    502: "Bad gateway",
    503: "Service unavailable",
    504: "Gateway timeout",
}


def answer_for(failure: Failure, request_id: str, accept: str) -> tuple[int, Headers, bytes]:
    """Status, header fields and body that tell a client of a failure: JSON where the client accepts it, else text."""
    status = failure.status
    title = _TITLES.get(status, "Error")
    if "json" in accept:
        kind = b"application/json"
        told = {"error": failure.kind, "status": status, "message": failure.message, "request_id": request_id}
        body = json.dumps(told).encode() + b"\n"
    else:
        kind = b"text/plain; charset=utf-8"
        body = f"{status} {title}: {failure.message}\nRequest id: {request_id}\n".encode()
    headers = [
        (b"content-type", kind),
        (b"content-length", b"%d" % len(body)),
        (b"cache-control", b"no-store"),
        (b"x-request-id", request_id.encode()),
    ]
    headers += failure.headers
    if status == 503 and not any(name == b"retry-after" for name, _ in failure.headers):
        headers.append((b"retry-after", b"1"))
    if status in (400, 408, 413, 431) or failure.kind == "too many clients":
        headers.append((b"connection", b"close"))
    return status, headers, body
