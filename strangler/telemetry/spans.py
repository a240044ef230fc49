"""Requests as OpenTelemetry spans, in the JSON encoding of OTLP 1.x (``ExportTraceServiceRequest``).

Two spans a request: what the facade did (SERVER), and its asking the upstream (CLIENT), which the upstream's own spans
continue. Names and attributes follow the semantic conventions for HTTP 1.x; those of our own begin with ``strangler.``.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

import msgspec

from strangler.telemetry.exchange import Exchange

MOST_WAITING: Final = 4096
"""Requests that wait to be sent; what comes on top is dropped, so a collector that is down costs no memory."""
MOST_AT_ONCE: Final = 512
_SERVER, _CLIENT = 2, 3
_ERROR = 2
_ENCODER = msgspec.json.Encoder()


class Spans:
    """Sampled requests on their way to a collector."""

    def __init__(self) -> None:
        self.sent = 0
        self.dropped = 0
        self._waiting: list[Exchange] = []

    def offer(self, exchange: Exchange) -> None:
        """Takes a sampled request."""
        if len(self._waiting) >= MOST_WAITING:
            self.dropped += 1
        else:
            self._waiting.append(exchange)

    def take(self) -> list[Exchange]:
        """The next requests to be sent, at most ``MOST_AT_ONCE``."""
        taken, self._waiting = self._waiting[:MOST_AT_ONCE], self._waiting[MOST_AT_ONCE:]
        return taken

    def __len__(self) -> int:
        return len(self._waiting)


def document(exchanges: Iterable[Exchange], resource: Mapping[str, str]) -> bytes:
    """The body of a request to a collector's ``/v1/traces``. ``resource`` says who speaks (``service.name``)."""
    spans = [span for exchange in exchanges for span in _spans(exchange)]
    scope = {"scope": {"name": "strangler.facade"}, "spans": spans}
    return _ENCODER.encode(
        {"resourceSpans": [{"resource": {"attributes": _attributes(resource)}, "scopeSpans": [scope]}]}
    )


def _spans(exchange: Exchange) -> Iterable[dict[str, Any]]:
    trace = exchange.trace
    if trace is None:
        return
    method = exchange.method
    own: dict[str, Any] = {
        "traceId": trace.trace_id,
        "spanId": trace.server_id,
        "name": f"{method} {exchange.pattern}" if exchange.pattern else method,
        "kind": _SERVER,
        **_times(exchange.started, 0.0, exchange.duration),
        "attributes": _attributes(_served(exchange)),
        **_status(exchange.status >= 500 or exchange.error not in ("", "client gone"), exchange.error),
    }
    if trace.parent_id:
        own["parentSpanId"] = trace.parent_id
    yield own
    if exchange.asked is not None:
        end = exchange.answered if exchange.answered is not None else exchange.duration
        failed = exchange.answered is None
        status = {} if failed else {"http.response.status_code": exchange.status}
        yield {
            "traceId": trace.trace_id,
            "spanId": trace.client_id,
            "parentSpanId": trace.server_id,
            "name": method,
            "kind": _CLIENT,
            **_times(exchange.started, exchange.asked, end),
            "attributes": _attributes(
                {"http.request.method": method, "server.address": exchange.upstream, **status}
            ),
            **_status(failed or exchange.status >= 400, exchange.error),
        }


def _served(exchange: Exchange) -> dict[str, str | int]:
    host, _, port = exchange.host.rpartition(":") if exchange.host[-1:].isdigit() else (exchange.host, "", "")
    told: dict[str, str | int | None] = {
        "http.request.method": exchange.method,
        "url.path": exchange.path,
        "url.scheme": exchange.scheme,
        "server.address": host or exchange.host,
        "server.port": int(port) if host and port.isdigit() else None,
        "client.address": exchange.client,
        "http.response.status_code": exchange.status,
        "http.route": exchange.pattern,
        "error.type": exchange.error or (str(exchange.status) if exchange.status >= 500 else ""),
        "strangler.request_id": exchange.request_id,
        "strangler.route": exchange.route,
        "strangler.group": exchange.group,
        "strangler.side": exchange.side,
        "strangler.reason": exchange.reason,
        "strangler.bucket": exchange.bucket,
    }
    return {name: value for name, value in told.items() if value is not None and value != ""}


def _attributes(told: Mapping[str, str | int]) -> list[dict[str, Any]]:
    return [
        {"key": key, "value": {"intValue": str(value)} if isinstance(value, int) else {"stringValue": value}}
        for key, value in told.items()
    ]


def _times(started: float, start: float, end: float) -> dict[str, str]:
    base = int(started * 1e9)
    return {
        "startTimeUnixNano": str(base + int(start * 1e9)),
        "endTimeUnixNano": str(base + int(max(start, end) * 1e9)),
    }


def _status(failed: bool, error: str) -> dict[str, Any]:
    if not failed:
        return {}
    return {"status": {"code": _ERROR, **({"message": error} if error else {})}}
