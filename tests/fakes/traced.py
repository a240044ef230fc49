"""A WSGI server that OpenTelemetry's own library traces: ``python traced.py NAME COLLECTOR``; prints its address."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, make_server

from opentelemetry import trace
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.instrumentation.wsgi import OpenTelemetryMiddleware
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor


def answer(environ: dict[str, Any], start: Callable[..., Any]) -> Iterable[bytes]:
    start("200 OK", [("Content-Type", "text/plain")])
    return [environ.get("HTTP_TRACEPARENT", "").encode()]


class Quiet(WSGIRequestHandler):
    def log_message(self, format: str, *args: object) -> None:
        """Says nothing."""


if __name__ == "__main__":
    provider = TracerProvider(resource=Resource.create({"service.name": sys.argv[1]}))
    provider.add_span_processor(SimpleSpanProcessor(OTLPSpanExporter(f"{sys.argv[2]}/v1/traces")))
    trace.set_tracer_provider(provider)
    server = make_server("127.0.0.1", 0, OpenTelemetryMiddleware(answer), handler_class=Quiet)
    print(f"Serving http://127.0.0.1:{server.server_port}", flush=True)  # noqa: T201
    server.serve_forever()
