"""WebSockets and other upgrades pass as bytes: handshake by the header rules, then anything, both ways."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import os
import struct

import pytest
from fakes.facades import running
from fakes.wire import Peer, connected, get, upstream

from strangler.routing import Gateway, Policy, RouteTable
from strangler.routing.policy import Timeouts

pytestmark = pytest.mark.anyio

WISH = (
    "Connection: keep-alive, Upgrade",
    "Upgrade: websocket",
    "Sec-WebSocket-Version: 13",
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
    "Sec-WebSocket-Protocol: chat, superchat",
    "Sec-WebSocket-Extensions: permessage-deflate",
    "Origin: http://shop.example",
    "Cookie: sessionid=1",
)
SWITCH = (
    b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    b"Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\nSec-WebSocket-Protocol: chat\r\n\r\n"
)


async def echo(peer: Peer) -> None:
    await peer.head()
    await peer.send(SWITCH)
    while data := await peer.reader.read(65536):
        await peer.send(data)


async def test_a_101_that_switches_to_nothing_is_no_answer() -> None:
    async def script(peer: Peer) -> None:
        await peer.head()
        await peer.send(b"HTTP/1.1 101 Switching Protocols\r\n\r\n")

    async with upstream(script) as back, running(back.url) as front, connected(front.port) as client:
        await client.send(get("/ws", *WISH))
        assert (await client.answer()).status == 502


async def test_a_refused_handshake_is_an_ordinary_answer() -> None:
    async def script(peer: Peer) -> None:
        await peer.head()
        await peer.send(b"HTTP/1.1 403 Forbidden\r\nContent-Length: 6\r\n\r\nno way")

    async with upstream(script) as back, running(back.url) as front, connected(front.port) as client:
        await client.send(get("/ws", *WISH))
        answer = await client.answer()
        assert (answer.status, answer.body) == (403, b"no way")
        assert await client.closed()
        outcome = await front.outcome()
        assert (outcome.status, outcome.tunnel, outcome.error) == (403, False, None)


async def test_an_upstream_that_is_not_there_refuses_the_handshake() -> None:
    async with running("http://127.0.0.1:1") as front, connected(front.port) as client:
        await client.send(get("/ws", *WISH))
        assert (await client.answer()).status == 502


async def test_the_handshake_follows_the_header_rules() -> None:
    seen = []

    async def script(peer: Peer) -> None:
        seen.append(await peer.head())
        await peer.send(SWITCH)

    async with upstream(script) as back, running(back.url) as front, connected(front.port) as client:
        await client.send(get("/ws?room=1", *WISH, "Keep-Alive: 5", "X-Forwarded-For: 6.6.6.6"))
        answer = await client.head()
        assert answer.status == 101
        assert answer["connection"] == "Upgrade"
        assert answer["upgrade"] == "websocket"
        assert answer["sec-websocket-accept"] == "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="
        assert answer["sec-websocket-protocol"] == "chat"
        assert "sec-websocket-extensions" not in answer
        assert await client.closed()
    head = seen[0]
    assert head.line == "GET /ws?room=1 HTTP/1.1"
    assert head["host"] == "shop.example"
    assert head["connection"] == "Upgrade"
    assert head["upgrade"] == "websocket"
    assert head["sec-websocket-protocol"] == "chat, superchat"
    assert head["sec-websocket-extensions"] == "permessage-deflate"
    assert head["x-forwarded-for"] == "127.0.0.1"
    assert "keep-alive" not in head


async def test_bytes_right_behind_either_handshake_are_not_lost() -> None:
    async def script(peer: Peer) -> None:
        await peer.head()
        await peer.send(SWITCH + b"hello from the server")
        assert await peer.exactly(21) == b"hello from the client"
        await peer.send(b"!")

    async with upstream(script) as back, running(back.url) as front, connected(front.port) as client:
        await client.send(get("/ws", *WISH) + b"hello from")
        await client.send(b" the client")
        await client.head()
        assert await client.exactly(22) == b"hello from the server!"


async def test_a_half_closed_tunnel_still_carries_the_other_direction() -> None:
    async def script(peer: Peer) -> None:
        await peer.head()
        await peer.send(SWITCH)
        assert await peer.reader.read() == b"all I had to say"
        await peer.send(b"and the answer")

    async with upstream(script) as back, running(back.url) as front, connected(front.port) as client:
        await client.send(get("/ws", *WISH))
        await client.head()
        await client.send(b"all I had to say")
        client.writer.write_eof()
        assert await client.rest() == b"and the answer"
        assert (await front.outcome()).error is None


@pytest.mark.parametrize("who", ["client", "upstream"])
async def test_either_end_closes_both(who: str) -> None:
    async with upstream(echo) as back, running(back.url) as front, connected(front.port) as client:
        await client.send(get("/ws", *WISH))
        await client.head()
        if who == "client":
            client.reset()
            async with asyncio.timeout(5):
                await back.peers[0].writer.wait_closed()
        else:
            back.peers[0].reset()
            assert await client.closed()
        outcome = await front.outcome()
        assert (outcome.status, outcome.tunnel) == (101, True)


async def test_a_tunnel_presses_back_on_who_sends_too_fast() -> None:
    total, piece = 32 * 1024 * 1024, b"x" * 65536

    async def fast(peer: Peer) -> None:
        await peer.head()
        await peer.send(SWITCH)
        for _ in range(total // len(piece)):
            await peer.send(piece)

    async with upstream(fast) as back, running(back.url) as front, connected(front.port) as client:
        await client.send(get("/ws", *WISH))
        await client.head()
        await asyncio.sleep(0.2)
        assert not back.peers[0].writer.transport.is_closing()  # it is held back, not done
        assert len(await client.rest()) == total


async def test_tunnels_do_not_use_up_the_pool() -> None:
    async with (
        upstream(echo) as back,
        running(back.url, max_connections=1, connect_timeout=0.1) as front,
        connected(front.port) as one,
        connected(front.port) as two,
    ):
        for client in (one, two):
            await client.send(get("/ws", *WISH))
            assert (await client.head()).status == 101
            await client.send(b"ping")
            assert await client.exactly(4) == b"ping"


def _frame(opcode: int, payload: bytes, *, masked: bool) -> bytes:
    """RFC 6455, 5.2."""
    size = len(payload)
    length = bytes([size]) if size < 126 else b"\x7e" + struct.pack(">H", size)
    if not masked:
        return bytes([0x80 | opcode]) + length + payload
    key = os.urandom(4)
    hidden = bytes(byte ^ key[index % 4] for index, byte in enumerate(payload))
    return bytes([0x80 | opcode, length[0] | 0x80]) + length[1:] + key + hidden


async def _read_frame(peer: Peer) -> tuple[int, bytes]:
    first, second = await peer.exactly(2)
    size = second & 0x7F
    if size == 126:
        (size,) = struct.unpack(">H", await peer.exactly(2))
    key = await peer.exactly(4) if second & 0x80 else bytes(4)
    payload = await peer.exactly(size)
    return first & 0x0F, bytes(byte ^ key[index % 4] for index, byte in enumerate(payload))


async def test_a_whole_websocket_conversation() -> None:
    """Handshake with a checked key, text both ways, ping and pong, close with its code."""

    async def server(peer: Peer) -> None:
        head = await peer.head()
        magic = head["sec-websocket-key"] + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
        accept = base64.b64encode(hashlib.sha1(magic.encode()).digest())
        await peer.send(
            b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            b"Sec-WebSocket-Accept: %b\r\n\r\n" % accept
        )
        while True:
            opcode, payload = await _read_frame(peer)
            if opcode == 8:
                await peer.send(_frame(8, payload, masked=False))
                return
            await peer.send(_frame({1: 1, 9: 10}[opcode], payload, masked=False))

    async with upstream(server) as back, running(back.url) as front, connected(front.port) as client:
        await client.send(get("/ws", *WISH))
        assert (await client.head())["sec-websocket-accept"] == "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="
        for opcode, payload, answer in ((1, "grüß".encode(), 1), (9, b"ping", 10), (1, b"x" * 5000, 1)):
            await client.send(_frame(opcode, payload, masked=True))
            assert await _read_frame(client) == (answer, payload)
        await client.send(_frame(8, struct.pack(">H", 4001) + b"bye", masked=True))
        assert await _read_frame(client) == (8, struct.pack(">H", 4001) + b"bye")
        assert await client.closed()


async def test_a_tunnel_outlives_the_time_that_an_answer_may_take() -> None:
    table = RouteTable(
        1,
        gateway=Gateway(policy="p"),
        policies={"p": Policy("p", timeouts=Timeouts(first_byte=0.2, total=0.2))},
    )
    async with upstream(echo) as back, running(back.url, table) as front, connected(front.port) as client:
        await client.send(get("/ws", *WISH))
        assert (await client.head()).status == 101
        await asyncio.sleep(0.3)
        await client.send(b"still here")
        assert await client.exactly(10) == b"still here"
