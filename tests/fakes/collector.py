"""A stand-in for an OpenTelemetry collector: takes OTLP over HTTP, in either encoding, and reads it with the official
definitions of its messages."""

from __future__ import annotations

import gzip
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from google.protobuf import json_format
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest


@dataclass(frozen=True)
class Span:
    """A span as it arrived; ids in hexadecimal."""

    service: str
    name: str
    kind: int
    trace_id: str
    span_id: str
    parent_id: str
    attributes: dict[str, str | int]
    failed: bool
    nanoseconds: int


@dataclass
class Collector:
    """What has arrived. ``statuses`` are answered first, one for each request; then 200."""

    url: str
    spans: list[Span] = field(default_factory=list)
    requests: list[dict[str, str]] = field(default_factory=list)
    statuses: list[int] = field(default_factory=list)
    arrived: threading.Condition = field(default_factory=threading.Condition)

    def wait(self, number: int, seconds: float = 20.0) -> list[Span]:
        """The spans, once there are so many."""
        with self.arrived:
            assert self.arrived.wait_for(lambda: len(self.spans) >= number, seconds), self.spans
            return list(self.spans)


@contextmanager
def collector() -> Iterator[Collector]:
    """One that listens on a free port."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            if self.headers.get("Content-Encoding") == "gzip":
                body = gzip.decompress(body)
            with made.arrived:
                made.requests.append({name.lower(): value for name, value in self.headers.items()})
                status = made.statuses.pop(0) if made.statuses else 200
                if status == 200:
                    made.spans += _read(self.headers["Content-Type"], body)
                made.arrived.notify_all()
            self.send_response(status)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:
            """Says nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    made = Collector(f"http://127.0.0.1:{server.server_port}")
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield made
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def read_json(body: bytes) -> list[Span]:
    """The spans of a body in JSON; OTLP writes ids in hexadecimal where protobuf's own JSON has base64."""
    return _read("application/json", body)


def _read(kind: str, body: bytes) -> list[Span]:
    request = ExportTraceServiceRequest()
    if kind == "application/json":
        import base64
        import re

        def to_base64(found: re.Match[bytes]) -> bytes:
            return found[1] + base64.b64encode(bytes.fromhex(found[2].decode())) + b'"'

        json_format.Parse(
            re.sub(rb'("(?:traceId|spanId|parentSpanId)":")([0-9a-f]*)"', to_base64, body), request
        )
    else:
        request.ParseFromString(body)
    return [
        Span(
            next(one.value.string_value for one in block.resource.attributes if one.key == "service.name"),
            span.name,
            span.kind,
            span.trace_id.hex(),
            span.span_id.hex(),
            span.parent_span_id.hex(),
            {
                one.key: one.value.int_value if one.value.HasField("int_value") else one.value.string_value
                for one in span.attributes
            },
            span.status.code == 2,
            span.end_time_unix_nano - span.start_time_unix_nano,
        )
        for block in request.resource_spans
        for scope in block.scope_spans
        for span in scope.spans
    ]
