"""Which address an upstream is reached at, when it has several, when they change, and when it has none."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from pathlib import Path

import pytest
from fakes.wire import OK, Peer, repeats, upstream

from strangler.facade import Failure, Pool
from strangler.facade.transport import Request
from strangler.routing import Upstream

pytestmark = pytest.mark.anyio
GET = Request("GET", b"/", [(b"host", b"")])
UNREACHABLE = "127.0.0.9"
"""Nobody listens there."""


class Names:
    """A resolver whose answers are written down; the last one counts from then on."""

    def __init__(self, *answers: list[str] | OSError) -> None:
        self.answers = list(answers)
        self.asked: list[tuple[str, int]] = []

    async def __call__(self, host: str, port: int) -> list[str]:
        self.asked.append((host, port))
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(answer, OSError):
            raise answer
        return answer


async def ask(pool: Pool) -> bytes:
    answer = await pool.exchange(GET, None)
    try:
        return await answer.read()
    finally:
        answer.finish()


@asynccontextmanager
async def pool_of(url: str, names: Names | None = None, connect_timeout: float = 2.0) -> AsyncIterator[Pool]:
    pool = Pool(Upstream("m", url, connect_timeout=connect_timeout), names)
    yield pool
    pool.retire()


@asynccontextmanager
async def mute(port: int = 0, address: str = "127.0.0.8") -> AsyncIterator[int]:
    """A port at which connections neither succeed nor fail: its queue is full."""
    with closing(socket.socket()) as listener, closing(socket.socket()) as filler:
        listener.bind((address, port))
        listener.listen(0)
        port = listener.getsockname()[1]
        filler.connect((address, port))
        more = [socket.socket() for _ in range(4)]
        for one in more:
            one.setblocking(False)
            one.connect_ex((address, port))
        yield port
        for one in more:
            one.close()


@pytest.mark.parametrize("answer", [socket.gaierror(-2, "unknown"), []])
async def test_a_name_without_an_address_is_a_refusal(answer: list[str] | OSError) -> None:
    async with pool_of("http://m.internal:80", Names(answer)) as pool:
        with pytest.raises(Failure) as caught:
            await ask(pool)
        assert caught.value.kind == "refused"
        assert caught.value.message == "the host of m is unknown"
        assert pool.open_connections == 0


@pytest.mark.parametrize("address", ["169.254.169.254", "::ffff:169.254.169.254", "fe80::1", "fd00:ec2::254"])
async def test_a_name_never_leads_to_the_credentials_of_the_machine(address: str) -> None:
    async with pool_of("http://m.internal:80", Names([address])) as pool:
        with pytest.raises(Failure, match="the host of m is where clouds hand out credentials"):
            await ask(pool)


async def test_where_every_address_refuses_the_upstream_has_refused() -> None:
    async with pool_of("http://m.internal:1", Names(["127.0.0.1", UNREACHABLE])) as pool:
        with pytest.raises(Failure) as caught:
            await ask(pool)
        assert caught.value.message == "m refused the connection"


async def test_where_no_address_answers_in_time_nothing_is_left_behind() -> None:
    async with mute() as port:
        names = Names(["127.0.0.8", "127.0.0.8"])
        async with pool_of(f"http://m.internal:{port}", names, connect_timeout=0.1) as pool:
            with pytest.raises(Failure) as caught:
                await ask(pool)
            assert caught.value.kind == "connect timeout"
            assert pool.open_connections == 0


async def test_an_address_that_refuses_costs_nothing() -> None:
    async with upstream(repeats(OK)) as back:
        names = Names([UNREACHABLE, "::1", "127.0.0.1"])
        async with pool_of(f"http://m.internal:{back.port}", names) as pool:
            assert await ask(pool) == b"ok"
            assert len(back.peers) == 1


async def test_an_address_that_is_mute_costs_a_moment() -> None:
    async with upstream(repeats(OK)) as back, mute(back.port) as port:
        names = Names(["127.0.0.8", "127.0.0.1"])
        async with pool_of(f"http://m.internal:{port}", names) as pool:
            assert await ask(pool) == b"ok"
            assert pool.open_connections == 1


async def test_the_name_is_asked_for_again_and_old_connections_do_not_live_on(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async with upstream(repeats(OK)) as back:
        names = Names(["127.0.0.1"], [UNREACHABLE])
        async with pool_of(f"http://m.internal:{back.port}", names) as pool:
            assert await ask(pool) == b"ok"
            assert await ask(pool) == b"ok"
            monkeypatch.setattr("strangler.facade.pool.MOST_AGE", -1.0)
            assert await ask(pool) == b"ok"
            with pytest.raises(Failure):
                await ask(pool)
        assert names.asked == [("m.internal", back.port)] * 2


async def test_an_address_is_never_asked_for() -> None:
    async with upstream(repeats(OK)) as back, pool_of(back.url, Names(OSError())) as pool:
        assert await ask(pool) == b"ok"


async def test_an_upstream_behind_a_unix_socket(tmp_path: Path) -> None:
    seen = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        peer = Peer(reader, writer)
        seen.append((await peer.request())[0]["host"])
        await peer.send(OK)
        writer.close()

    path = tmp_path / "app.sock"
    server = await asyncio.start_unix_server(serve, path)
    async with pool_of(f"unix:{path}") as pool:
        assert await ask(pool) == b"ok"
        assert seen == ["localhost"]
    server.close()
    path.unlink(missing_ok=True)
    async with pool_of(f"unix:{path}") as pool:
        with pytest.raises(Failure, match="m refused the connection"):
            await ask(pool)


async def test_an_upstream_at_an_ipv6_address() -> None:
    async with upstream(repeats(OK), host="::1") as back, pool_of(back.url) as pool:
        assert await ask(pool) == b"ok"
