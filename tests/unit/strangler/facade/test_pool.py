"""The pool's bookkeeping against an upstream of the test's own."""

from __future__ import annotations

import asyncio

import pytest
from fakes.wire import OK, Peer, answers, repeats, upstream

from strangler.facade import Failure, Pool
from strangler.facade.connection import Connection
from strangler.facade.transport import Request
from strangler.routing import Upstream

pytestmark = pytest.mark.anyio
GET = Request("GET", b"/", [(b"host", b"a")])
POST = Request("POST", b"/", [(b"host", b"a")])


async def ask(pool: Pool, request: Request) -> Connection:
    answer = await pool.exchange(request, None)
    assert await answer.read() == b"ok"
    answer.finish()
    return answer


async def test_a_cancelled_waiter_does_not_keep_the_next_one_waiting() -> None:
    release = asyncio.Event()

    async def held(peer: Peer) -> None:
        while True:
            await peer.request()
            await release.wait()
            await peer.send(OK)

    async with upstream(held) as back:
        pool = Pool(Upstream("m", back.url, connect_timeout=5, max_connections=1))
        first, second, third = (asyncio.create_task(ask(pool, GET)) for _ in range(3))
        await asyncio.sleep(0.02)
        release.set()
        while not first.done():  # noqa: ASYNC110
            await asyncio.sleep(0)
        second.cancel()
        async with asyncio.timeout(2):
            await third
        assert pool.open_connections == 1
        pool.retire()


@pytest.mark.parametrize("keeps", [True, False])
async def test_who_waits_longest_comes_first_and_nobody_pushes_in(keeps: bool) -> None:
    """Three greedy ones ask again as soon as they are answered; those who wait are served in the order they came."""
    closing = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok"
    order: list[int] = []
    over = asyncio.Event()

    async def greedy(pool: Pool) -> None:
        while not over.is_set():
            await ask(pool, GET)

    async def patient(pool: Pool, number: int) -> None:
        await ask(pool, GET)
        order.append(number)

    async with upstream(repeats(OK) if keeps else answers(closing)) as back:
        pool = Pool(Upstream("m", back.url, connect_timeout=5, max_connections=2))
        hogs = [asyncio.create_task(greedy(pool)) for _ in range(3)]
        await asyncio.sleep(0.02)
        await asyncio.gather(*(patient(pool, number) for number in range(20)))
        over.set()
        await asyncio.gather(*hogs)
        assert max(abs(place - number) for place, number in enumerate(order)) <= 1
        pool.retire()


async def test_who_finds_no_room_is_told_so_and_leaves_nothing_behind() -> None:
    async def silent(peer: Peer) -> None:
        await peer.reader.read()

    async with upstream(silent) as back:
        pool = Pool(Upstream("m", back.url, connect_timeout=0.02, max_connections=1))
        first = asyncio.create_task(ask(pool, GET))
        await asyncio.sleep(0.01)
        with pytest.raises(Failure) as busy:
            await ask(pool, GET)
        assert busy.value.status == 503
        first.cancel()
        await asyncio.gather(first, return_exceptions=True)
        await asyncio.sleep(0.01)
        assert pool.open_connections == 0


async def test_a_refused_connection_leaves_its_place_to_others() -> None:
    async with upstream(repeats(OK)) as back:
        gone = back.url
    pool = Pool(Upstream("m", gone, connect_timeout=1, max_connections=1))
    results = await asyncio.gather(*(ask(pool, GET) for _ in range(5)), return_exceptions=True)
    assert [str(result) for result in results] == ["m refused the connection"] * 5
    assert pool.open_connections == 0


async def test_an_old_idle_connection_makes_room_when_there_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("strangler.facade.pool.UNREPEATABLE_IDLE_LIMIT", -1.0)
    async with upstream(repeats(OK)) as back:
        pool = Pool(Upstream("m", back.url, connect_timeout=1, max_connections=1))
        old = await ask(pool, GET)
        assert await ask(pool, GET) is old
        assert await ask(pool, POST) is not old
        assert pool.open_connections == 1
        pool.retire()


async def test_a_connection_that_was_idle_for_too_long_is_not_used_again() -> None:
    async with upstream(repeats(OK)) as back:
        pool = Pool(Upstream("m", back.url, idle_timeout=0.01))
        old = await ask(pool, GET)
        await asyncio.sleep(0.02)
        assert await ask(pool, GET) is not old
        assert pool.open_connections == 1
        pool.retire()


async def test_a_retired_pool_keeps_nothing() -> None:
    async with upstream(repeats(OK)) as back:
        pool = Pool(Upstream("m", back.url))
        await ask(pool, GET)
        under_way = await pool.exchange(GET, None)
        pool.retire()
        assert await under_way.read() == b"ok"
        under_way.finish()
        async with asyncio.timeout(2):
            while pool.open_connections:  # noqa: ASYNC110
                await asyncio.sleep(0)
