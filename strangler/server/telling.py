"""What the facade tells the world while it serves: the access log, spans to a collector, metrics."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Iterable, Mapping
from urllib.parse import unquote

import httpx

from strangler.errors import BadDocument
from strangler.facade import Facade, Pool
from strangler.facade.events import OnFinish, Outcome
from strangler.facade.guarded import Guarded
from strangler.facade.observe import exchange_of
from strangler.facade.transport import Transport
from strangler.routing.values import read_url
from strangler.server.settings import Settings
from strangler.telemetry import AccessLog, Family, RouteTotals, Spans
from strangler.telemetry.access_log import line
from strangler.telemetry.spans import document
from strangler.telemetry.traces import threshold_of

log = logging.getLogger("strangler.server")

_FLUSH = 0.25
"""Seconds between two writes to the access log."""
_SEND = 2.0
"""Seconds between two sendings to the collector, and for the last one when the facade ends."""
_TRIES = 3
_AGAIN = frozenset({429, 502, 503, 504})
"""What a collector says when the same may be sent later (OTLP, section "Failures")."""
_PAUSE = 1.0
_SILENCE = 60.0
"""Seconds between two complaints about the same thing."""


def check(settings: Settings) -> None:
    """Raises ``BadDocument`` for a collector or a log that cannot be."""
    if settings.otlp:
        traces_url(settings.otlp)
        otlp_headers(settings.otlp_headers)
    if settings.access_log:
        AccessLog(settings.access_log).close()


class Telling:
    """Hears of every request once, and passes it on."""

    def __init__(self, settings: Settings, counted: OnFinish) -> None:
        self.routes = RouteTotals()
        self.spans = Spans() if settings.otlp else None
        self.access_log = AccessLog(settings.access_log) if settings.access_log else None
        self.threshold = threshold_of(settings.trace_percent) if settings.otlp else None
        self._counted = counted
        self._collector = _Collector(settings, self.spans) if self.spans is not None else None
        self._complained: dict[str, float] = {}

    def __call__(self, outcome: Outcome) -> None:
        """The facade's hook."""
        self._counted(outcome)
        decision = outcome.decision
        if decision is not None:
            route, group = decision.route, decision.group
            self.routes.note(
                route.name if route is not None else "",
                group.name if group is not None else "",
                decision.side,
                outcome.status,
                outcome.duration,
                outcome.error == "client gone",
            )
        sampled = self.spans is not None and outcome.trace is not None and outcome.trace.sampled
        if sampled or self.access_log is not None:
            exchange = exchange_of(outcome)
            if self.access_log is not None:
                self.access_log.write(line(exchange))
            if sampled and self.spans is not None:
                self.spans.offer(exchange)

    async def run(self) -> None:
        """Writes and sends until it is cancelled, and once more then."""
        try:
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(self._write())
                if self._collector is not None:
                    tasks.create_task(self._send(self._collector))
        finally:
            if self.access_log is not None:
                self.access_log.close()
            if self._collector is not None:
                await self._collector.close()

    async def _write(self) -> None:
        while self.access_log is not None:
            await asyncio.sleep(_FLUSH)
            await asyncio.to_thread(self.access_log.flush)
            if self.access_log.trouble:
                self._complain(f"the access log {self.access_log.target}", self.access_log.trouble)

    async def _send(self, collector: _Collector) -> None:
        while True:
            await asyncio.sleep(_SEND)
            trouble = await collector.send_all()
            if trouble:
                self._complain(f"the collector {collector.url}", trouble)

    def _complain(self, what: str, trouble: str) -> None:
        """One line in a minute about each: what fails every second is still one problem."""
        now = time.monotonic()
        if now - self._complained.get(what, -_SILENCE) >= _SILENCE:
            self._complained[what] = now
            log.warning("%s: %s; requests are served all the same", what, trouble)

    def families(self) -> list[Family]:
        """What this process has told and could not tell."""
        found = self.routes.families()
        if self.access_log is not None:
            told = (
                ({"result": "written"}, self.access_log.written),
                ({"result": "dropped"}, self.access_log.dropped),
            )
            found.append(
                Family("strangler_access_log_lines_total", "counter", "Lines of the access log.", told)
            )
        if self.spans is not None:
            sent = (({"result": "sent"}, self.spans.sent), ({"result": "dropped"}, self.spans.dropped))
            found.append(
                Family("strangler_traced_requests_total", "counter", "Requests sent to the collector.", sent)
            )
        return found


class _Collector:
    """The way to an OpenTelemetry collector, by OTLP over HTTP."""

    def __init__(self, settings: Settings, spans: Spans) -> None:
        self.url = traces_url(settings.otlp)
        self._spans = spans
        self._resource = {"service.name": settings.service_name}
        headers = {"content-type": "application/json", **otlp_headers(settings.otlp_headers)}
        self._client = httpx.AsyncClient(headers=headers, timeout=5.0, trust_env=False)

    async def send_all(self) -> str:
        """Sends what waits; what went wrong last, or an empty text."""
        trouble = ""
        while len(self._spans):
            taken = self._spans.take()
            trouble = await self._post(document(taken, self._resource))
            if trouble:
                self._spans.dropped += len(taken)
                return trouble
            self._spans.sent += len(taken)
        return trouble

    async def close(self) -> None:
        """Sends what waits, if the collector takes it in time."""
        try:
            async with asyncio.timeout(_SEND):
                await self.send_all()
        except TimeoutError:
            pass
        await self._client.aclose()

    async def _post(self, body: bytes) -> str:
        trouble = ""
        for attempt in range(_TRIES):
            if attempt:
                await asyncio.sleep(_PAUSE * 2 ** (attempt - 1))
            try:
                answer = await self._client.post(self.url, content=body)
            except httpx.HTTPError as error:
                trouble = str(error) or type(error).__name__
                continue
            if answer.is_success:
                return ""
            trouble = f"it answered {answer.status_code}"
            if answer.status_code not in _AGAIN:
                break
        return trouble


def traces_url(endpoint: str) -> str:
    """Where a collector takes traces: its endpoint with ``/v1/traces`` behind it. Raises ``BadDocument``."""
    base, _, path = endpoint.partition("://")[2].partition("/")
    scheme = endpoint.partition("://")[0]
    read_url(f"{scheme}://{base}", "--otlp")
    path = path.strip("/")
    return (
        endpoint
        if path.endswith("v1/traces")
        else "/".join(part for part in (f"{scheme}://{base}", path, "v1/traces") if part)
    )


def otlp_headers(text: str) -> dict[str, str]:
    """``NAME=VALUE,...`` with percent-encoded values, as ``OTEL_EXPORTER_OTLP_HEADERS`` holds them."""
    found = {}
    for item in filter(None, (part.strip() for part in text.split(","))):
        name, equals, value = item.partition("=")
        if not equals or not name.strip():
            raise BadDocument(
                "it is not NAME=VALUE,...", where="OTEL_EXPORTER_OTLP_HEADERS", remedy="Correct it."
            )
        found[name.strip()] = unquote(value.strip())
    return found


_HELP = {
    "strangler_rate_limited_total": "Requests answered with 429.",
    "strangler_rate_keys": "Clients, users, tenants or routes that a rate limit remembers.",
    "strangler_retries_total": "Requests that were sent once more.",
    "strangler_fallbacks_total": "Requests that the monolith answered in place of the service.",
    "strangler_translated_total": "Bodies that were translated.",
    "strangler_untranslatable_total": "Bodies that could not be translated.",
    "strangler_breaker_state": "The breaker of an upstream: 1 for the state that it is in.",
    "strangler_breaker_opened_total": "How often the breaker of an upstream opened.",
    "strangler_bulkhead_active": "Requests in the bulkhead of an upstream.",
    "strangler_bulkhead_waiting": "Requests that wait for a place in it.",
    "strangler_bulkhead_refused_total": "Requests that found no place in it.",
}


def policy_families(facade: Facade) -> list[Family]:
    """What policies and guards of upstreams have done."""
    return [
        Family(name, "counter" if name.endswith("_total") else "gauge", _HELP[name], tuple(series))
        for name, series in facade.figures().items()
    ]


def _pool(way: Transport | None) -> Pool | None:
    inner = way.way if isinstance(way, Guarded) else way
    return inner if isinstance(inner, Pool) else None


def pool_families(facade: Facade, upstreams: Iterable[str]) -> list[Family]:
    """The connections to upstreams."""
    pools = {name: pool for name in sorted(set(upstreams)) if (pool := _pool(facade.transport(name)))}
    connections: list[tuple[Mapping[str, str], float]] = []
    for name, pool in pools.items():
        idle = pool.idle_connections
        connections.append(({"upstream": name, "state": "busy"}, pool.open_connections - idle))
        connections.append(({"upstream": name, "state": "idle"}, idle))
    return [
        Family("strangler_upstream_connections", "gauge", "Connections to upstreams.", tuple(connections)),
        Family(
            "strangler_upstream_waiting",
            "gauge",
            "Requests that wait for a connection.",
            tuple(({"upstream": name}, pool.waiting) for name, pool in pools.items()),
        ),
    ]
