"""The facade: an ASGI application that decides for each request which side answers, and passes it there and back."""

from __future__ import annotations

import asyncio
import logging
import random
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType

from strangler.facade.answers import answer_for
from strangler.facade.asgi import TARGET, UPGRADE, Headers, Receive, Scope, Send
from strangler.facade.deadlines import Deadlines
from strangler.facade.events import Capture, CapturedAnswer, Mirror, MirrorRequest, OnFinish, Outcome
from strangler.facade.failures import Failure, Kind
from strangler.facade.gate import Gate
from strangler.facade.guarded import Figures, Guarded, guard_figures
from strangler.facade.headers import (
    CookieView,
    Head,
    HeaderView,
    Origin,
    answer_headers,
    is_shared,
    origin_of,
    read_head,
)
from strangler.facade.identify import Identities, bridge_paths, told_fields
from strangler.facade.passage import Passage
from strangler.facade.paths import check_bridges, check_path, read_path
from strangler.facade.pool import Pool
from strangler.facade.translation import Translations, may_step_in
from strangler.facade.transport import Answer, Body, Request, Transport
from strangler.routing import (
    MONOLITH,
    Decision,
    RequestFacts,
    Route,
    RouteTable,
    Upstream,
    decide_on,
    match,
)
from strangler.routing.cohort import cookie_name
from strangler.routing.decide import tenant_of
from strangler.telemetry import Trace
from strangler.telemetry.traces import begin, read_parent

logger = logging.getLogger("strangler.facade")

_COOKIE_ATTRIBUTES = "; Path=/; HttpOnly; SameSite=Lax; Max-Age=31536000"


@dataclass(frozen=True, slots=True)
class Snapshot:
    """One version of the table with the ways to its upstreams. A request keeps the one that it began with."""

    table: RouteTable
    transports: Mapping[str, Transport]
    own: frozenset[bytes] = frozenset()
    """Fields in which upstreams are told who asks: a client's copies are dropped, whatever the route."""
    bridges: frozenset[str] = frozenset()
    """Paths at which the monolith tells the facade who asks. They are nobody else's."""
    deals_to_tenants: bool = False
    """Whether places at some upstream are dealt out to tenants."""


class Facade:
    """See the module. Build it inside the event loop that serves it.

    ``monolith`` is where everything goes that no group has taken; its address wins over the table's. ``on_finish``
    hears of every request once, ``mirror`` of those that the decision sampled; what they raise is logged and hurts
    nobody.
    ``debug_headers`` adds ``X-Strangler-Side`` to answers. ``translations`` are what routes may name.
    """

    def __init__(
        self,
        monolith: Upstream,
        table: RouteTable | None = None,
        *,
        on_finish: OnFinish | None = None,
        mirror: Mirror | None = None,
        debug_headers: bool = False,
        transport: Callable[[Upstream], Transport] = Pool,
        translations: Translations | None = None,
    ) -> None:
        self._monolith = monolith
        self._transport = transport
        self._transports: dict[Upstream, Transport] = {}
        self.on_finish = on_finish
        self.mirror = mirror
        self.gate = Gate(now=time.monotonic)
        self.deadlines = Deadlines(asyncio.get_running_loop())
        self.trace_threshold: int | None = None
        """What the lower half of a trace id stays below where its request is traced; None: nothing is traced."""
        self.identities: Identities | None = None
        self.debug_headers = debug_headers
        self.translations = translations or Translations({})
        self._snapshot = Snapshot(RouteTable(), MappingProxyType({}))
        self.swap(table or RouteTable())

    @property
    def table(self) -> RouteTable:
        """The table that new requests are decided by."""
        return self._snapshot.table

    def swap(self, table: RouteTable) -> None:
        """Makes a table the one that counts from the next request on. Requests under way keep theirs."""
        table.index  # noqa: B018 -- compiled here, once, and not by the first request
        upstreams = {**table.upstreams, MONOLITH: self._monolith_of(table)}
        kept = {up: self._transports.get(up) or self._way(up) for up in upstreams.values()}
        gone = [transport for up, transport in self._transports.items() if up not in kept]
        self._transports = kept
        self._snapshot = Snapshot(
            table,
            MappingProxyType({name: kept[upstream] for name, upstream in upstreams.items()}),
            told_fields(table),
            bridge_paths(table),
            table.gateway.tenant is not None and any(up.bulkhead for up in upstreams.values()),
        )
        self.gate.swap(table.policies.values())
        self.translations.warn(table)
        for transport in gone:
            transport.retire()
        if self.identities is not None:
            self.identities.follow(table)

    def know(self, identities: Identities) -> None:
        """Lets it find out who asks, as the policies say."""
        self.identities = identities
        self.gate.identify = identities.identify
        identities.follow(self.table)

    def transport(self, upstream: str) -> Transport | None:
        """The way to an upstream of the current table."""
        return self._snapshot.transports.get(upstream)

    def upstream(self, name: str) -> Upstream | None:
        """What the current table says of an upstream; the monolith's address is the one that it was started with."""
        return self._monolith_of(self.table) if name == MONOLITH else self.table.upstreams.get(name)

    def _monolith_of(self, table: RouteTable) -> Upstream:
        return replace(table.upstreams.get(MONOLITH, self._monolith), url=self._monolith.url)

    def figures(self) -> Figures:
        """What the policies and the guards of the upstreams have done: name -> (labels, value), for telemetry."""
        guarded = [way for way in self._transports.values() if isinstance(way, Guarded)]
        return {**self.gate.figures(), **guard_figures(guarded), **self.translations.figures()}

    def _way(self, upstream: Upstream) -> Transport:
        way = self._transport(upstream)
        return way if upstream.breaker is None and upstream.bulkhead is None else Guarded(upstream, way)

    def close(self) -> None:
        """Closes every connection that is idle, and the others as they end."""
        for transport in self._transports.values():
            transport.retire()
        self.translations.close()
        if self.identities is not None:
            self.identities.close()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """ASGI entry point for HTTP requests; a WebSocket comes as an HTTP request that may be upgraded."""
        if scope["type"] == "http":
            await _Exchange(self, self._snapshot, scope, receive, send).run()


class _Exchange:
    """One request on its way: made for it, thrown away with it."""

    __slots__ = (
        "_asked",
        "_began",
        "_body",
        "_bytes_out",
        "_decision",
        "_error",
        "_facade",
        "_fell_back",
        "_head",
        "_origin",
        "_passage",
        "_path",
        "_receive",
        "_request_id",
        "_scope",
        "_send",
        "_snapshot",
        "_started",
        "_status",
        "_trace",
        "_tunnel",
        "_upstream_seconds",
    )

    def __init__(
        self, facade: Facade, snapshot: Snapshot, scope: Scope, receive: Receive, send: Send
    ) -> None:
        self._facade = facade
        self._snapshot = snapshot
        self._scope = scope
        self._receive = receive
        self._send = send
        self._began = time.perf_counter()
        self._started = time.time()
        self._decision: Decision | None = None
        self._head: Head | None = None
        self._origin = Origin("", "http", ())
        self._body: Body | None = None
        self._passage: Passage | None = None
        self._path = ""
        self._request_id = b""
        self._status = 0
        self._bytes_out = 0
        self._upstream_seconds: float | None = None
        self._error: Kind | None = None
        self._tunnel = False
        self._fell_back: Kind | None = None
        self._asked: float | None = None
        self._trace: Trace | None = None

    async def run(self) -> None:
        """Answers the request, whatever happens, and tells the hooks."""
        try:
            await self._forward()
        except Failure as failure:
            self._error = failure.kind
            await self._tell(failure)
        except asyncio.CancelledError:
            self._error = "client gone"
            self._status = self._status or 499
            raise
        except Exception as error:
            _log("request %s failed inside the facade: %r", self._request_id.decode("latin-1"), error)
            self._error = "internal"
            await self._tell(Failure("internal", "the facade failed"))
        finally:
            self._finished()

    async def _forward(self) -> None:
        table = self._snapshot.table
        head, facts = self._read()
        route = match(table, facts.method, facts.path, facts.host)
        policy = table.policy(route) if table.policies else None
        if policy is None:
            self._decision = decide_on(table, route, facts)
            await self._carry(head, facts, self._decision)
            return
        gate, scope = self._facade.gate, self._scope
        passage = self._passage = await gate.admit(
            table, policy, route, facts, head, scope, self._origin.scheme
        )
        self._decision = decide_on(table, route, passage.facts)
        timeouts = passage.policy.timeouts
        if timeouts is None or timeouts.total is None:
            await self._carry(head, passage.facts, self._decision)
            return
        try:
            with self._facade.deadlines.within(timeouts.total) as passage.limit:
                await self._carry(head, passage.facts, self._decision)
        except TimeoutError:
            raise Failure("total timeout", "the answer took longer than it may") from None

    async def _carry(self, head: Head, facts: RequestFacts, decision: Decision) -> None:
        request, passage = self._request(head), self._passage
        if self._snapshot.deals_to_tenants:
            tenant = passage.tenant if passage is not None else tenant_of(self._snapshot.table, facts)
            request.tenant = tenant or ""
        transport = self._snapshot.transports.get(decision.upstream)
        if transport is None:
            raise Failure("refused", f"the upstream {decision.upstream} is not in the route table")
        self._body = Body(self._receive) if head.has_body else None
        self._asked = time.perf_counter() - self._began
        route = decision.route
        if route is not None and route.translate is not None and decision.side == "service":
            answer = await self._translated(transport, request, decision, route)
        elif passage is None:
            answer = await transport.exchange(request, self._body)
        else:
            ways, deadlines = self._snapshot.transports, self._facade.deadlines
            answer = await passage.exchange(ways, decision, request, self._body, deadlines)
        self._upstream_seconds = time.perf_counter() - self._began
        capture = Capture([]) if decision.shadow and self._facade.mirror else None
        headers = self._answer_headers(answer)
        try:
            await self._pass_back(answer, headers, capture)
        finally:
            answer.finish()
        if capture is not None:
            self._mirror(decision, request, headers, capture)

    async def _translated(
        self, transport: Transport, request: Request, decision: Decision, route: Route
    ) -> Answer:
        """The service's answer in the shape that the client knows, or the monolith's where that cannot be."""
        passage, transports = self._passage, self._snapshot.transports
        answers = route.translate or ""
        crossing = self._facade.translations.crossing(
            answers, route.translate_body or answers, request.headers
        )
        limits = passage.policy.limits if passage is not None else None
        asked, body = await crossing.request(request, self._body, limits.body if limits else None)
        if passage is None:
            answer = await transport.exchange(asked, body)
        else:
            deadlines = self._facade.deadlines
            answer = await passage.exchange(transports, decision, asked, body, deadlines)
            if passage.fell_back is not None:  # it is in the client's shape
                return answer
        try:
            return await crossing.answer(request.method, answer)
        except Failure as failure:
            if not may_step_in(decision, request, failure):
                raise
            self._error = self._fell_back = failure.kind
        return await transports[MONOLITH].exchange(request, None)

    def _read(self) -> tuple[Head, RequestFacts]:
        scope, table = self._scope, self._snapshot.table
        fields: Headers = scope["headers"]
        raw: bytes = scope["raw_path"]
        method: str = scope["method"]
        bits = random.getrandbits(256)  # unique, not secret
        self._request_id = b"%032x" % (bits >> 128)
        path, ambiguous = read_path(raw)
        self._path = path
        head = self._head = read_head(scope["http_version"], fields)
        if head.request_id is not None:
            self._request_id = head.request_id
        threshold = self._facade.trace_threshold
        if threshold is not None:
            parent = read_parent(head.trace.get(b"traceparent"))
            self._trace = begin(parent, threshold, bits, trusted=table.gateway.trusted_hops > 0)
        peer = scope.get("client")
        origin = self._origin = origin_of(
            peer[0] if peer else "", scope["scheme"], head.host, head.forwarded, table.gateway.trusted_hops
        )
        host = head.host.decode("ascii")
        if ambiguous:
            check_path(table, method, raw, host)
        if self._snapshot.bridges:
            check_bridges(self._snapshot.bridges, raw, path, ambiguous)
        if self._snapshot.own:
            head.kept[:] = [field for field in head.kept if field[0] not in self._snapshot.own]
        number = random.random()  # noqa: S311 -- chooses a share, guards nothing
        facts = RequestFacts(
            method,
            path,
            host,
            HeaderView(head.kept),
            CookieView(head.kept),
            origin.client,
            int(number * 1e4),
            int(number * 1e8) % 10_000,
        )
        return head, facts

    def _request(self, head: Head) -> Request:
        scope = self._scope
        extensions = scope.get("extensions") or {}
        target = extensions.get(TARGET)
        if target is None:
            query = scope["query_string"]
            target = scope["raw_path"] + b"?" + query if query else scope["raw_path"]
        fields = [(b"host", head.host), *head.kept, *self._origin.fields, (b"x-request-id", self._request_id)]
        if self._passage is not None:
            fields += self._passage.identity.fields
        fields += self._trace_fields(head)
        return Request(
            scope["method"],
            target,
            fields,
            head.content_length,
            head.chunked,
            head.expects_continue,
            head.upgrade if UPGRADE in extensions else None,
        )

    def _trace_fields(self, head: Head) -> Headers:
        """W3C Trace Context for the upstream; the state goes on with the trace that it came with, or not at all."""
        if self._trace is None:
            return [field for field in head.trace.items() if field[1]]
        state = head.trace.get(b"tracestate") if self._trace.parent_id else None
        parent = (b"traceparent", self._trace.field)
        return [parent, (b"tracestate", state)] if state else [parent]

    def _answer_headers(self, answer: Answer) -> Headers:
        headers = answer_headers(answer.headers)
        if self._facade.identities is not None and self._head is not None:
            self._facade.identities.note(self._head.kept, headers)
        decision = self._decision
        assert decision is not None
        if decision.publish is not None and decision.group is not None and not is_shared(headers):
            cookie = f"{cookie_name(decision.group.name)}={decision.publish}{_COOKIE_ATTRIBUTES}"
            secure = "; Secure" if self._origin.scheme == "https" else ""
            headers.append((b"set-cookie", (cookie + secure).encode("latin-1")))
        if self._passage is not None:
            headers += self._passage.headers
        if self._facade.debug_headers:
            side = MONOLITH if self._stepped_in() is not None else decision.side
            headers.append((b"x-strangler-side", side.encode()))
        return headers

    def _stepped_in(self) -> Kind | None:
        """Why the monolith answered in place of the service."""
        return self._passage.fell_back if self._fell_back is None and self._passage else self._fell_back

    async def _pass_back(self, answer: Answer, headers: Headers, capture: Capture | None) -> None:
        self._status = answer.status
        if answer.status == 101:
            self._tunnel = True
            if self._passage is not None and self._passage.limit is not None:
                self._passage.limit.lift()  # a tunnel may last
            await self._scope["extensions"][UPGRADE].tunnel(headers, answer)
            return
        send = self._send
        if self._body is not None and not self._body.size and not self._body.ended:
            headers.append((b"connection", b"close"))  # the client may never send the body that it announced
        await send({"type": "http.response.start", "status": answer.status, "headers": headers})
        more = True
        while more:
            data = await answer.read()
            more = not answer.complete
            if not more:
                answer.finish()
            self._bytes_out += len(data)
            if capture is not None:
                capture.add(data)
            await send({"type": "http.response.body", "body": data, "more_body": more})

    async def _tell(self, failure: Failure) -> None:
        if self._status:  # the answer has begun: breaking it off is the only truth that is left to tell
            return
        self._status = failure.status
        if failure.kind == "client gone":
            return
        request_id = self._request_id.decode("ascii")
        accept = HeaderView(self._scope["headers"]).get("accept", "")
        status, headers, body = answer_for(failure, request_id, accept)
        if self._body is not None and not self._body.ended and (b"connection", b"close") not in headers:
            headers.append((b"connection", b"close"))
        self._bytes_out = len(body)
        await self._send({"type": "http.response.start", "status": status, "headers": headers})
        await self._send({"type": "http.response.body", "body": body, "more_body": False})

    def _mirror(self, decision: Decision, request: Request, headers: Headers, capture: Capture) -> None:
        assert self._facade.mirror is not None
        told = MirrorRequest(
            request.method, request.target, request.headers, self._request_id.decode("ascii")
        )
        seconds = self._upstream_seconds or 0.0
        answer = CapturedAnswer(self._status, headers, b"".join(capture.parts), capture.truncated, seconds)
        try:
            self._facade.mirror(decision, told, answer)
        except Exception as error:
            _log("the mirror hook failed: %r", error)

    def _finished(self) -> None:
        if self._facade.on_finish is None:
            return
        outcome = Outcome(
            self._decision,
            self._scope["method"],
            self._path,
            self._status,
            self._started,
            time.perf_counter() - self._began,
            self._upstream_seconds,
            self._body.size if self._body is not None else 0,
            self._bytes_out,
            self._error,
            self._request_id.decode("ascii"),
            self._origin.client,
            self._tunnel,
            self._passage.retries if self._passage is not None else 0,
            self._stepped_in(),
            self._head.host.decode("latin-1") if self._head is not None else "",
            self._origin.scheme,
            self._passage.identity.user if self._passage is not None else "",
            self._asked,
            self._trace,
        )
        try:
            self._facade.on_finish(outcome)
        except Exception as error:
            _log("the on_finish hook failed: %r", error)


def _log(message: str, *values: object) -> None:
    """One line for the operator; the traceback only where somebody debugs."""
    logger.error(message, *values, exc_info=logger.isEnabledFor(logging.DEBUG))
