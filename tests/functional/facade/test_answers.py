"""Every way in which an upstream may frame an answer, and how the client sees it."""

from __future__ import annotations

import asyncio

import pytest
from fakes.facades import running
from fakes.wire import OK, Peer, answers, connected, get, repeats, upstream

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize(
    "raw",
    [
        b"garbage\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\nok!",
        b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: two\r\n\r\nok",
        b"HTTP/1.1 200 OK\r\nContent-Length: -2\r\n\r\nok",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: identity\r\n\r\nok",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\nzz\r\n",
        b"HTTP/1.1 200 OK\r\nX-A: a\rb\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nX A: b\r\nContent-Length: 0\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nX-A: a\0b\r\nContent-Length: 0\r\n\r\n",
        b"HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n",
        b"HTTP/1.1 999 What\r\nContent-Length: 0\r\n\r\n",
        b"HTTP/1.1 099 What\r\nContent-Length: 0\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nX-Large: " + b"x" * 600_000 + b"\r\nContent-Length: 0\r\n\r\n",
    ],
)
async def test_an_answer_that_can_be_read_in_two_ways_becomes_502(raw: bytes) -> None:
    async with upstream(answers(raw)) as back, running(back.url) as front, connected(front.port) as client:
        await client.send(get("/", "Accept: application/json"))
        answer = await client.answer()
        assert answer.status == 502
        assert answer.head["content-type"] == "application/json"
        assert answer.head["x-request-id"].encode() in answer.body
        assert b"Traceback" not in answer.body
        outcome = await front.outcome()
        assert outcome.error == "bad answer"


@pytest.mark.parametrize(
    "raw",
    [
        b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n",
    ],
)
async def test_an_answer_that_breaks_off_is_never_passed_on_as_whole(raw: bytes) -> None:
    async def script(peer: Peer) -> None:
        await peer.request()
        await peer.send(raw)

    async with upstream(script) as back, running(back.url) as front, connected(front.port) as client:
        await client.send(get())
        with pytest.raises(asyncio.IncompleteReadError):
            await client.answer()
        outcome = await front.outcome()
        assert outcome.status == 200
        assert outcome.error in ("closed", "bad answer")


async def test_surplus_bytes_behind_an_answer_reach_nobody() -> None:
    first = OK + b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nwrong"
    async with (
        upstream(answers(first), repeats(OK)) as back,
        running(back.url) as front,
        connected(front.port) as client,
    ):
        for _ in range(2):
            await client.send(get())
            assert (await client.answer()).body == b"ok"
        assert len(back.peers) == 2


async def test_bytes_on_an_idle_connection_are_not_the_next_answer() -> None:
    said, gone = asyncio.Event(), asyncio.Event()

    async def impatient(peer: Peer) -> None:
        await peer.request()
        await peer.send(OK)
        await said.wait()
        await peer.send(b"HTTP/1.1 408 Request Timeout\r\nContent-Length: 0\r\n\r\n")
        assert await peer.closed()
        gone.set()

    async with (
        upstream(impatient, repeats(OK)) as back,
        running(back.url) as front,
        connected(front.port) as client,
    ):
        await client.send(get())
        await client.answer()
        said.set()
        await gone.wait()
        await client.send(get())
        assert (await client.answer()).status == 200


async def test_hop_by_hop_fields_end_here() -> None:
    raw = (
        b"HTTP/1.1 200 OK\r\nConnection: keep-alive, X-Private\r\nKeep-Alive: timeout=5\r\nX-Private: 1\r\n"
        b"Proxy-Authenticate: Basic\r\nTrailer: X-T\r\nTransfer-Encoding: chunked\r\nX-Public: 2\r\n\r\n"
        b"2\r\nok\r\n0\r\nX-T: t\r\n\r\n"
    )
    async with upstream(answers(raw)) as back, running(back.url) as front, connected(front.port) as client:
        await client.send(get())
        answer = await client.answer()
        assert answer.body == b"ok"
        names = {name for name, _ in answer.head.fields}
        assert names == {"x-public", "transfer-encoding"}


async def test_date_server_and_several_cookies_pass_in_order() -> None:
    raw = (
        b"HTTP/1.1 200 OK\r\nDate: Thu, 01 Jan 2026 00:00:00 GMT\r\nServer: gunicorn\r\nSet-Cookie: a=1; Path=/\r\n"
        b"Set-Cookie: b=2, still b\r\nContent-Length: 0\r\nX-Strange: \xe4\r\n\r\n"
    )
    async with upstream(answers(raw)) as back, running(back.url) as front, connected(front.port) as client:
        await client.send(get())
        answer = await client.answer()
        assert answer.head.fields == (
            ("date", "Thu, 01 Jan 2026 00:00:00 GMT"),
            ("server", "gunicorn"),
            ("set-cookie", "a=1; Path=/"),
            ("set-cookie", "b=2, still b"),
            ("content-length", "0"),
            ("x-strange", "\xe4"),
        )


@pytest.mark.parametrize(
    ("method", "raw", "length"),
    [
        ("HEAD", b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n", "1000"),
        ("HEAD", b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", None),
        ("HEAD", b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", "0"),
        ("GET", b"HTTP/1.1 204 No Content\r\n\r\n", None),
        ("GET", b'HTTP/1.1 304 Not Modified\r\nETag: "a"\r\nContent-Length: 1000\r\n\r\n', "1000"),
        ("GET", b'HTTP/1.1 304 Not Modified\r\nETag: "a"\r\n\r\n', None),
        ("GET", b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", "0"),
    ],
)
async def test_answers_without_a_body_leave_both_connections_usable(
    method: str, raw: bytes, length: str | None
) -> None:
    async with (
        upstream(answers(raw, OK, raw, OK)) as back,
        running(back.url) as front,
        connected(front.port) as client,
    ):
        for _ in range(2):
            await client.send(get(method=method))
            answer = await client.answer(method)
            assert answer.head.all("content-length") == ([length] if length else [])
            assert "transfer-encoding" not in answer.head
            await client.send(get())
            assert (await client.answer()).body == b"ok"
        assert len(back.peers) == 1


async def test_interim_answers_are_dropped_and_the_final_one_passes() -> None:
    raw = b"HTTP/1.1 103 Early Hints\r\nLink: </a.css>\r\n\r\nHTTP/1.1 100 Continue\r\n\r\n" + OK
    async with upstream(answers(raw)) as back, running(back.url) as front, connected(front.port) as client:
        await client.send(get())
        head = await client.head()
        assert head.status == 200
        assert "link" not in head


async def test_an_answer_without_a_length_ends_with_its_connection() -> None:
    async def script(peer: Peer) -> None:
        await peer.request()
        await peer.send(b"HTTP/1.0 200 OK\r\nX-A: 1\r\n\r\nuntil ")
        await peer.send(b"the end")

    async with upstream(script) as back, running(back.url) as front, connected(front.port) as client:
        for count in (1, 2):
            await client.send(get())
            answer = await client.answer()
            assert answer.body == b"until the end"
            assert answer.head["transfer-encoding"] == "chunked"
            assert len(back.peers) == count


async def test_an_http_1_0_client_gets_no_chunks_and_a_closed_connection() -> None:
    raw = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n"
    async with upstream(answers(raw)) as back, running(back.url) as front, connected(front.port) as client:
        await client.send(get(version="1.0"))
        answer = await client.answer()
        assert "transfer-encoding" not in answer.head
        assert answer.head["connection"] == "close"
        assert answer.body == b"ok"


async def test_a_close_delimited_answer_that_breaks_off_is_reset_for_http_1_0() -> None:
    async def script(peer: Peer) -> None:
        await peer.request()
        await peer.send(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n")

    async with upstream(script) as back, running(back.url) as front, connected(front.port) as client:
        await client.send(get(version="1.0"))
        await client.head()
        with pytest.raises(ConnectionResetError):
            await client.rest()


async def test_pipelined_requests_are_answered_in_order() -> None:
    async def script(peer: Peer) -> None:
        while True:
            head, _ = await peer.request()
            name = head.target.encode()
            await peer.send(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%b" % (len(name), name))

    async with upstream(script) as back, running(back.url) as front, connected(front.port) as client:
        await client.send(get("/1") + get("/2") + get("/3"))
        assert [(await client.answer()).body for _ in range(3)] == [b"/1", b"/2", b"/3"]


async def test_a_client_that_asks_for_close_gets_it() -> None:
    async with upstream(repeats(OK)) as back, running(back.url) as front, connected(front.port) as client:
        await client.send(get("/", "Connection: close"))
        answer = await client.answer()
        assert answer.head["connection"] == "close"
        assert await client.closed()


async def test_an_upstream_that_closes_costs_the_client_nothing() -> None:
    raw = b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nok"
    async with upstream(answers(raw)) as back, running(back.url) as front, connected(front.port) as client:
        for _ in range(3):
            await client.send(get())
            answer = await client.answer()
            assert answer.body == b"ok"
            assert "connection" not in answer.head
        assert len(back.peers) == 3


async def test_server_sent_events_arrive_one_by_one() -> None:
    seen = asyncio.Event()

    async def script(peer: Peer) -> None:
        await peer.request()
        await peer.send(
            b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n"
        )
        for number in range(3):
            await peer.send(b"9\r\ndata: %d\n\n\r\n" % number)
            await seen.wait()
            seen.clear()
        await peer.send(b"0\r\n\r\n")

    async with upstream(script) as back, running(back.url) as front, connected(front.port) as client:
        await client.send(get())
        head = await client.head()
        assert head["content-type"] == "text/event-stream"
        for number in range(3):
            assert await client.exactly(14) == b"9\r\ndata: %d\n\n\r\n" % number
            seen.set()
        assert await client.chunks() == b""
