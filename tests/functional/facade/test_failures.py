"""Upstreams that refuse, stall, break off or close at the wrong moment, and clients that go away."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import pytest
from fakes.facades import running
from fakes.wire import OK, Peer, answers, connected, get, post, repeats, upstream

from strangler.facade import CapturedAnswer, MirrorRequest, Outcome
from strangler.routing import Decision, Group, Route, RouteTable

pytestmark = pytest.mark.anyio


async def closes_after_request(peer: Peer) -> None:
    await peer.request()


async def stalls(peer: Peer) -> None:
    await peer.request()
    await peer.reader.read()


async def test_a_request_that_could_have_had_an_effect_is_never_sent_twice() -> None:
    """The idle connection dies just as the POST arrives: the client hears 502, and the POST was sent once."""

    async def dies_on_second(peer: Peer) -> None:
        await peer.request()
        await peer.send(OK)
        await peer.request()

    async with upstream(dies_on_second, repeats(OK)) as back, running(back.url) as front:
        async with connected(front.port) as client:
            await client.send(get())
            await client.answer()
            await client.send(post(b"pay"))
            assert (await client.answer()).status == 502
        assert len(back.peers) == 1


@pytest.mark.parametrize("method", ["POST", "PATCH"])
async def test_nor_is_one_without_a_body(method: str) -> None:
    async def dies_on_second(peer: Peer) -> None:
        await peer.request()
        await peer.send(OK)
        await peer.request()

    async with upstream(dies_on_second, repeats(OK)) as back, running(back.url) as front:
        async with connected(front.port) as client:
            await client.send(get())
            await client.answer()
            await client.send(get(method=method))
            assert (await client.answer()).status == 502
        assert len(back.peers) == 1


async def test_a_fresh_connection_that_dies_is_not_tried_again() -> None:
    async with upstream(closes_after_request) as back, running(back.url) as front:
        async with connected(front.port) as client:
            await client.send(get())
            assert (await client.answer()).status == 502
        assert len(back.peers) == 1
        assert (await front.outcome()).error == "closed"


async def test_an_answer_that_had_begun_is_not_tried_again() -> None:
    async def half(peer: Peer) -> None:
        await peer.request()
        await peer.send(OK)
        await peer.request()
        await peer.send(b"HTTP/1.1 200")

    async with upstream(half, repeats(OK)) as back, running(back.url) as front:
        async with connected(front.port) as client:
            await client.send(get())
            await client.answer()
            await client.send(get())
            assert (await client.answer()).status == 502
        assert len(back.peers) == 1


@pytest.mark.parametrize("reset", [False, True])
async def test_the_race_of_an_idle_connection_is_lost_by_nobody(reset: bool) -> None:
    async def dies_on_second(peer: Peer) -> None:
        await peer.request()
        await peer.send(OK)
        await peer.request()
        if reset:
            peer.reset()

    async with upstream(dies_on_second, repeats(OK)) as back, running(back.url) as front:
        async with connected(front.port) as client:
            for _ in range(3):
                await client.send(get())
                assert (await client.answer()).status == 200
        assert len(back.peers) == 2


async def test_a_connection_closed_while_idle_is_not_used() -> None:
    async with (
        upstream(answers(OK), repeats(OK)) as back,
        running(back.url) as front,
        connected(front.port) as client,
    ):
        await client.send(get())
        await client.answer()
        back.peers[0].close()
        await asyncio.sleep(0.01)
        await client.send(post(b"pay"))
        assert (await client.answer()).status == 200


async def test_a_post_prefers_a_new_connection_to_an_old_idle_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("strangler.facade.pool.UNREPEATABLE_IDLE_LIMIT", -1.0)
    async with upstream(repeats(OK)) as back, running(back.url) as front, connected(front.port) as client:
        await client.send(get())
        await client.answer()
        await client.send(post(b"pay"))
        assert (await client.answer()).status == 200
        assert len(back.peers) == 2


async def test_a_refused_connection_is_502_with_a_body_for_people() -> None:
    async with upstream(repeats(OK)) as back:
        gone = back.url
    async with running(gone) as front, connected(front.port) as client:
        await client.send(get())
        answer = await client.answer()
        assert answer.status == 502
        assert answer.head["content-type"] == "text/plain; charset=utf-8"
        assert answer.body.decode() == (
            f"502 Bad gateway: monolith refused the connection\nRequest id: {answer.head['x-request-id']}\n"
        )
        await client.send(get("/", "Accept: application/json", "X-Request-Id: r1"))
        told = json.loads((await client.answer()).body)
        assert told == {
            "error": "refused",
            "status": 502,
            "message": "monolith refused the connection",
            "request_id": "r1",
        }


async def test_an_unknown_host_is_502() -> None:
    async with running("http://nowhere.invalid:80") as front, connected(front.port) as client:
        await client.send(get())
        assert (await client.answer()).status == 502


async def test_a_silent_upstream_is_504_and_its_connection_closed() -> None:
    async with upstream(stalls) as back, running(back.url, read_timeout=0.05) as front:
        async with connected(front.port) as client:
            await client.send(get())
            assert (await client.answer()).status == 504
        assert await back.peers[0].rest() == b""
        assert (await front.outcome()).error == "read timeout"


async def test_an_upstream_that_stalls_in_the_middle_breaks_the_answer_off() -> None:
    async def half(peer: Peer) -> None:
        await peer.request()
        await peer.send(b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf")
        await peer.reader.read()

    async with upstream(half) as back, running(back.url, read_timeout=0.05) as front:
        async with connected(front.port) as client:
            await client.send(get())
            with pytest.raises(asyncio.IncompleteReadError):
                await client.answer()
        assert (await front.outcome()).error == "read timeout"


async def test_a_slow_upload_is_not_the_upstreams_fault() -> None:
    async with (
        upstream(repeats(OK)) as back,
        running(back.url, read_timeout=0.1) as front,
        connected(front.port) as client,
    ):
        await client.send(get("/", "Content-Length: 4", method="PUT"))
        for piece in (b"s", b"l", b"o", b"w"):
            await client.send(piece)
            await asyncio.sleep(0.08)
        assert (await client.answer()).status == 200


async def test_an_upstream_that_takes_nothing_of_a_body_is_504() -> None:
    async def deaf(peer: Peer) -> None:
        await peer.head()
        await asyncio.Event().wait()

    async with (
        upstream(deaf) as back,
        running(back.url, write_timeout=0.1) as front,
        connected(front.port) as client,
    ):
        await client.send(get("/", f"Content-Length: {64 * 2**20}", method="PUT"))
        sending = asyncio.create_task(client.send(bytes(64 * 2**20)))
        assert (await client.answer()).status == 504
        assert (await front.outcome()).error == "write timeout"
        sending.cancel()
        await asyncio.gather(sending, return_exceptions=True)


async def test_a_client_that_falls_silent_in_its_body_is_408(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("strangler.facade.transport.BODY_TIMEOUT", 0.05)
    async with upstream(stalls) as back, running(back.url) as front, connected(front.port) as client:
        await client.send(get("/", "Content-Length: 4", method="PUT") + b"ha")
        assert (await client.answer()).status == 408
        assert await client.closed()


async def test_a_client_that_trickles_its_body_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("strangler.facade.transport.BODY_TIMEOUT", 0.1)
    closed = asyncio.Event()

    async def reads(peer: Peer) -> None:
        await peer.head()
        await peer.reader.read()
        closed.set()

    async with upstream(reads) as back, running(back.url) as front, connected(front.port) as client:
        await client.send(get("/", "Content-Length: 1000", method="PUT"))
        trickle = asyncio.create_task(send_slowly(client))
        assert (await client.answer()).status == 408
        await asyncio.wait_for(closed.wait(), 5)
        trickle.cancel()
        assert (await front.outcome()).error == "client timeout"


async def send_slowly(client: Peer) -> None:
    while True:
        await client.send(b"x")
        await asyncio.sleep(0.02)


async def test_a_client_whose_upstream_reads_slowly_is_not_blamed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("strangler.facade.transport.BODY_TIMEOUT", 0.1)

    async def reads_late(peer: Peer) -> None:
        await peer.head()
        await asyncio.sleep(0.4)
        await peer.exactly(4_000_000)
        await peer.send(OK)

    async with upstream(reads_late) as back, running(back.url) as front, connected(front.port) as client:
        await client.send(post(b"x" * 4_000_000))
        assert (await client.answer()).status == 200


async def test_a_client_that_does_not_read_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("strangler.facade.protocol.SEND_TIMEOUT", 0.05)

    async def floods(peer: Peer) -> None:
        await peer.request()
        await peer.send(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % 10**9)
        while True:
            await peer.send(b"x" * 100_000)

    async with upstream(floods) as back, running(back.url) as front, connected(front.port) as client:
        await client.send(get())
        await client.head()
        client.writer.transport.pause_reading()  # type: ignore[attr-defined]
        assert (await front.outcome()).error in ("client timeout", "client gone")


@pytest.mark.parametrize("when", ["before the answer", "in the middle of the answer"])
async def test_a_client_that_goes_takes_the_upstreams_connection_with_it(when: str) -> None:
    closed = asyncio.Event()

    async def script(peer: Peer) -> None:
        await peer.request()
        if when != "before the answer":
            await peer.send(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n")
        assert await peer.closed()
        closed.set()

    async with upstream(script) as back, running(back.url) as front:
        async with connected(front.port) as client:
            await client.send(get())
            if when == "before the answer":
                async with asyncio.timeout(5):
                    while not back.peers:  # noqa: ASYNC110
                        await asyncio.sleep(0.001)
            else:
                await client.head()
        await asyncio.wait_for(closed.wait(), 5)
        outcome = await front.outcome()
        assert outcome.error == "client gone"
        assert outcome.status == (499 if when == "before the answer" else 200)


async def test_after_a_cancelled_request_its_answer_reaches_nobody_else() -> None:
    async def late(peer: Peer) -> None:
        await peer.request()
        await asyncio.sleep(0.02)
        await peer.send(b"HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nsecret")

    async with upstream(late, repeats(OK)) as back, running(back.url) as front:
        async with connected(front.port) as client:
            await client.send(get())
            await asyncio.sleep(0.005)
        async with connected(front.port) as other:
            await other.send(get())
            assert (await other.answer()).body == b"ok"
        assert len(back.peers) == 2


async def test_more_requests_than_connections_wait_and_then_are_busy() -> None:
    release = asyncio.Event()

    async def held(peer: Peer) -> None:
        while True:
            await peer.request()
            await release.wait()
            await peer.send(OK)

    async with (
        upstream(held) as back,
        running(back.url, max_connections=2, connect_timeout=0.2) as front,
        connected(front.port) as one,
        connected(front.port) as two,
        connected(front.port) as three,
        connected(front.port) as four,
    ):
        for client in (one, two, three):
            await client.send(get())
        refused = await three.answer()
        assert refused.status == 503
        assert refused.head["retry-after"] == "1"
        await four.send(get())
        await asyncio.sleep(0.02)
        release.set()
        for client in (one, two, four):
            assert (await client.answer()).status == 200
        assert len(back.peers) == 2


async def test_a_hook_that_fails_hurts_no_request(caplog: pytest.LogCaptureFixture) -> None:
    def fails(*told: Outcome | Decision | MirrorRequest | CapturedAnswer) -> None:
        raise RuntimeError("the hook is broken")

    async with upstream(repeats(OK)) as back, running(back.url) as front, connected(front.port) as client:
        front.facade.on_finish = fails
        front.facade.mirror = fails
        for _ in range(2):
            await client.send(get())
            assert (await client.answer()).status == 200
    assert "the on_finish hook failed" in caplog.text


async def test_a_table_without_the_upstream_it_names_is_502() -> None:
    table = RouteTable(
        groups={"g": Group("g", service="missing", share=100)}, routes=(Route("r", "r/", group="g"),)
    )
    async with running("http://127.0.0.1:1", table) as front, connected(front.port) as client:
        await client.send(get("/r/"))
        assert (await client.answer()).status == 502


def descriptors() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


async def test_no_descriptor_is_left_behind() -> None:
    async with upstream(closes_after_request) as back, running(back.url) as front:
        before = None
        for _ in range(20):
            async with connected(front.port) as client:
                await client.send(get())
                assert (await client.answer()).status == 502
                client.close()
                await client.writer.wait_closed()
            await asyncio.sleep(0.002)
            before = before or descriptors()
        assert descriptors() <= before + 3
