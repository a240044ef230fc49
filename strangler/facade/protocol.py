"""The client's side of a connection: uvicorn's httptools protocol, made strict and able to become a tunnel.

What it changes, and why:

- a client that goes away cancels the request's task at once, so that the upstream's connection is closed with it
  (a client that half-closes counts as gone, as it does in nginx);
- the request target is kept byte for byte; trailers never become header fields;
- the absolute form is accepted only where it names the same host as ``Host`` (RFC 9112, 3.2.2);
- heads have a size limit and a time limit, and so has what a body holds besides its data (chunk extensions, trailers);
- answers that a client does not read are given up, and of a body whose answer came early only a little more is read;
- more connections than there may be (``Clients``) are told so and closed;
- a server that stops serves the next request of an idle connection, and ends the connection with its answer: a client
  that has just sent it is not cut off;
- an answer without a length is closed by the end of the connection for HTTP/1.0, not chunked;
- ``Upgrade: websocket`` turns the connection into a tunnel when the upstream answers 101; any other ``Upgrade``, and
  every one of HTTP/1.0, is ignored, and its request's body is read (llhttp alone would drop it).
"""

from __future__ import annotations

import asyncio
import secrets
import socket
import struct
from collections.abc import Callable
from typing import Any

import httptools
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol, RequestResponseCycle

from strangler.facade.answers import answer_for
from strangler.facade.asgi import TARGET, UPGRADE, Headers, Message
from strangler.facade.clients import Clients
from strangler.facade.failures import Failure
from strangler.facade.transport import FRAMING_ALLOWANCE
from strangler.facade.tunnel import Upgrade

HEAD_LIMIT = 64 * 1024
"""Bytes that a request's line and header fields may have; one read more may pass."""
HEAD_TIMEOUT = 20.0
"""Seconds in which a head must be complete once it has begun, and in which a new connection must begin one."""
SEND_TIMEOUT = 60.0
"""Seconds that a client may leave an answer unread."""
LINGER = 1.0
"""Seconds for which a client may go on sending its body when the answer came early; then the connection is closed."""
LINGER_LIMIT = 1024 * 1024
"""Bytes of it that are read in that time; for what is left of it the client has only its answer to read."""
DRAIN = 1.0
"""Seconds for which an idle connection may still bring a request when the server is asked to stop."""
MOST_PIPELINED = 100
"""Requests that may wait behind the one under way; what a client pipelines behind them it has to send again."""
CLIENTS = "strangler.clients"
"""The key of the ``Clients`` in a server's state."""
LOCAL_CLIENT = ("127.0.0.1", 0)
"""Who comes by a Unix socket: a process of this machine, with no address of its own."""


class Cycle(RequestResponseCycle):
    """One request and its answer: ``send`` writes what the facade has already checked, without checking it again."""

    close_delimited = False
    _unsent: list[bytes] | None = None

    async def send(self, message: Message) -> None:  # type: ignore[override]
        """The ASGI callable."""
        if self.flow.write_paused and not self.disconnected:
            await self._drain()
        if self.disconnected:
            return
        if not self.response_started:
            self._start(message["status"], message["headers"])
        else:
            self._continue(message.get("body", b""), message.get("more_body", False))

    def break_off(self) -> None:
        """Ends an answer that cannot be completed so that the client notices: without its last chunk or bytes."""
        self._flush()
        if self.close_delimited:  # an orderly end would look like the end of the answer: reset instead
            connection = self.transport.get_extra_info("socket")
            if connection is not None:
                connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self.transport.abort()
        else:
            self.transport.close()

    async def _drain(self) -> None:
        try:
            async with asyncio.timeout(SEND_TIMEOUT):
                await self.flow.drain()
        except TimeoutError:
            self.transport.abort()
            raise Failure("client timeout", "the client does not read its answer") from None

    def _start(self, status: int, headers: Headers) -> None:
        self.response_started = True
        self.waiting_for_100_continue = False
        parts = [STATUS_LINE[status]]
        chunked = self.scope["method"] != "HEAD" and status not in (204, 304)
        told_to_close = False
        for name, value in headers:
            if name == b"content-length":
                chunked = False
            elif name == b"connection":
                self.keep_alive, told_to_close = False, True
            parts += (name, b": ", value, b"\r\n")
        if chunked and self.scope["http_version"] == "1.0":
            self.close_delimited, self.keep_alive, chunked = True, False, False
        self.chunked_encoding = chunked
        if chunked:
            parts.append(b"transfer-encoding: chunked\r\n")
        if not self.keep_alive and not told_to_close:
            parts.append(b"connection: close\r\n")
        parts.append(b"\r\n")
        self._unsent = [
            b"".join(parts)
        ]  # goes out with the first bytes of the body where these are there already
        asyncio.get_running_loop().call_soon(self._flush)

    def _flush(self) -> None:
        if self._unsent is not None:
            head, self._unsent = self._unsent, None
            self.transport.writelines(head)

    def _continue(self, body: bytes, more: bool) -> None:
        parts, self._unsent = self._unsent or [], None
        if body:
            parts += (b"%x\r\n" % len(body), body, b"\r\n") if self.chunked_encoding else (body,)
        if self.chunked_encoding and not more:
            parts.append(b"0\r\n\r\n")
        if parts:
            self.transport.writelines(parts)
        if not more:
            self.response_complete = True
            self.message_event.set()
            if not self.keep_alive:
                self._close()
            self.on_response()

    def _close(self) -> None:
        """Closes; where the client is still sending, only this direction at first: a reset could destroy the answer."""
        if self.more_body and self.transport.can_write_eof():
            self.transport.write_eof()
        else:
            close_in_time(self.transport)


def close_in_time(transport: asyncio.Transport) -> None:
    """Closes when everything is sent; a client that does not read it within ``SEND_TIMEOUT`` is given up."""
    transport.close()
    if transport.get_write_buffer_size():
        asyncio.get_running_loop().call_later(SEND_TIMEOUT, transport.abort)


class FacadeProtocol(HttpToolsProtocol):
    """See the module. Give it to uvicorn as ``Config(http=FacadeProtocol)``; ``app_state`` may hold ``Clients``."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._task: asyncio.Task[None] | None = None
        self._in_head = True
        self._head_size = 0
        self._framing_size = 0
        self._lingering: int | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._deadline: float | None = None
        self._upgrade: Upgrade | None = None
        self._extensions: dict[str, object] = {}
        self._draining = False
        self._clients: Clients | None = self.app_state.get(CLIENTS)
        self.cycle: Cycle | None = None  # type: ignore[assignment]

    # -- asyncio.Protocol

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        if self.client is None:
            self.client = LOCAL_CLIENT
        if self._clients is not None and not self._clients.admit(self.client[0]):
            self._clients = None
            self._write_refusal(Failure("too many clients", "too many connections are open"))
            return
        self._expect_within(HEAD_TIMEOUT)

    def data_received(self, data: bytes) -> None:
        was_in_head = self._in_head
        if self._upgrade is not None:
            self._upgrade.early(data)
            return
        if self._lingering is not None and not self._may_linger(len(data)):
            return
        self._framing_size += len(data)
        rest = data
        while rest:
            rest = self._read(rest)
        if self.transport.is_closing():
            return
        if self._in_head:
            self._bound_head(len(data) if was_in_head else 1)
        elif self._framing_size > HEAD_LIMIT:
            self._refuse("", Failure("request too large", "the framing of the body is larger than its data"))

    def connection_lost(self, exc: Exception | None) -> None:
        if self._timer is not None:
            self._timer.cancel()
        if self._clients is not None and self.client is not None:
            self._clients.leave(self.client[0])
            self._clients = None
        super().connection_lost(exc)
        if self._task is not None and self.cycle is not None and not self.cycle.response_complete:
            self._task.cancel()
        self.pipeline.clear()

    def shutdown(self) -> None:
        """The server stops: whatever comes within ``DRAIN`` is still answered."""
        self._draining = True
        if self.cycle is not None and not self.cycle.response_complete:
            self.cycle.keep_alive = False
        elif not self._head_size:
            self._expect_within(DRAIN)

    def tunnel_ended(self) -> None:
        """The transport had another protocol; this one still has to leave the server's books."""
        assert self.cycle is not None
        self.cycle.response_complete = True
        self.connection_lost(None)

    # -- httptools callbacks

    def on_message_begin(self) -> None:
        self.url = b""
        self.expect_100_continue = False
        self.headers = []
        self._in_head = True

    def on_header(self, name: bytes, value: bytes) -> None:
        if not self._in_head:
            return  # a trailer
        name = name.lower()
        if name == b"expect" and value.lower() == b"100-continue":
            self.expect_100_continue = True
        self.headers.append((name, value))

    def on_headers_complete(self) -> None:
        self._in_head = False
        self._head_size = self._framing_size = 0
        self._deadline = None
        if len(self.pipeline) >= MOST_PIPELINED:
            raise ValueError("too many requests at once")
        parser = self.parser
        version = parser.get_http_version()
        target = _origin_form(self.url, self.headers)
        path, _, query = target.partition(b"?")
        self._extensions = {TARGET: target}
        scope = {
            "type": "http",
            "asgi": {"version": "3.0", "spec_version": "2.3"},
            "http_version": version,
            "method": parser.get_method().decode("ascii"),
            "scheme": self.scheme,
            "path": path.decode("latin-1"),
            "raw_path": path,
            "query_string": query,
            "root_path": "",
            "headers": self.headers,
            "client": self.client,
            "server": self.server,
            "extensions": self._extensions,
        }
        self.scope = scope  # type: ignore[assignment]
        if not parser.should_upgrade():
            self._begin(version == "1.1" and parser.should_keep_alive())

    def on_body(self, body: bytes) -> None:
        self._framing_size = max(0, self._framing_size - (FRAMING_ALLOWANCE + 1) * len(body))
        if not self.parser.should_upgrade():
            super().on_body(body)

    def on_message_complete(self) -> None:
        if self._lingering is not None:
            self._lingering = None
            self._expect_within(self.timeout_keep_alive)
        elif not self.parser.should_upgrade():
            super().on_message_complete()

    # -- inner workings

    def on_response_complete(self) -> None:
        """The next request begins, or the wait for one, or for the rest of the body that this one came with."""
        self.server_state.total_requests += 1
        if self.transport.is_closing():
            return
        self.flow.resume_reading()
        if self.pipeline:
            self._start_asgi_task(*self.pipeline.pop())
        elif self.cycle is not None and self.cycle.more_body:
            self._lingering = LINGER_LIMIT
            self._expect_within(LINGER)
        else:
            self._expect_within(DRAIN if self._draining else self.timeout_keep_alive)

    def _begin(self, keep_alive: bool) -> Cycle:
        before = self.cycle
        self.cycle = cycle = Cycle(
            scope=self.scope,
            transport=self.transport,
            flow=self.flow,
            logger=self.logger,
            access_logger=self.access_logger,
            access_log=False,
            default_headers=[],
            message_event=asyncio.Event(),
            expect_100_continue=self.expect_100_continue and self.scope["http_version"] == "1.1",
            keep_alive=keep_alive and not self._draining,
            on_response=self.on_response_complete,
        )
        if before is None or before.response_complete:
            self._start_asgi_task(cycle, self.app)
        else:
            self.flow.pause_reading()
            self.pipeline.appendleft((cycle, self.app))
        return cycle

    def _start_asgi_task(self, cycle: RequestResponseCycle, app: Any) -> None:
        assert isinstance(cycle, Cycle)
        self._task = self.loop.create_task(_run(cycle, app))
        self.tasks.add(self._task)
        self._task.add_done_callback(self.tasks.discard)

    def _read(self, data: bytes) -> bytes:
        """Feeds the parser; returns what it has to be fed next."""
        try:
            self.parser.feed_data(data)
        except httptools.HttpParserUpgrade as upgrade:
            return self._switch(data[upgrade.args[0] :])
        except httptools.HttpParserError as error:
            self._refuse(_reason(error))
        return b""

    def _may_linger(self, size: int) -> bool:
        """Counts what comes of a body whose answer is out. Whether it is to be parsed: the next request may follow."""
        assert self.cycle is not None
        assert self._lingering is not None
        self._lingering -= size
        if self._lingering < 0:
            self.flow.pause_reading()
        return self._lingering >= 0 and self.cycle.keep_alive

    def _switch(self, rest: bytes) -> bytes:
        """The parser stopped at a head with ``Upgrade``: a WebSocket may become a tunnel, others lose the field.
        Returns what is to be parsed next."""
        told = [
            value.strip().lower() if name == b"upgrade" else name
            for name, value in self.headers
            if name in (b"upgrade", b"content-length", b"transfer-encoding")
        ]
        if told == [b"websocket"] and self.scope["method"] == "GET" and self.scope["http_version"] == "1.1":
            self._upgrade = Upgrade(self, rest)
            self._extensions[UPGRADE] = self._upgrade
            self._begin(keep_alive=False).more_body = False
            return b""
        if self.scope["method"] == "CONNECT":
            self._refuse("CONNECT is not served here")
            return b""
        parts = [
            self.scope["method"].encode(),
            b" ",
            self.url,
            b" HTTP/",
            self.scope["http_version"].encode(),
            b"\r\n",
        ]
        for name, value in self.headers:
            if name == b"connection":
                value = b", ".join(t for t in map(bytes.strip, value.split(b",")) if t.lower() != b"upgrade")
            if name != b"upgrade":
                parts += (name, b": ", value, b"\r\n")
        self.parser = httptools.HttpRequestParser(self)
        return b"".join([*parts, b"\r\n", rest])

    def _refuse(self, message: str, failure: Failure | None = None) -> None:
        """Answers what could not be parsed, unless an answer to an earlier request is under way: then only closes."""
        failure = failure or Failure("bad request", message)
        if self.cycle is None or self.cycle.response_complete:
            self._write_refusal(failure)
        elif self.cycle.more_body:
            if not self.cycle.response_started and not self.pipeline:
                self._write_refusal(failure)
            self.cycle.disconnected = True
            if self._task is not None:
                self._task.cancel()
            self.transport.close()
        else:
            self.cycle.keep_alive = False
            self.flow.pause_reading()

    def _write_refusal(self, failure: Failure) -> None:
        status, headers, body = answer_for(failure, secrets.token_hex(16), "")
        head = b"".join(b"%b: %b\r\n" % field for field in headers)
        self.transport.write(STATUS_LINE[status] + head + b"\r\n" + body)
        close_in_time(self.transport)

    def _bound_head(self, size: int) -> None:
        self._head_size += size
        if self._head_size > HEAD_LIMIT:
            self._refuse(
                "", Failure("request too large", f"the header fields have more than {HEAD_LIMIT} bytes")
            )
        elif self._head_size == size:  # the first part of a head: the rest has to come soon
            self._expect_within(HEAD_TIMEOUT)

    def _expect_within(self, seconds: float) -> None:
        """A whole head has to come. One timer outlives many requests: cheaper than one for each."""
        self._deadline = self.loop.time() + seconds
        if self._timer is not None and self._timer.when() > self._deadline:
            self._timer.cancel()
            self._timer = None
        if self._timer is None:
            self._timer = self.loop.call_later(seconds, self._tick)

    def _tick(self) -> None:
        self._timer = None
        if self._deadline is None:  # a request is under way; its end sets a new deadline
            return
        left = self._deadline - self.loop.time()
        if left > 0:
            self._timer = self.loop.call_later(left, self._tick)
        elif self._head_size:
            late = f"the request's head was not complete within {HEAD_TIMEOUT:g} s"
            self._refuse("", Failure("client timeout", late))
        elif self.transport.get_write_buffer_size():  # what it has not read by now it will not read
            self.transport.abort()
        else:
            self.transport.close()


async def _run(cycle: Cycle, app: Callable[..., Any]) -> None:
    """Runs the application for one request; what it did not complete is broken off."""
    try:
        await app(cycle.scope, cycle.receive, cycle.send)
    finally:
        if not cycle.response_complete and not cycle.disconnected:
            cycle.break_off()
        cycle.on_response = _nothing


def _nothing() -> None:
    return None


def _origin_form(target: bytes, headers: Headers) -> bytes:
    """The path and query of a target; raises ``ValueError`` for the forms that a server behind a name does not get."""
    if target.startswith(b"/"):
        return target
    for scheme in (b"http://", b"https://"):
        if target[: len(scheme)].lower() == scheme:
            authority, slash, rest = target[len(scheme) :].partition(b"/")
            hosts = [value for name, value in headers if name == b"host"]
            if b"?" in authority or [authority.lower()] != [host.lower() for host in hosts]:
                raise ValueError("the target names another host than Host")
            return slash + rest or b"/"
    raise ValueError("the target is neither a path nor an absolute address")


def _reason(error: httptools.HttpParserError) -> str:
    cause = error.__context__
    return str(cause) if isinstance(cause, ValueError) else "this is not an HTTP/1.1 request"
