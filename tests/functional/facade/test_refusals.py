"""Requests that two servers could read differently, uvicorn alone letting many pass: none reaches an upstream."""

from __future__ import annotations

import pytest
from fakes.facades import running
from fakes.wire import OK, Peer, connected, get, repeats, upstream

from strangler.routing import Group, Route, RouteTable, Upstream

pytestmark = pytest.mark.anyio

HOST = b"Host: shop.example\r\n"
BODY = b"\r\n0\r\n\r\n"
SMUGGLED = b"GET /smuggled HTTP/1.1\r\nHost: shop.example\r\n\r\n"


def head(*fields: bytes, line: bytes = b"POST / HTTP/1.1", host: bytes = HOST) -> bytes:
    return line + b"\r\n" + host + b"".join(field + b"\r\n" for field in fields)


REFUSED = {
    "no Host": b"GET / HTTP/1.1\r\n\r\n",
    "empty Host": b"GET / HTTP/1.1\r\nHost:\r\n\r\n",
    "two Hosts": b"GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
    "two equal Hosts": b"GET / HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n",
    "Host with a path": b"GET / HTTP/1.1\r\nHost: a/b\r\n\r\n",
    "Host with user": b"GET / HTTP/1.1\r\nHost: a@b\r\n\r\n",
    "Host with a comma": b"GET / HTTP/1.1\r\nHost: a, b\r\n\r\n",
    "Host with a space": b"GET / HTTP/1.1\r\nHost: a b\r\n\r\n",
    "Host with a bad port": b"GET / HTTP/1.1\r\nHost: a:b\r\n\r\n",
    "HTTP/0.9": b"GET /\r\n\r\n",
    "HTTP/2.0 in plain": b"GET / HTTP/2.0\r\n" + HOST + b"\r\n",
    "HTTP/1.2": b"GET / HTTP/1.2\r\n" + HOST + b"\r\n",
    "TE on HTTP/1.0": head(b"Transfer-Encoding: chunked", line=b"POST / HTTP/1.0") + BODY,
    "CL and TE": head(b"Content-Length: 5", b"Transfer-Encoding: chunked") + BODY,
    "TE and CL": head(b"Transfer-Encoding: chunked", b"Content-Length: 5") + BODY,
    "CL twice": head(b"Content-Length: 5", b"Content-Length: 6") + b"\r\nhello!",
    "CL twice, equal": head(b"Content-Length: 5", b"Content-Length: 5") + b"\r\nhello",
    "CL list": head(b"Content-Length: 5, 5") + b"\r\nhello",
    "CL with plus": head(b"Content-Length: +5") + b"\r\nhello",
    "CL negative": head(b"Content-Length: -5") + b"\r\nhello",
    "CL hex": head(b"Content-Length: 0x5") + b"\r\nhello",
    "CL empty": head(b"Content-Length:") + b"\r\n",
    "CL with a space inside": head(b"Content-Length: 5 5") + b"\r\nhello",
    "CL huge": head(b"Content-Length: 99999999999999999999") + b"\r\nhello",
    "TE twice": head(b"Transfer-Encoding: chunked", b"Transfer-Encoding: chunked") + BODY,
    "TE identity": head(b"Transfer-Encoding: identity") + BODY,
    "TE gzip, chunked": head(b"Transfer-Encoding: gzip, chunked") + BODY,
    "TE chunked, identity": head(b"Transfer-Encoding: chunked, identity") + BODY,
    "TE xchunked": head(b"Transfer-Encoding: xchunked") + BODY,
    "TE quoted": head(b'Transfer-Encoding: "chunked"') + BODY,
    "TE vertical tab": head(b"Transfer-Encoding: \x0bchunked") + BODY,
    "TE space before the colon": head(b"Transfer-Encoding : chunked") + BODY,
    "TE folded": head(b"Transfer-Encoding:\r\n chunked") + BODY,
    "TE empty": head(b"Transfer-Encoding:") + BODY,
    "field folded": head(b"X-A: a\r\n b") + b"\r\n",
    "field without a colon": head(b"X-A") + b"\r\n",
    "field with an empty name": head(b": a") + b"\r\n",
    "field name with a space": head(b"X A: a") + b"\r\n",
    "space before the first field": b"GET / HTTP/1.1\r\n " + HOST + b"\r\n",
    "NUL in a value": head(b"X-A: a\0b") + b"\r\n",
    "bare CR in a value": head(b"X-A: a\rX-B: b") + b"\r\n",
    "bare LF between fields": b"GET / HTTP/1.1\nHost: a\n\n",
    "chunk size with plus": head(b"Transfer-Encoding: chunked") + b"\r\n+1\r\na\r\n0\r\n\r\n",
    "chunk size 0x": head(b"Transfer-Encoding: chunked") + b"\r\n0x1\r\na\r\n0\r\n\r\n",
    "chunk size negative": head(b"Transfer-Encoding: chunked") + b"\r\n-1\r\na\r\n0\r\n\r\n",
    "chunk size huge": head(b"Transfer-Encoding: chunked") + b"\r\nfffffffffffffffff\r\na\r\n0\r\n\r\n",
    "chunk without CRLF": head(b"Transfer-Encoding: chunked") + b"\r\n1\r\nab\r\n0\r\n\r\n",
    "chunk with bare LF": head(b"Transfer-Encoding: chunked") + b"\r\n1\na\n0\n\n",
    "space in the target": b"GET /a b HTTP/1.1\r\n" + HOST + b"\r\n",
    "target without a slash": b"GET a HTTP/1.1\r\n" + HOST + b"\r\n",
    "target outside of ASCII": b"GET /caf\xe9/ HTTP/1.1\r\n" + HOST + b"\r\n",
    "asterisk": b"OPTIONS * HTTP/1.1\r\n" + HOST + b"\r\n",
    "CONNECT": b"CONNECT shop.example:443 HTTP/1.1\r\n" + HOST + b"\r\n",
    "absolute form of another host": b"GET http://other.example/ HTTP/1.1\r\n" + HOST + b"\r\n",
    "absolute form with a query and no path": b"GET http://shop.example?a HTTP/1.1\r\n" + HOST + b"\r\n",
    "unknown method": b"FOO / HTTP/1.1\r\n" + HOST + b"\r\n",
    "an unknown expectation": head(b"Expect: magic", b"Content-Length: 0") + b"\r\n",
    "a TLS hello": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
}


@pytest.mark.parametrize("raw", REFUSED.values(), ids=REFUSED.keys())
async def test_an_unclear_request_is_refused_and_nothing_behind_it_is_read(raw: bytes) -> None:
    async with upstream(repeats(OK)) as back, running(back.url) as front, connected(front.port) as client:
        await client.send(raw + SMUGGLED)
        answer = await client.answer()
        assert answer.status == 400
        assert answer.head["connection"] == "close"
        assert b"Traceback" not in answer.body
        assert await client.closed()
        for peer in back.peers:
            assert b"smuggled" not in await peer.rest()


async def test_a_head_without_end_is_refused() -> None:
    async with upstream(repeats(OK)) as back, running(back.url) as front, connected(front.port) as client:
        await client.send(b"GET / HTTP/1.1\r\n" + HOST)
        for _ in range(20):
            await client.send(b"X-A: " + b"a" * 8000 + b"\r\n")
        assert (await client.answer()).status == 431
        assert not back.peers


async def test_a_head_that_is_never_completed_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("strangler.facade.protocol.HEAD_TIMEOUT", 0.05)
    async with upstream(repeats(OK)) as back, running(back.url) as front, connected(front.port) as client:
        await client.send(b"GET / HTTP/1.1\r\n" + HOST)
        assert (await client.answer()).status == 408


async def test_trailers_never_become_header_fields() -> None:
    raw = head(b"Transfer-Encoding: chunked", b"Trailer: X-Admin") + (
        b"\r\n1\r\na\r\n0\r\nX-Admin: 1\r\nX-Forwarded-For: 6.6.6.6\r\n\r\n"
    )
    async with upstream(repeats(OK)) as back, running(back.url) as front, connected(front.port) as client:
        await client.send(raw + get("/second"))
        assert (await client.answer()).status == 200
        assert (await client.answer()).status == 200
    assert front.outcomes[0].bytes_in == 1


TABLE = RouteTable(
    version=1,
    upstreams={"billing": Upstream("billing", "http://127.0.0.1:1")},
    groups={"billing": Group("billing", service="billing", share=100)},
    routes=(
        Route("billing.detail", "api/invoices/<int:pk>/", group="billing"),
        Route("files", "files/<path:name>", group=None),
    ),
)


@pytest.mark.parametrize(
    "target",
    [
        "//api/invoices/1/",
        "/api//invoices/1/",
        "/api/./invoices/1/",
        "/x/../api/invoices/1/",
        "/x/%2e%2e/api/invoices/1/",
        "/api%2finvoices/1/",
        "/api%2Finvoices/1/",
        "/api%252finvoices/1/",
        "/api%5cinvoices/1/",
        "/api\\invoices/1/",
        "/api/invoices;v=1/1/",
        "/api/invoices/1/;a=b",
        "/api/invoices/1/%00",
        "/api/invoices/1/%0a",
        "/api/invoices/1/#x",
        "/api/invoices/1/#x?y",
        "/files/../api/invoices/1/",
    ],
)
async def test_a_path_that_some_server_reads_as_a_moved_route_is_refused(target: str) -> None:
    async with (
        upstream(repeats(OK)) as back,
        running(back.url, TABLE) as front,
        connected(front.port) as client,
    ):
        await client.send(get(target))
        assert (await client.answer()).status == 400
        assert not back.peers


@pytest.mark.parametrize(
    "target",
    [
        "/",
        "/?",
        "/a?b=%2F&c=//;d",
        "/files/a%2Fb//c/../d;e",
        "/caf%C3%A9/%ff/",
        "/a%20b?c=d%20e",
        "/other//api/",
        "/a?b?c#d",
    ],
)
async def test_every_other_path_reaches_the_monolith_byte_for_byte(target: str) -> None:
    async def script(peer: Peer) -> None:
        seen, _ = await peer.request()
        assert seen.target == target
        await peer.send(OK)

    async with upstream(script) as back, running(back.url, TABLE) as front, connected(front.port) as client:
        await client.send(get(target))
        assert (await client.answer()).status == 200


async def test_the_absolute_form_of_the_same_host_is_served() -> None:
    async def script(peer: Peer) -> None:
        seen, _ = await peer.request()
        assert seen.target == "/a?b"
        await peer.send(OK)

    async with upstream(script) as back, running(back.url) as front, connected(front.port) as client:
        await client.send(get("http://shop.example/a?b"))
        assert (await client.answer()).status == 200
