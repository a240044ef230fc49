"""OpenTelemetry spans as the collector's file exporter writes them: OTLP as JSON, one document a line, or one alone.

A server span with ``http.route`` is a request; a span with a statement somewhere below it is one of its statements.
The old and the present names of the attributes are understood. What cannot be put together is counted as skipped.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec

from analyzer.errors import BadObservations
from analyzer.runtime.latency import bucket
from analyzer.runtime.lines import lines_of
from analyzer.runtime.observations import Key, Observations, Site, ViewUse
from analyzer.runtime.strangler_recorder import tables_of

MAX_SPANS = 2_000_000
MAX_DOCUMENT = 500_000_000
"""Bytes of a document that is spread over many lines."""
MAX_DEPTH = 200
_NOWHERE = Site("", 0, "")


class _Attribute(msgspec.Struct, frozen=True):
    key: str
    value: dict[str, Any] = {}


class _Span(msgspec.Struct, frozen=True, rename="camel"):
    trace_id: str
    span_id: str
    parent_span_id: str = ""
    start_time_unix_nano: int | str = 0
    end_time_unix_nano: int | str = 0
    attributes: list[_Attribute] = []


class _Scope(msgspec.Struct, frozen=True):
    spans: list[_Span] = []


class _Resource(msgspec.Struct, frozen=True, rename="camel"):
    scope_spans: list[_Scope] = []


class _Document(msgspec.Struct, frozen=True, rename="camel"):
    resource_spans: list[_Resource]


@dataclass(frozen=True, slots=True)
class _Kept:
    """What is left of a span: its parent, and the request or the statement that it stands for."""

    parent: str
    key: Key | None = None
    status: int = 0
    seconds: float = 0.0
    statement: str = ""
    system: str = ""


_DECODER = msgspec.json.Decoder(_Document)


def read_spans(path: Path, found: Observations) -> Observations:
    """Add a file of spans. Raises BadObservations where it holds no request."""
    spans: dict[tuple[str, str], _Kept] = {}
    for document in _documents(path, found):
        for span in _spans(document):
            if len(spans) >= MAX_SPANS:
                found.dropped += 1
            else:
                spans[span.trace_id, span.span_id] = _kept(span)
    requests = {place: kept for place, kept in spans.items() if kept.key is not None}
    if not requests:
        remedy = "Export server spans with the attribute http.route, as OpenTelemetry's instrumentation of Django does."
        raise BadObservations("holds no span of a request", where=str(path), remedy=remedy)
    found.batches += 1
    recorded = any(kept.statement for kept in spans.values())
    for kept in requests.values():
        _count(found.views[_key(kept)], kept, recorded)
    for (trace, _), kept in spans.items():
        if kept.statement and not _attribute_to_request(found, spans, trace, kept):
            found.skipped += 1
    return found


def _documents(path: Path, found: Observations) -> Iterator[_Document]:
    lines = lines_of(path)
    first = next(lines, b"")
    if first.strip() in (b"{", b""):  # one document over many lines
        text = bytearray(first)
        for line in lines:
            text += line
            if len(text) > MAX_DOCUMENT:
                raise BadObservations("is too large", where=str(path), remedy="Export one document a line.")
        yield from _decoded([bytes(text)], found)
        return
    yield from _decoded([first], found)
    yield from _decoded(lines, found)


def _decoded(lines: Iterable[bytes], found: Observations) -> Iterator[_Document]:
    for line in lines:
        try:
            yield _DECODER.decode(line)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            found.skipped += bool(line.strip())


def _spans(document: _Document) -> Iterator[_Span]:
    return (
        span for resource in document.resource_spans for scope in resource.scope_spans for span in scope.spans
    )


def _kept(span: _Span) -> _Kept:
    values = {a.key: next(iter(a.value.values()), None) for a in span.attributes}

    def text(*keys: str) -> str:
        return next((str(values[key])[:100_000] for key in keys if values.get(key) is not None), "")

    statement = text("db.query.text", "db.statement")
    route, method = text("http.route"), text("http.request.method", "http.method")
    if statement:
        return _Kept(span.parent_span_id, statement=statement, system=text("db.system.name", "db.system"))
    if not method or len(route) > 1_000 or ("http.route" not in values and "http.target" not in values):
        return _Kept(span.parent_span_id)
    status = text("http.response.status_code", "http.status_code")
    return _Kept(
        parent=span.parent_span_id,
        key=Key(route.removeprefix("/") if "http.route" in values else None, "", "", method[:20]),
        status=int(status) if status.isdecimal() and len(status) == 3 else 0,
        seconds=_seconds(span),
    )


def _seconds(span: _Span) -> float:
    try:
        spent = int(span.end_time_unix_nano) - int(span.start_time_unix_nano)
    except ValueError:
        return 0.0
    return min(max(spent, 0) / 1e9, 86_400.0)


def _key(kept: _Kept) -> Key:
    assert kept.key is not None
    return kept.key


def _count(view: ViewUse, kept: _Kept, recorded: bool) -> None:
    view.requests += 1
    view.sampled += recorded
    view.errors += kept.status >= 500
    view.seconds += kept.seconds
    view.ms[bucket(kept.seconds * 1000)] += 1


def _attribute_to_request(
    found: Observations, spans: dict[tuple[str, str], _Kept], trace: str, kept: _Kept
) -> bool:
    request: _Kept | None = kept
    for _ in range(MAX_DEPTH):
        request = spans.get((trace, request.parent)) if request else None
        if request is None or request.key is not None:
            break
    if request is None or request.key is None:
        return False
    tables = tables_of(
        kept.statement, {"mariadb": "mysql", "mssql": "microsoft"}.get(kept.system, kept.system)
    )
    view = found.views[request.key]
    view.queries += 1
    view.tables.update((name, "read") for name in tables.reads)
    view.tables.update((name, "write") for name in tables.writes)
    for one, two in tables.joins:
        found.joins[request.key, _NOWHERE, one, two] += 1
    return True
