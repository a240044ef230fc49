"""What one client can make the facade read, remember and wait for is bounded."""

from __future__ import annotations

import asyncio

import pytest
from fakes.facades import Running, running
from fakes.wire import OK, Peer, answers, connected, get, post, repeats, upstream

from strangler.facade.protocol import MOST_PIPELINED

pytestmark = pytest.mark.anyio

KIB, MIB = 1024, 1024 * 1024
CHUNKED = get("/", "Transfer-Encoding: chunked", method="POST")
EARLY = b"HTTP/1.1 413 Too Large\r\nContent-Length: 0\r\n\r\n"


async def answers_early(peer: Peer) -> None:
    await peer.head()
    await peer.send(EARLY)
    await peer.reader.read(-1)


async def sent_until_refused(client: Peer, most: int, piece: bytes = b"a" * 64 * KIB) -> int:
    """How many bytes of something endless the facade took."""
    sent = 0
    try:
        async with asyncio.timeout(5):
            while sent < most:
                await client.send(piece)
                sent += len(piece)
    except (ConnectionError, TimeoutError):
        pass
    return sent


@pytest.mark.parametrize(
    ("begun", "piece"),
    [
        (b"1\r\na\r\n0\r\nX-Trailer: ", b"a"),
        (b"1\r\na\r\n0\r\n", b"X-A: b\r\n"),
        (b"1;extension=", b"a"),
        (b"0;extension=", b"a"),
    ],
    ids=["one trailer", "trailers", "an extension", "an extension of the last chunk"],
)
async def test_framing_without_end_is_given_up(begun: bytes, piece: bytes) -> None:
    async with upstream(repeats(OK)) as back, running(back.url) as front, connected(front.port) as client:
        await client.send(CHUNKED + begun)
        assert await sent_until_refused(client, 64 * MIB, piece * 8 * KIB) < 64 * MIB
        assert (await front.outcome()).error is not None


async def test_an_upload_whose_answer_came_early_is_not_read_for_ever() -> None:
    async with upstream(answers_early) as back, running(back.url) as front, connected(front.port) as client:
        await client.send(get("/", f"Content-Length: {1024 * MIB}", method="PUT") + b"x")
        assert (await client.answer()).status == 413
        assert await sent_until_refused(client, 64 * MIB) < 64 * MIB
        assert await client.closed()


async def test_nor_is_one_that_trickles(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("strangler.facade.protocol.LINGER", 0.05)
    async with upstream(answers_early) as back, running(back.url) as front, connected(front.port) as client:
        await client.send(get("/", f"Content-Length: {MIB}", method="PUT") + b"x")
        assert (await client.answer()).status == 413
        assert await client.closed()


async def test_after_an_early_answer_that_closes_nothing_more_is_served() -> None:
    async with upstream(answers_early, repeats(OK)) as back, running(back.url) as front:
        async with connected(front.port) as client:
            await client.send(get("/", "Content-Length: 4", "Connection: close", method="PUT") + b"xx")
            assert (await client.answer()).status == 413
            await client.send(b"xx" + post(b"abcd", target="/second"))
            assert await client.closed()
        assert [outcome.path for outcome in front.outcomes] == ["/"]
        assert len(back.peers) == 1


@pytest.mark.parametrize("one", [get("/x"), get("/x", "Connection: upgrade", "Upgrade: h2c")])
async def test_of_a_flood_of_pipelined_requests_the_first_are_served_and_the_connection_ends(
    one: bytes,
) -> None:
    async with upstream(repeats(OK)) as back, running(back.url) as front, connected(front.port) as client:
        await client.send(one * 2000)
        for _ in range(MOST_PIPELINED):
            assert "connection" not in (await client.answer()).head
        assert (await client.answer()).head["connection"] == "close"
        assert await client.closed()
        assert len(front.outcomes) == MOST_PIPELINED + 1


async def test_http_1_0_cannot_become_a_tunnel() -> None:
    async def script(peer: Peer) -> None:
        head = await peer.head()
        assert "upgrade" not in head
        await peer.send(OK)

    async with upstream(script) as back, running(back.url) as front, connected(front.port) as client:
        await client.send(get("/", "Connection: upgrade", "Upgrade: websocket", version="1.0"))
        assert (await client.answer()).status == 200


async def test_a_half_sent_next_request_does_not_cut_the_answer_before_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("strangler.facade.protocol.HEAD_TIMEOUT", 0.05)

    async def slow(peer: Peer) -> None:
        await peer.head()
        await peer.send(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\no")
        await asyncio.sleep(0.2)
        await peer.send(b"k")

    async with upstream(slow) as back, running(back.url) as front, connected(front.port) as client:
        await client.send(get() + b"GET /ne")
        assert (await client.answer()).body == b"ok"
        assert await client.closed()


async def test_an_answers_trailers_without_end_are_given_up() -> None:
    async def endless(peer: Peer) -> None:
        await peer.head()
        await peer.send(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\nX: ")
        while True:
            await peer.send(b"a" * 64 * KIB)

    async with upstream(endless) as back, running(back.url) as front, connected(front.port) as client:
        await client.send(get())
        assert (await client.head()).status == 200
        assert not (await client.rest()).endswith(b"0\r\n\r\n")
        assert (await front.outcome()).error == "bad answer"


async def test_tiny_chunks_are_not_taken_for_an_attack() -> None:
    body = b"1\r\na\r\n" * 200_000
    async with upstream(repeats(OK)) as back, running(back.url) as front, connected(front.port) as client:
        await client.send(CHUNKED + body + b"0\r\n\r\n")
        assert (await client.answer()).status == 200
        assert (await front.outcome()).bytes_in == 200_000


async def test_the_rest_of_a_short_upload_is_swallowed_and_the_connection_lives_on() -> None:
    async with upstream(answers_early, answers(OK)) as back, running(back.url) as front:
        async with connected(front.port) as client:
            await client.send(get("/", f"Content-Length: {512 * KIB}", method="PUT") + b"x")
            assert (await client.answer()).status == 413
            await client.send(b"x" * (512 * KIB - 1) + get())
            assert (await client.answer()).status == 200
        assert paths(front) == ["/", "/"]


def paths(front: Running) -> list[str]:
    return [outcome.path for outcome in front.outcomes]
