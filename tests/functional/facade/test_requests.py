"""What the upstream gets: header fields, bodies in both framings, early answers, constant memory."""

from __future__ import annotations

import asyncio
import resource
from dataclasses import replace
from pathlib import Path

import pytest
from fakes.facades import running
from fakes.wire import OK, Head, Peer, Script, connected, get, post, repeats, upstream

from strangler.routing import Gateway, RouteTable

pytestmark = pytest.mark.anyio

MIB = 1024 * 1024


def records(seen: list[tuple[Head, bytes]]) -> Script:
    """Notes each request, then says OK."""

    async def script(peer: Peer) -> None:
        while True:
            seen.append(await peer.request())
            await peer.send(OK)

    return script


async def test_hop_by_hop_nominated_and_underscored_fields_do_not_pass() -> None:
    seen: list[tuple[Head, bytes]] = []
    async with upstream(records(seen)) as back, running(back.url) as front, connected(front.port) as client:
        await client.send(
            get(
                "/",
                "Connection: keep-alive, X-Private, Host",
                "Keep-Alive: timeout=5",
                "X-Private: 1",
                "TE: trailers",
                "Proxy-Authorization: Basic x",
                "Proxy-Connection: keep-alive",
                "Upgrade: h2c",
                "X_Forwarded_For: 6.6.6.6",
                "X_User: admin",
                "Cookie: a=1",
                "X-Public: 2",
            )
        )
        await client.answer()
    head, _ = seen[0]
    assert [name for name, _ in head.fields] == [
        "host",
        "cookie",
        "x-public",
        "x-forwarded-for",
        "x-forwarded-proto",
        "x-forwarded-host",
        "x-forwarded-port",
        "x-request-id",
    ]


async def test_a_client_cannot_forge_where_it_came_from() -> None:
    seen: list[tuple[Head, bytes]] = []
    forged = (
        "X-Forwarded-For: 6.6.6.6",
        "X-Forwarded-Proto: https",
        "X-Forwarded-Host: evil.example",
        "X-Forwarded-Port: 444",
        "X-Real-IP: 6.6.6.6",
        "Forwarded: for=6.6.6.6",
        "Connection: X-Forwarded-For",
    )
    async with upstream(records(seen)) as back, running(back.url) as front, connected(front.port) as client:
        await client.send(get("/", *forged))
        await client.answer()
    head, _ = seen[0]
    assert head["x-forwarded-for"] == "127.0.0.1"
    assert head["x-forwarded-proto"] == "http"
    assert head["x-forwarded-host"] == "shop.example"
    assert head["x-forwarded-port"] == "80"
    assert "x-real-ip" not in head
    assert "forwarded" not in head


async def test_a_trusted_proxy_in_front_is_believed_and_no_further() -> None:
    seen: list[tuple[Head, bytes]] = []
    table = replace(RouteTable(), gateway=Gateway(trusted_hops=1))
    told = (
        "X-Forwarded-For: 6.6.6.6, 203.0.113.7",
        "X-Forwarded-Proto: https",
        "X-Forwarded-Host: www.example",
    )
    async with (
        upstream(records(seen)) as back,
        running(back.url, table) as front,
        connected(front.port) as client,
    ):
        await client.send(get("/", *told))
        await client.answer()
        assert (await front.outcome()).client == "203.0.113.7"
    head, _ = seen[0]
    assert head["host"] == "shop.example"
    assert head["x-forwarded-for"] == "203.0.113.7, 127.0.0.1"
    assert head["x-forwarded-proto"] == "https"
    assert head["x-forwarded-host"] == "www.example"
    assert head["x-forwarded-port"] == "443"


async def test_a_sane_request_id_is_kept_and_another_replaced() -> None:
    seen: list[tuple[Head, bytes]] = []
    async with upstream(records(seen)) as back, running(back.url) as front, connected(front.port) as client:
        for told in ("abc-123", "a b", "x" * 200, "<script>"):
            await client.send(get("/", f"X-Request-Id: {told}"))
            await client.answer()
    ids = [head["x-request-id"] for head, _ in seen]
    assert ids[0] == "abc-123"
    assert all(len(made) == 32 for made in ids[1:])
    assert [outcome.request_id for outcome in front.outcomes] == ids


async def test_bodies_keep_their_framing() -> None:
    seen: list[tuple[Head, bytes]] = []
    chunked = (
        get("/", "Transfer-Encoding: Chunked", method="POST")
        + b"3\r\nabc\r\n2;x=y\r\nde\r\n0\r\nX-T: 1\r\n\r\n"
    )
    async with upstream(records(seen)) as back, running(back.url) as front, connected(front.port) as client:
        for raw in (post(b"hello"), post(b""), chunked, get(method="DELETE"), post(b"q", method="GET")):
            await client.send(raw)
            assert (await client.answer()).body == b"ok"
    assert [body for _, body in seen] == [b"hello", b"", b"abcde", b"", b"q"]
    lengths = [head.all("content-length") for head, _ in seen]
    assert lengths == [["5"], ["0"], [], [], ["1"]]
    assert [head.all("transfer-encoding") for head, _ in seen] == [[], [], ["chunked"], [], []]


async def test_an_ignored_upgrade_does_not_lose_the_body() -> None:
    seen: list[tuple[Head, bytes]] = []
    wish = ("Connection: Upgrade, HTTP2-Settings", "Upgrade: h2c", "HTTP2-Settings: AAMAAABkAARAAAAA")
    async with upstream(records(seen)) as back, running(back.url) as front, connected(front.port) as client:
        await client.send(post(b"hello", *wish) + get("/next"))
        assert (await client.answer()).status == 200
        assert (await client.answer()).status == 200
    assert [(head.target, body) for head, body in seen] == [("/", b"hello"), ("/next", b"")]
    assert "upgrade" not in seen[0][0]
    assert "http2-settings" not in seen[0][0]


async def test_http_1_0_without_host_gets_the_upstreams() -> None:
    seen: list[tuple[Head, bytes]] = []
    async with upstream(records(seen)) as back, running(back.url) as front, connected(front.port) as client:
        await client.send(b"GET / HTTP/1.0\r\n\r\n")
        assert (await client.answer()).status == 200
        assert seen[0][0]["host"] == f"127.0.0.1:{back.port}"
        assert seen[0][0].line == "GET / HTTP/1.1"


async def test_expect_100_continue_is_asked_of_the_upstream() -> None:
    async def script(peer: Peer) -> None:
        head = await peer.head()
        assert head["expect"] == "100-continue"
        await peer.send(b"HTTP/1.1 100 Continue\r\n\r\n")
        assert await peer.exactly(5) == b"hello"
        await peer.send(OK)

    async with upstream(script) as back, running(back.url) as front, connected(front.port) as client:
        await client.send(get("/", "Content-Length: 5", "Expect: 100-continue", method="PUT"))
        assert (await client.head()).status == 100
        await client.send(b"hello")
        assert (await client.answer()).status == 200


async def test_a_refused_expectation_costs_no_body() -> None:
    async def script(peer: Peer) -> None:
        await peer.head()
        await peer.send(b"HTTP/1.1 413 Too Large\r\nContent-Length: 0\r\n\r\n")
        assert await peer.closed()

    async with upstream(script) as back, running(back.url) as front, connected(front.port) as client:
        await client.send(get("/", "Content-Length: 5", "Expect: 100-continue", method="PUT"))
        answer = await client.answer()
        assert answer.status == 413
        assert answer.head["connection"] == "close"
        assert await client.closed()


async def test_an_upstream_that_ignores_the_expectation_gets_the_body(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("strangler.facade.connection.CONTINUE_TIMEOUT", 0.05)
    async with upstream(repeats(OK)) as back, running(back.url) as front, connected(front.port) as client:
        await client.send(get("/", "Content-Length: 5", "Expect: 100-continue", method="PUT"))
        assert (await client.head()).status == 100
        await client.send(b"hello")
        assert (await client.answer()).status == 200


async def test_an_early_answer_passes_while_the_body_is_still_coming() -> None:
    async def script(peer: Peer) -> None:
        head = await peer.head()
        assert head["content-length"] == str(MIB)
        await peer.exactly(1000)
        await peer.send(b"HTTP/1.1 413 Too Large\r\nContent-Length: 3\r\n\r\nbig")
        await peer.reader.read(-1)

    async with (
        upstream(script, repeats(OK)) as back,
        running(back.url) as front,
        connected(front.port) as client,
    ):
        await client.send(get("/", f"Content-Length: {MIB}", method="PUT") + b"x" * 1000)
        answer = await client.answer()
        assert (answer.status, answer.body) == (413, b"big")
        await client.send(b"x" * (MIB - 1000) + get())  # the rest is swallowed; the connection lives on
        assert (await client.answer()).status == 200
        assert len(back.peers) == 2


async def test_an_answer_may_begin_before_the_body_has_ended() -> None:
    """Both directions stream at once."""

    async def echo(peer: Peer) -> None:
        await peer.head()
        await peer.send(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
        for _ in range(3):
            size = int(await peer.reader.readline(), 16)
            data = (await peer.exactly(size + 2))[:-2]
            await peer.send(b"%x\r\n%b\r\n" % (len(data), data))
        assert await peer.exactly(5) == b"0\r\n\r\n"
        await peer.send(b"0\r\n\r\n")

    async with upstream(echo) as back, running(back.url) as front, connected(front.port) as client:
        await client.send(get("/", "Transfer-Encoding: chunked", method="POST"))
        first = b"3\r\none\r\n"
        await client.send(first)
        await client.head()
        assert await client.exactly(len(first)) == first
        for piece in (b"3\r\ntwo\r\n", b"5\r\nthree\r\n"):
            await client.send(piece)
            assert await client.exactly(len(piece)) == piece
        await client.send(b"0\r\n\r\n")
        assert await client.exactly(5) == b"0\r\n\r\n"
        assert (await front.outcome()).bytes_in == 11


def _memory() -> int:
    """Resident bytes of this process."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * resource.getpagesize()


@pytest.mark.parametrize("chunked", [False, True])
async def test_a_large_upload_to_a_slow_upstream_stays_small_in_memory(chunked: bool) -> None:
    total, piece = 64 * MIB, b"x" * MIB
    peaks: list[int] = []

    async def slow(peer: Peer) -> None:
        await peer.head()
        got, wanted = 0, total
        while got < wanted:
            data = await peer.reader.read(256 * 1024)
            got += data.count(b"x")
            peaks.append(_memory())
            await asyncio.sleep(0)
        await peer.send(OK)

    async with upstream(slow) as back, running(back.url) as front, connected(front.port) as client:
        framing = "Transfer-Encoding: chunked" if chunked else f"Content-Length: {total}"
        before = _memory()
        await client.send(get("/", framing, method="PUT"))
        for _ in range(total // len(piece)):
            await client.send(b"%x\r\n%b\r\n" % (len(piece), piece) if chunked else piece)
        if chunked:
            await client.send(b"0\r\n\r\n")
        assert (await client.answer()).status == 200
        assert (await front.outcome()).bytes_in == total
    assert max(peaks) - before < 32 * MIB


async def test_a_large_download_to_a_slow_client_stays_small_in_memory() -> None:
    total, piece = 64 * MIB, b"x" * MIB
    sent = 0

    async def fast(peer: Peer) -> None:
        nonlocal sent
        await peer.request()
        await peer.send(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % total)
        for _ in range(total // len(piece)):
            await peer.send(piece)
            sent += len(piece)

    async with upstream(fast) as back, running(back.url) as front, connected(front.port) as client:
        before = _memory()
        await client.send(get())
        await client.head()
        got = peak = 0
        while got < total:
            got += len(await client.reader.read(64 * 1024))
            assert sent - got < 24 * MIB  # what is under way sits in buffers of kernel, facade and test
            peak = max(peak, _memory())
    assert peak - before < 32 * MIB
