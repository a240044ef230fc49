"""Breakers and bulkheads of upstreams, with the real pool and real load."""

from __future__ import annotations

import asyncio
import contextlib
import random
from collections import Counter
from collections.abc import Callable
from dataclasses import replace

import pytest
from fakes.facades import Running, running
from fakes.wire import OK, Peer, connected, get, repeats, upstream

from strangler.routing import Gateway, Group, Policy, Route, RouteTable, Upstream
from strangler.routing.policy import Breaker, Bulkhead, Retry, Timeouts

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


async def test_no_place_is_lost_whatever_clients_and_upstreams_do() -> None:
    """Clients that leave at any moment, before an upstream that answers, stalls, breaks off, fails or closes."""
    luck = random.Random(5)

    async def moody(peer: Peer) -> None:
        while True:
            await peer.request()
            mood = luck.random()
            await asyncio.sleep(luck.random() * 0.02)
            if mood < 0.1:
                return
            if mood < 0.2:
                await peer.send(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nbroken")
                return
            await peer.send(BROKEN if mood < 0.3 else OK)

    rule = Bulkhead(concurrency=4, queue=8, wait=0.02, per_tenant=3)
    breaker = Breaker(errors=90, minimum=5, window=1, open=0.02, trials=2)
    policy = Policy("p", retry=Retry(first=0.001, statuses=(500,)), timeouts=Timeouts(first_byte=0.03))
    async with upstream(moody) as new:
        routes = table(new.url, bulkhead=rule, breaker=breaker)
        routes = replace(routes, gateway=replace(routes.gateway, policy="p"), policies={"p": policy})
        async with running(new.url, routes) as front:

            async def client() -> None:
                for _ in range(30):
                    async with connected(front.port) as peer:
                        await peer.send(get("/a/", f"X-Tenant: {luck.choice('abc')}"))
                        if luck.random() < 0.5:
                            await asyncio.sleep(luck.random() * 0.03)
                        else:
                            with contextlib.suppress(EOFError, OSError):
                                await peer.answer()

            await asyncio.gather(*(client() for _ in range(20)))
            await until(lambda: figure(front, "strangler_bulkhead_active") == 0)
            assert figure(front, "strangler_bulkhead_waiting") == 0
            assert figure(front, "strangler_bulkhead_refused_total") > 0
            await until(lambda: len(front.outcomes) == 600)


async def until(holds: Callable[[], bool]) -> None:
    async with asyncio.timeout(10):
        while not holds():  # noqa: ASYNC110
            await asyncio.sleep(0.001)
