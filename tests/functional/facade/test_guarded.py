"""Breakers and bulkheads of upstreams, with the real pool and real load."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable
from dataclasses import replace

import pytest
from fakes.facades import Running, running
from fakes.wire import OK, Peer, connected, get, repeats, upstream

from strangler.routing import Gateway, Group, Route, RouteTable, Upstream
from strangler.routing.policy import Breaker, Bulkhead

pytestmark = pytest.mark.anyio
BROKEN = b"HTTP/1.1 500 Oops\r\nContent-Length: 0\r\n\r\n"
BREAKER = Breaker(errors=50, minimum=4, window=10, open=0.2, trials=2)


def table(service: str, **guards: object) -> RouteTable:
    return RouteTable(
        1,
        upstreams={"s": replace(Upstream("s", service), **guards)},  # type: ignore[arg-type]
        groups={"g": Group("g", "s", share=100)},
        routes=(Route("a", "a/", group="g"),),
        gateway=Gateway(tenant="header:X-Tenant"),
    )


async def ask(front: Running, tenant: str = "", path: str = "/a/") -> int:
    async with connected(front.port) as client:
        await client.send(get(path, f"X-Tenant: {tenant}"))
        return (await client.answer()).status


def figure(front: Running, name: str, **labels: str) -> float:
    told = front.facade.figures()[name]
    return next(value for found, value in told if labels.items() <= found.items())


async def test_an_open_breaker_leaves_the_upstream_alone_and_other_upstreams_out_of_it() -> None:
    async with (
        upstream(repeats(OK)) as old,
        upstream(repeats(BROKEN)) as new,
        running(old.url, table(new.url, breaker=replace(BREAKER, open=60))) as front,
    ):
        assert [await ask(front) for _ in range(6)] == [500] * 4 + [503] * 2
        assert await ask(front, path="/other/") == 200
        assert figure(front, "strangler_breaker_state", state="open") == 1.0
        assert figure(front, "strangler_breaker_opened_total") == 1.0
        async with connected(front.port) as client:
            await client.send(get("/a/"))
            assert int((await client.answer()).head["retry-after"]) >= 59


async def test_a_breaker_survives_a_new_table_and_forgets_an_upstream_that_has_changed() -> None:
    async with (
        upstream(repeats(OK)) as old,
        upstream(repeats(BROKEN)) as new,
        running(old.url, table(new.url, breaker=replace(BREAKER, open=60))) as front,
    ):
        assert [await ask(front) for _ in range(5)] == [500] * 4 + [503]
        front.facade.swap(replace(front.facade.table, version=2))
        assert await ask(front) == 503
        front.facade.swap(table(old.url, breaker=replace(BREAKER, open=60)))
        assert await ask(front) == 200


async def test_clients_that_leave_open_no_breaker() -> None:
    begun = asyncio.Event()

    async def stalls(peer: Peer) -> None:
        await peer.request()
        begun.set()
        await peer.reader.read()

    async with (
        upstream(stalls) as new,
        running(new.url, table(new.url, breaker=BREAKER)) as front,
    ):
        for _ in range(6):
            begun.clear()
            async with connected(front.port) as client:
                await client.send(get("/a/"))
                await begun.wait()
        assert figure(front, "strangler_breaker_state", state="open") == 0.0


async def test_a_breaker_closes_again_when_the_upstream_has_recovered() -> None:
    async with (
        upstream(*[broken_once] * 4, repeats(OK)) as new,
        running(new.url, table(new.url, breaker=BREAKER)) as front,
    ):
        assert [await ask(front) for _ in range(5)] == [502] * 4 + [503]
        await asyncio.sleep(0.25)
        assert [await ask(front) for _ in range(5)] == [200] * 5
        assert figure(front, "strangler_breaker_state", state="open") == 0.0


async def broken_once(peer: Peer) -> None:
    await peer.request()


async def test_what_finds_no_place_is_told_so_at_once_or_after_its_wait() -> None:
    release = asyncio.Event()

    async def held(peer: Peer) -> None:
        while True:
            await peer.request()
            await release.wait()
            await peer.send(OK)

    rule = Bulkhead(concurrency=1, queue=1, wait=0.05)
    async with upstream(held) as new, running(new.url, table(new.url, bulkhead=rule)) as front:
        first = asyncio.create_task(ask(front))
        await until(lambda: figure(front, "strangler_bulkhead_active") == 1)
        second = asyncio.create_task(ask(front))
        await until(lambda: figure(front, "strangler_bulkhead_waiting") == 1)
        assert await ask(front) == 503
        assert await second == 503
        release.set()
        assert await first == 200
        assert await ask(front) == 200
        assert figure(front, "strangler_bulkhead_active") == 0
        assert figure(front, "strangler_bulkhead_refused_total") == 2


async def test_whoever_leaves_the_queue_or_the_upstream_leaves_its_place() -> None:
    async def stalls(peer: Peer) -> None:
        await peer.request()
        await peer.reader.read()

    rule = Bulkhead(concurrency=1, queue=5, wait=5)
    async with upstream(stalls) as new, running(new.url, table(new.url, bulkhead=rule)) as front:
        async with connected(front.port) as first, connected(front.port) as second:
            await first.send(get("/a/"))
            await until(lambda: figure(front, "strangler_bulkhead_active") == 1)
            await second.send(get("/a/"))
            await until(lambda: figure(front, "strangler_bulkhead_waiting") == 1)
        await until(lambda: figure(front, "strangler_bulkhead_active") == 0)
        assert figure(front, "strangler_bulkhead_waiting") == 0


@pytest.mark.parametrize("per_tenant", [None, 6])
async def test_a_noisy_tenant_does_not_starve_the_others(per_tenant: int | None) -> None:
    """200 clients of one tenant, who come again as soon as they are answered, against 2 of another."""

    async def slow(peer: Peer) -> None:
        while True:
            await peer.request()
            await asyncio.sleep(0.005)
            await peer.send(OK)

    told: dict[str, Counter[int]] = {"noisy": Counter(), "quiet": Counter()}
    rule = Bulkhead(concurrency=8, queue=40, wait=5, per_tenant=per_tenant)
    async with upstream(slow) as new, running(new.url, table(new.url, bulkhead=rule)) as front:
        over = asyncio.Event()

        async def noisy() -> None:
            async with connected(front.port) as client:
                while not over.is_set():
                    await client.send(get("/a/", "X-Tenant: noisy"))
                    told["noisy"][(await client.answer()).status] += 1

        async def quiet() -> None:
            async with connected(front.port) as client:
                for _ in range(50):
                    await client.send(get("/a/", "X-Tenant: quiet"))
                    told["quiet"][(await client.answer()).status] += 1

        crowd = [asyncio.create_task(noisy()) for _ in range(200)]
        await until(lambda: told["noisy"][503] > 100)
        await asyncio.gather(quiet(), quiet())
        over.set()
        await asyncio.gather(*crowd)
    assert told["quiet"] == {200: 100}
    assert told["noisy"][503] > 100


async def until(holds: Callable[[], bool]) -> None:
    async with asyncio.timeout(10):
        while not holds():  # noqa: ASYNC110
            await asyncio.sleep(0.001)
