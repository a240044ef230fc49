"""Outcomes become counts, sampled answers become comparisons; the shadow harms no request."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest
from fakes.facades import Running, running
from fakes.wire import OK, Peer, answers, connected, get, post, repeats, upstream

from strangler.facade.observe import LARGEST, Shadowing, counting
from strangler.routing import Group, Route, RouteTable, Upstream
from strangler.telemetry import Counters

pytestmark = pytest.mark.anyio


def table(service: str, *, shadow: float = 0, **group: object) -> RouteTable:
    made = replace(Group("billing", service="billing", shadow=shadow), **group)  # type: ignore[arg-type]
    return RouteTable(
        upstreams={"billing": Upstream("billing", service, read_timeout=2)},
        groups={"billing": made},
        routes=(Route("billing.list", "api/invoices/", group="billing"),),
    )


def plug(front: Running) -> tuple[Shadowing, list[tuple[str, bool]]]:
    compared: list[tuple[str, bool]] = []
    shadowing = Shadowing(front.facade, lambda group, differs: compared.append((group, differs)))
    front.facade.mirror = shadowing
    return shadowing, compared


async def test_a_shadow_that_never_answers_delays_nobody() -> None:
    async def stuck(peer: Peer) -> None:
        await peer.reader.read()

    async with (
        upstream(repeats(OK)) as old,
        upstream(stuck) as new,
        running(old.url, table(new.url, shadow=100)) as front,
        connected(front.port) as client,
    ):
        shadowing, _ = plug(front)
        for _ in range(200):
            await client.send(get("/api/invoices/"))
            assert (await client.answer()).status == 200
        assert shadowing.mirror.tallies()["billing"].dropped > 0
        await asyncio.wait_for(shadowing.aclose(), 2)


async def test_unsafe_requests_are_never_mirrored() -> None:
    async with (
        upstream(repeats(OK)) as old,
        upstream(repeats(OK)) as new,
        running(old.url, table(new.url, shadow=100)) as front,
        connected(front.port) as client,
    ):
        shadowing, compared = plug(front)
        await client.send(post(b"x", target="/api/invoices/"))
        await client.answer()
        await shadowing.mirror.drain()
        assert not new.peers
        assert not compared
        await shadowing.aclose()


async def test_refusals_and_clients_that_went_away_are_nobodys_failures() -> None:
    async def stuck(peer: Peer) -> None:
        await peer.reader.read()

    counters = Counters()
    async with upstream(stuck) as old, running(old.url) as front:
        outcomes = front.outcomes
        front.facade.on_finish = lambda outcome: (outcomes.append(outcome), counting(counters)(outcome))[0]
        async with connected(front.port) as client:
            await client.send(b"GET / HTTP/1.1\r\n\r\n")
            assert (await client.answer()).status == 400
        async with connected(front.port) as client:
            await client.send(get())
            async with asyncio.timeout(5):
                while not old.peers:  # noqa: ASYNC110
                    await asyncio.sleep(0.001)
        async with asyncio.timeout(5):
            while len(outcomes) < 2:  # noqa: ASYNC110
                await asyncio.sleep(0.001)
    assert counters.totals() == {}


async def test_a_copy_says_that_it_is_one_and_is_compared() -> None:
    seen = []

    async def service(peer: Peer) -> None:
        for raw in (OK, OK.replace(b"ok", b"no")):
            head, _ = await peer.request()
            seen.append(head)
            await peer.send(raw)
        await peer.reader.read()

    async with (
        upstream(repeats(OK)) as old,
        upstream(service) as new,
        running(old.url, table(new.url, shadow=100)) as front,
        connected(front.port) as client,
    ):
        shadowing, compared = plug(front)
        for _ in range(2):
            await client.send(get("/api/invoices/?a=b", "Authorization: Token x"))
            await client.answer()
            await front.outcome()
            front.outcomes.clear()
            await shadowing.mirror.drain()
        assert compared == [("billing", False), ("billing", True)]
        assert seen[0].line == "GET /api/invoices/?a=b HTTP/1.1"
        assert seen[0]["host"] == "shop.example"
        assert seen[0]["authorization"] == "Token x"
        assert seen[0]["x-strangler-shadow"] == "1"
        await shadowing.aclose()


@pytest.mark.parametrize("raw", [b"garbage\r\n\r\n", b"HTTP/1.1 200 OK\r\n\r\n" + b"x" * (LARGEST + 1)])
async def test_a_copy_without_a_proper_answer_is_counted_as_unanswered(raw: bytes) -> None:
    async with (
        upstream(repeats(OK)) as old,
        upstream(answers(raw)) as new,
        running(old.url, table(new.url, shadow=100)) as front,
        connected(front.port) as client,
    ):
        shadowing, compared = plug(front)
        await client.send(get("/api/invoices/"))
        await client.answer()
        await front.outcome()
        await shadowing.mirror.drain()
        assert shadowing.mirror.tallies()["billing"].unanswered == 1
        assert compared == [("billing", True)]
        await shadowing.aclose()


async def test_requests_are_counted_by_group_and_side() -> None:
    counters = Counters()
    async with (
        upstream(repeats(OK)) as old,
        running(old.url, table("http://127.0.0.1:1", share=100)) as front,
    ):
        front.facade.on_finish = counting(counters)
        async with connected(front.port) as client:
            await client.send(get("/api/invoices/"))
            assert (await client.answer()).status == 502
            await client.send(get("/"))
            assert (await client.answer()).status == 200
    totals = counters.totals()
    assert (totals["billing", "service"][0].requests, totals["billing", "service"][0].errors) == (1, 1)
    assert (totals["-", "monolith"][0].requests, totals["-", "monolith"][0].errors) == (1, 0)
