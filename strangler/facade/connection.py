"""One HTTP/1.1 connection to an upstream: an asyncio protocol around llhttp's response parser.

A connection serves one request at a time. It is reused only when the request was sent whole, the answer was read whole,
and nothing came that was not asked for.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import cast

import httptools

from strangler.facade.asgi import Headers
from strangler.facade.failures import Failure
from strangler.facade.transport import FRAMING_ALLOWANCE, Body, Request
from strangler.routing import Upstream

HIGH_WATER = 256 * 1024
"""Bytes of an answer that wait for a slow client before the upstream is no longer read."""
HEAD_LIMIT = 128 * 1024
"""Bytes that an answer may have besides the data of its body: header fields, interim answers, trailers; one read more
may pass."""
_FRAMING = frozenset({b"transfer-encoding", b"content-length"})
_VERSIONS = frozenset({"1.1", "1.0"})
CONTINUE_TIMEOUT = 1.0
"""Seconds to wait for ``100 Continue`` before the body is sent anyway (RFC 9110, 10.1.1)."""


class Connection(asyncio.Protocol):
    """See the module. ``reused`` says that it has served before."""

    transport: asyncio.Transport
    _bodiless: bool
    _upgrading: bool
    _answered: bool  # bytes came for the present request
    _continued: bool
    _head_read: bool
    _message_read: bool
    _keep_alive: bool
    _until_eof: bool
    _framing_size: int
    _sending: bool  # the body is awaited, from the client or by the server: each has a time limit of its own

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        upstream: Upstream,
        on_idle: Callable[[Connection], None],
        on_lost: Callable[[Connection], None],
    ) -> None:
        self._loop = loop
        self._name = upstream.name
        self._read_timeout = upstream.read_timeout
        self._write_timeout = upstream.write_timeout
        self._on_idle = on_idle
        self._on_lost = on_lost
        self._parser = httptools.HttpResponseParser(self)
        self._waiter: asyncio.Future[None] | None = None
        self._writable: asyncio.Future[None] | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._deadline = 0.0
        self._upload: asyncio.Task[None] | None = None
        self._failure: Failure | None = None
        self._buffer: list[bytes] = []
        self._buffered = 0
        self._paused = False
        self._lost = False
        self.made = loop.time()
        self.idle_since = 0.0
        self.reused = False
        self._busy = False
        self._parser_is_spent = False
        self._reset("GET", False)

    # -- what the pool and the facade use

    status: int
    headers: Headers
    surplus: bytes
    """After a 101: what came behind the head of the answer."""

    async def ask(self, request: Request, head: bytes, first: bytes | None, body: Body | None) -> None:
        """Sends a request (``first`` is what was already read of its body) and waits for the head of the answer."""
        self._reset(request.method, request.upgrade is not None)
        self._busy = True
        if self._lost:
            raise Failure("closed", f"{self._name} closed the connection without an answer")
        if body is None:
            self.transport.write(head)
        elif first is None:
            self.transport.write(head)
            if not await self._told_to_continue():
                return
            self._start_upload(request, body)
        else:
            self.transport.write(head + _framed(first, request.chunked, body.ended))
            if not body.ended:
                self._start_upload(request, body)
        while not self._head_read:
            await self._wait()

    @property
    def complete(self) -> bool:
        """Whether the answer has been handed out whole."""
        return self._message_read and not self._buffer

    async def read(self) -> bytes:
        """The next bytes of the answer's body; ``b""`` only at its end."""
        while not self._buffer:
            if self._message_read:
                return b""
            await self._wait()
        data = self._buffer[0] if len(self._buffer) == 1 else b"".join(self._buffer)
        self._buffer.clear()
        self._buffered = 0
        if self._paused:
            self._paused = False
            self.transport.resume_reading()
        return data

    def finish(self) -> None:
        """Ends the exchange: the connection goes back to its pool, or is closed where its state is not clean."""
        if not self._busy:
            return
        self._busy = False
        if self._upload is not None:
            if not self._upload.done():
                self._upload.cancel()
                self._keep_alive = False
            self._upload = None
        if self._message_read and self._keep_alive and not self._lost and not self._buffer:
            self.reused = True
            self.idle_since = self._loop.time()
            self._on_idle(self)
        else:
            self.close()

    def close(self) -> None:
        """Closes at once; what is buffered in either direction is dropped."""
        if not self._lost:
            self.transport.abort()

    def hand_over(self, protocol: asyncio.Protocol) -> None:
        """After a 101: the transport belongs to a tunnel, and no longer counts among the pool's connections."""
        self._lost = True
        self._stop_timer()
        self.transport.set_protocol(protocol)
        self._on_lost(self)

    @property
    def usable(self) -> bool:
        """Whether a new request may be tried on it."""
        return not self._lost and not self.transport.is_closing()

    @property
    def untouched(self) -> bool:
        """Whether the peer closed a reused connection before one byte of the answer: the race of an idle connection."""
        return self.reused and not self._answered and self._lost

    # -- asyncio.Protocol

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.Transport, transport)  # uvloop's are none by class

    def data_received(self, data: bytes) -> None:
        if not self._busy:  # nobody asked: a 408 on an idle connection, or worse
            self.close()
            return
        self._answered = True
        self._framing_size += len(data)
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserUpgrade as upgrade:
            self._switch(data[upgrade.args[0] :])
        except httptools.HttpParserError as error:
            self._parse_failed(str(error))
        if self._framing_size > HEAD_LIMIT and not self._message_read:
            self._parse_failed("its header fields are too large")

    def eof_received(self) -> None:
        """The transport then closes itself; an answer may end in this way (RFC 9112, 6.3)."""

    def connection_lost(self, exc: Exception | None) -> None:
        self._lost = True
        self._stop_timer()
        if self._busy and not self._message_read:
            if self._head_read and self._until_eof and exc is None:
                self._message_read = True
            else:
                when = "in the middle of its answer" if self._answered else "without an answer"
                self._fail(Failure("closed", f"{self._name} closed the connection {when}"))
        self.resume_writing()
        self._wake()
        self._on_lost(self)

    def pause_writing(self) -> None:
        if self._writable is None:
            self._writable = self._loop.create_future()

    def resume_writing(self) -> None:
        if self._writable is not None:
            if not self._writable.done():
                self._writable.set_result(None)
            self._writable = None

    # -- httptools callbacks

    def on_message_begin(self) -> None:
        if self._message_read:
            self._keep_alive = False  # a second answer to one request
        self._until_eof = True
        self.headers = []

    def on_header(self, name: bytes, value: bytes) -> None:
        if self._head_read:
            return  # trailers are dropped
        name = name.lower()
        if name in _FRAMING:
            if name == b"transfer-encoding" and value.strip().lower() != b"chunked":
                raise ValueError("a Transfer-Encoding other than chunked")
            if not self._until_eof:
                raise ValueError("two fields that say where its body ends")
            self._until_eof = False
        self.headers.append((name, value))

    def on_headers_complete(self) -> None:
        if self._message_read:
            return
        status = self._parser.get_status_code()
        if 100 <= status < 200:
            self._interim(status)
            return
        if status < 200 or status > 599:
            raise ValueError(f"the status {status}")
        if self._parser.get_http_version() not in _VERSIONS:
            raise ValueError("another version of HTTP")
        self.status = status
        self._head_read = True
        self._keep_alive = not self._until_eof and self._parser.should_keep_alive()
        if self._bodiless or status in (204, 304):
            self._keep_alive = self._parser.should_keep_alive()
            self._parser_is_spent = True  # llhttp may still wait for the body that Content-Length speaks of
            self._message_read = True
        self._wake()

    def on_body(self, data: bytes) -> None:
        if self._message_read:
            self._keep_alive = False
            return
        self._framing_size = max(0, self._framing_size - (FRAMING_ALLOWANCE + 1) * len(data))
        self._buffer.append(data)
        self._buffered += len(data)
        if self._buffered > HIGH_WATER and not self._paused:
            self._paused = True
            self.transport.pause_reading()
        self._wake()

    def on_message_complete(self) -> None:
        if self._head_read and not self._message_read:
            self._message_read = True
            self._wake()

    # -- inner workings

    def _reset(self, method: str, upgrading: bool) -> None:
        self.status = 0
        self.headers = []
        self.surplus = b""
        self._bodiless = method == "HEAD"
        self._upgrading = upgrading
        self._answered = False
        self._continued = False
        self._head_read = False
        self._message_read = False
        self._keep_alive = True
        self._until_eof = True
        self._framing_size = 0
        self._sending = False
        if self._parser_is_spent:
            self._parser = httptools.HttpResponseParser(self)
            self._parser_is_spent = False

    def _interim(self, status: int) -> None:
        if status == 101:
            if not self._upgrading or not self._parser.should_upgrade():
                raise ValueError("101 without another protocol that was asked for")
            self.status = 101
            self._head_read = True
            self._wake()
        elif status == 100:
            self._continued = True
            self._wake()

    def _switch(self, rest: bytes) -> None:
        self.surplus = rest
        self._message_read = True
        self._keep_alive = False
        self.transport.pause_reading()
        self._wake()

    async def _told_to_continue(self) -> bool:
        """Waits for 100 (true), a final answer (false), or until the waiting has been long enough (true)."""
        try:
            async with asyncio.timeout(CONTINUE_TIMEOUT):
                while not self._continued and not self._head_read:
                    await self._wait()
        except TimeoutError:
            return True
        if self._head_read:
            self._keep_alive = False
        return not self._head_read

    def _start_upload(self, request: Request, body: Body) -> None:
        self._upload = self._loop.create_task(self._send_body(request.chunked, body))

    async def _send_body(self, chunked: bool, body: Body) -> None:
        """Passes the body on as it comes. An answer may arrive, and end, before this has ended."""
        try:
            while not body.ended:
                self._sending = True
                data = await body.read()
                if self._lost:
                    return
                self.transport.write(_framed(data, chunked, body.ended))
                if self._writable is not None:
                    await self._taken(self._writable)
                self._sending = False
                self._deadline = self._loop.time() + self._read_timeout
        except Failure as failure:
            self._fail(failure)
            self.close()

    async def _taken(self, writable: asyncio.Future[None]) -> None:
        try:
            async with asyncio.timeout(self._write_timeout):
                await writable
        except TimeoutError:
            told = f"{self._name} took nothing of the request for {self._write_timeout:g} s"
            raise Failure("write timeout", told) from None

    async def _wait(self) -> None:
        if self._failure is not None:
            raise self._failure
        self._waiter = self._loop.create_future()
        self._deadline = self._loop.time() + self._read_timeout
        if self._timer is None and not self._lost:
            self._timer = self._loop.call_later(self._read_timeout, self._tick)
        try:
            await self._waiter
        finally:
            self._waiter = None
        if self._failure is not None:
            raise self._failure

    def _tick(self) -> None:
        """One timer outlives many requests: cheaper than one for each wait."""
        self._timer = None
        if self._waiter is None:
            return
        if self._sending:
            self._deadline = self._loop.time() + self._read_timeout
        left = self._deadline - self._loop.time()
        if left > 0:
            self._timer = self._loop.call_later(left, self._tick)
            return
        self._fail(Failure("read timeout", f"{self._name} did not answer within {self._read_timeout:g} s"))
        self.close()

    def _stop_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _parse_failed(self, reason: str) -> None:
        if self._message_read:
            self._keep_alive = False
            return
        self._fail(Failure("bad answer", f"{self._name} sent something that is not HTTP/1.1 ({reason})"))
        self.close()

    def _fail(self, failure: Failure) -> None:
        if self._failure is None:
            self._failure = failure
        self._wake()

    def _wake(self) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)


def _framed(data: bytes, chunked: bool, last: bool) -> bytes:
    if not chunked:
        return data
    body = b"%x\r\n%b\r\n" % (len(data), data) if data else b""
    return body + b"0\r\n\r\n" if last else body
