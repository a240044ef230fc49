"""WebSockets between a real client and a real server: everything that the two agree on passes the facade untouched."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import pytest
from fakes.facades import Running, running
from websockets.asyncio.client import connect
from websockets.asyncio.server import ServerConnection, serve
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.extensions.permessage_deflate import ClientPerMessageDeflateFactory
from websockets.frames import CloseCode
from websockets.typing import Subprotocol

pytestmark = pytest.mark.anyio

Handler = Callable[[ServerConnection], Awaitable[None]]
CHAT, SUPERCHAT = Subprotocol("chat"), Subprotocol("superchat")


async def echo(server: ServerConnection) -> None:
    async for message in server:
        await server.send(message)


@asynccontextmanager
async def between(handler: Handler, **options: object) -> AsyncIterator[Running]:
    """A facade before a WebSocket server."""
    async with serve(handler, "127.0.0.1", 0, **options) as server:  # type: ignore[arg-type]
        port = server.sockets[0].getsockname()[1]
        async with running(f"http://127.0.0.1:{port}") as front:
            yield front


def client(front: Running, **options: object) -> connect:
    return connect(f"ws://127.0.0.1:{front.port}/ws?room=1", proxy=None, **options)  # type: ignore[arg-type]


async def test_a_server_that_refuses_is_heard() -> None:
    async def refuse(server: ServerConnection, request: object) -> object:
        return server.respond(403, "no way\n")

    async with between(echo, process_request=refuse) as front:
        with pytest.raises(InvalidStatus) as caught:
            await client(front)
        assert (caught.value.response.status_code, caught.value.response.body) == (403, b"no way\n")


@pytest.mark.parametrize("fault", ["an unmasked frame", "a reserved bit", "an unknown opcode"])
async def test_a_client_that_breaks_the_protocol_hears_so_from_the_server(fault: str) -> None:
    raw = {
        "an unmasked frame": b"\x81\x02hi",
        "a reserved bit": b"\xf1\x80abcd",
        "an unknown opcode": b"\x83\x80abcd",
    }
    async with between(echo, compression=None) as front, client(front, compression=None) as ws:
        ws.transport.write(raw[fault])
        with pytest.raises(ConnectionClosed):
            await ws.recv()
        assert ws.close_code == CloseCode.PROTOCOL_ERROR


async def test_text_that_is_none_is_the_servers_to_refuse() -> None:
    async with between(echo, compression=None) as front, client(front, compression=None) as ws:
        ws.transport.write(b"\x81\x82\0\0\0\0\xff\xfe")
        with pytest.raises(ConnectionClosed):
            await ws.recv()
        assert ws.close_code == CloseCode.INVALID_DATA


async def test_a_message_that_is_too_large_for_the_server() -> None:
    async with between(echo, max_size=1000) as front, client(front) as ws:
        await ws.send("x" * 100_000)
        with pytest.raises(ConnectionClosed):
            await ws.recv()
        assert ws.close_code == CloseCode.MESSAGE_TOO_BIG


@pytest.mark.parametrize("size", [0, 1, 125, 126, 127, 128, 65_535, 65_536, 65_537, 1_000_000])
@pytest.mark.parametrize("compression", [None, "deflate"])
async def test_messages_of_every_length_come_back(size: int, compression: str | None) -> None:
    dice = random.Random(size)
    async with between(echo, compression=compression) as front, client(front, compression=compression) as ws:
        for message in (dice.randbytes(size), "ä" * (size // 2)):
            await ws.send(message)
            assert await ws.recv() == message


async def test_fragments_stay_fragments_with_control_frames_between_them() -> None:
    seen: list[str] = []

    async def gather(server: ServerConnection) -> None:
        seen.extend([part async for part in server.recv_streaming(decode=True)])
        await server.send("done")

    async def parts() -> AsyncIterator[str]:
        for part in ("one", "", "two"):
            yield part
            await (await ws.ping())

    async with between(gather) as front, client(front) as ws:
        await ws.send(parts())
        assert await ws.recv() == "done"
        assert seen == ["one", "", "two", ""]


async def test_pings_are_answered_by_the_other_end_and_not_by_the_facade() -> None:
    async def ping(server: ServerConnection) -> None:
        latency = await (await server.ping(b"from the server"))
        await server.send(str(latency >= 0))
        await server.wait_closed()

    async with between(ping, ping_interval=None) as front, client(front, ping_interval=None) as ws:
        assert await ws.recv() == "True"
        assert await (await ws.ping(b"from the client")) >= 0


@pytest.mark.parametrize(
    ("offered", "wanted", "chosen"),
    [
        ([CHAT, SUPERCHAT], [SUPERCHAT], SUPERCHAT),
        ([CHAT], None, None),
        (None, None, None),
    ],
)
async def test_the_two_ends_choose_the_subprotocol(
    offered: list[Subprotocol] | None, wanted: list[Subprotocol] | None, chosen: Subprotocol | None
) -> None:
    async with between(echo, subprotocols=wanted) as front, client(front, subprotocols=offered) as ws:
        assert ws.subprotocol == chosen


async def test_the_two_ends_choose_the_extensions() -> None:
    asked = ClientPerMessageDeflateFactory(server_no_context_takeover=True, client_max_window_bits=11)
    async with between(echo) as front, client(front, compression=None, extensions=[asked]) as ws:
        assert [str(one.name) for one in ws.protocol.extensions] == ["permessage-deflate"]
        await ws.send("compressed " * 1000)
        assert await ws.recv() == "compressed " * 1000
    async with between(echo, compression=None) as front, client(front) as ws:
        assert ws.protocol.extensions == []


@pytest.mark.parametrize("code", [1000, 1001, 1003, 1007, 1011, 3000, 4999])
@pytest.mark.parametrize("by", ["client", "server"])
async def test_close_codes_and_reasons_arrive(code: int, by: str) -> None:
    heard: asyncio.Future[tuple[int | None, str | None]] = asyncio.get_running_loop().create_future()

    async def handler(server: ServerConnection) -> None:
        if by == "server":
            await server.close(code, "wegen Umbau")
        await server.wait_closed()
        heard.set_result((server.close_code, server.close_reason))

    async with between(handler) as front, client(front) as ws:
        if by == "client":
            await ws.close(code, "wegen Umbau")
        await ws.wait_closed()
        assert (ws.close_code, ws.close_reason) == (code, "wegen Umbau")
        assert await heard == (code, "wegen Umbau")


@pytest.mark.parametrize("gone", ["client", "server"])
async def test_an_end_without_a_close_frame_is_seen_as_one(gone: str) -> None:
    heard: asyncio.Future[int | None] = asyncio.get_running_loop().create_future()

    async def handler(server: ServerConnection) -> None:
        if gone == "server":
            server.transport.abort()
        await server.wait_closed()
        heard.set_result(server.close_code)

    async with between(handler) as front, client(front) as ws:
        if gone == "client":
            ws.transport.abort()
        await ws.wait_closed()
        assert ws.close_code == CloseCode.ABNORMAL_CLOSURE
        assert await heard == CloseCode.ABNORMAL_CLOSURE


async def test_a_reader_that_is_slow_slows_the_writer_down() -> None:
    sent = 0

    async def flood(server: ServerConnection) -> None:
        nonlocal sent
        while True:
            await server.send(b"x" * 100_000)
            sent += 1

    async with between(flood, compression=None) as front, client(front, compression=None, max_queue=1) as ws:
        await asyncio.sleep(0.5)
        stuck = sent
        await asyncio.sleep(0.5)
        assert sent - stuck <= 2
        for _ in range(stuck + 20):
            assert len(await ws.recv()) == 100_000


async def test_many_at_once_do_not_hear_each_other() -> None:
    async def talk(front: Running, number: int) -> None:
        async with client(front) as ws:
            for count in range(20):
                await ws.send(f"{number}/{count}")
                assert await ws.recv() == f"{number}/{count}"

    async with between(echo) as front:
        await asyncio.gather(*(talk(front, number) for number in range(50)))
        assert {outcome.tunnel for outcome in front.outcomes} == {True}


async def test_the_server_sees_who_asks_and_what_for() -> None:
    async def tell(server: ServerConnection) -> None:
        assert server.request is not None
        await server.send(f"{server.request.path} {server.request.headers['X-Forwarded-For']}")

    async with between(tell) as front, client(front, origin="http://shop.example") as ws:
        assert await ws.recv() == "/ws?room=1 127.0.0.1"
