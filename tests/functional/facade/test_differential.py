"""The pool against httpx, a mature client, behind the same small interface: whatever either passes on must be equal."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass

import httpx
import pytest
from fakes.facades import running
from fakes.wire import Answer, Head, Peer, connected, get, post, upstream

from strangler.facade import Failure
from strangler.facade.asgi import Headers
from strangler.facade.transport import Body, Request
from strangler.routing import Upstream

pytestmark = pytest.mark.anyio


@dataclass
class HttpxAnswer:
    status: int
    headers: Headers
    response: httpx.Response
    complete: bool = False

    async def read(self) -> bytes:
        self.complete = True
        return b"".join([part async for part in self.response.aiter_raw()])

    def finish(self) -> None:
        pass


class HttpxTransport:
    """A ``Transport`` that lets httpx do the work."""

    def __init__(self, upstream: Upstream) -> None:
        self._url = upstream.url
        self._client = httpx.AsyncHTTPTransport()

    async def exchange(self, request: Request, body: Body | None) -> HttpxAnswer:
        async def content() -> AsyncIterator[bytes]:
            while body is not None and not body.ended:
                if data := await body.read():
                    yield data

        headers = list(request.headers)
        if request.chunked:
            headers.append((b"transfer-encoding", b"chunked"))
        elif request.content_length is not None:
            headers.append((b"content-length", b"%d" % request.content_length))
        asked = httpx.Request(
            request.method,
            httpx.URL(self._url, raw_path=request.target),
            headers=headers,
            content=content() if body is not None else None,
        )
        try:
            response = await self._client.handle_async_request(asked)
        except httpx.HTTPError as error:
            raise Failure("bad answer", str(error)) from None
        raw = [(name.lower(), value) for name, value in response.headers.raw]
        return HttpxAnswer(response.status_code, raw, response)

    def retire(self) -> None:
        pass


REQUESTS = {
    "plain": get("/a?b=c"),
    "escaped": get("/caf%C3%A9/a%20b?q=%2F%3F"),
    "head": get("/", method="HEAD"),
    "delete": get("/", method="DELETE"),
    "options": get("/", method="OPTIONS"),
    "browser": get("/", "Accept: text/html", "Accept-Encoding: gzip", "Cookie: a=1; b=2", "Cookie: c=3"),
    "length": post(b"hello", "Content-Type: text/plain"),
    "empty body": post(b""),
    "large": post(b"x" * 300_000),
    "chunked": get("/", "Transfer-Encoding: chunked", method="PUT") + b"2\r\nab\r\n1\r\nc\r\n0\r\n\r\n",
}
ANSWERS = {
    "length": b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nSet-Cookie: a=1\r\nSet-Cookie: b=2\r\n\r\nok",
    "chunked": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n",
    "gzip stays gzip": b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 4\r\n\r\n\x1f\x8b\x08\x00",
    "redirect": b"HTTP/1.1 302 Found\r\nLocation: http://shop.example/b\r\nContent-Length: 0\r\n\r\n",
    "not modified": b'HTTP/1.1 304 Not Modified\r\nETag: "a"\r\n\r\n',
    "no content": b"HTTP/1.1 204 No Content\r\n\r\n",
    "close": b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nok",
    "until the end": b"HTTP/1.0 200 OK\r\n\r\nuntil the end",
    "error": b"HTTP/1.1 500 Oops\r\nContent-Length: 4\r\n\r\noops",
    "interim": b"HTTP/1.1 103 Early Hints\r\nLink: a\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok",
    "garbage": b"not HTTP at all\r\n\r\n",
    "two lengths": b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nok",
}


async def _through(kind: type | None, request: bytes, answer: bytes) -> tuple[list[object], Answer]:
    seen: list[object] = []

    async def script(peer: Peer) -> None:
        head, body = await peer.request()
        fields = [field for field in head.fields if field[0] not in ("x-request-id", "host")]
        seen.extend([head.line, sorted(fields), body])
        bodiless = head.line.startswith("HEAD")
        await peer.send(answer.partition(b"\r\n\r\n")[0] + b"\r\n\r\n" if bodiless else answer)

    extra = {"transport": kind} if kind else {}
    async with upstream(script) as back, running(back.url, **extra) as front, connected(front.port) as client:
        await client.send(request)
        got = await client.answer(request.split(b" ")[0].decode())
    fields = tuple(
        sorted(field for field in got.head.fields if field[0] not in ("x-request-id", "content-length"))
    )
    if got.status == 502:
        return seen, Answer(Head(got.head.line, ()), b"")
    return seen, Answer(Head(got.head.line, fields), got.body)


@pytest.mark.parametrize("request_name", REQUESTS)
async def test_the_upstream_gets_the_same_request(request_name: str) -> None:
    request = REQUESTS[request_name]
    pool, oracle = [await _through(kind, request, ANSWERS["length"]) for kind in (None, HttpxTransport)]
    assert pool == oracle
    assert pool[0]


@pytest.mark.parametrize(
    ("answer_name", "method"),
    [
        ("interim", "GET"),
        *((name, method) for name in ANSWERS if name != "interim" for method in ("GET", "HEAD")),
    ],
)
async def test_the_client_gets_the_same_answer(answer_name: str, method: str) -> None:
    request = get("/a", method=method)
    pool, oracle = [await _through(kind, request, ANSWERS[answer_name]) for kind in (None, HttpxTransport)]
    assert pool == oracle
