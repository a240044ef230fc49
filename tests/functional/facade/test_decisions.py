"""The facade acts on decisions: sides, cookies, swaps of the table, and what it tells about it."""

from __future__ import annotations

import asyncio
import time
from dataclasses import replace

import pytest
from fakes.facades import running
from fakes.wire import Peer, Script, connected, get, post, upstream

from strangler.facade.events import CAPTURE_LIMIT
from strangler.routing import Gateway, Group, Route, RouteTable, Upstream

pytestmark = pytest.mark.anyio


def says(name: str, *fields: str, body: bytes = b"") -> Script:
    """Answers everything with its name and these fields."""
    head = "".join(f"{field}\r\n" for field in (f"X-Name: {name}", *fields))

    async def script(peer: Peer) -> None:
        while True:
            await peer.request()
            await peer.send(
                b"HTTP/1.1 200 OK\r\n%bContent-Length: %d\r\n\r\n%b" % (head.encode(), len(body), body)
            )

    return script


def table(service: str, share: float, version: int = 1, **group: object) -> RouteTable:
    return RouteTable(
        version=version,
        upstreams={"billing": Upstream("billing", service)},
        groups={"billing": replace(Group("billing", service="billing", share=share), **group)},  # type: ignore[arg-type]
        routes=(Route("billing.list", "api/invoices/", group="billing"),),
    )


async def test_no_cookie_on_an_answer_that_a_shared_cache_may_keep() -> None:
    for control in ("public, max-age=60", "s-maxage=60", "max-age=60"):
        async with (
            upstream(says("old", f"Cache-Control: {control}")) as old,
            running(old.url, table(old.url, 50)) as front,
            connected(front.port) as client,
        ):
            await client.send(get("/api/invoices/"))
            assert "set-cookie" not in (await client.answer()).head


async def test_nothing_is_mirrored_that_was_not_sampled() -> None:
    async with (
        upstream(says("old")) as old,
        running(old.url, table(old.url, 0, shadow=0)) as front,
        connected(front.port) as client,
    ):
        for raw in (get("/api/invoices/"), post(b"x", target="/api/invoices/"), get("/")):
            await client.send(raw)
            await client.answer()
        assert not front.mirrored


async def test_a_bucket_is_published_once_and_then_obeyed() -> None:
    async with (
        upstream(says("old", "Set-Cookie: sessionid=1")) as old,
        upstream(says("new")) as new,
        running(old.url, table(new.url, 50)) as front,
        connected(front.port) as client,
    ):
        await client.send(get("/api/invoices/"))
        first = await client.answer()
        cookie = first.head.all("set-cookie")[-1]
        bucket = int(cookie.partition(";")[0].removeprefix("strangler_billing="))
        assert cookie.partition(";")[2] == " Path=/; HttpOnly; SameSite=Lax; Max-Age=31536000"
        assert first.head["x-name"] == ("new" if bucket < 5000 else "old")
        for told, name in (("4999", "new"), ("5000", "old")):
            await client.send(get("/api/invoices/", f"Cookie: a=1; strangler_billing={told}"))
            answer = await client.answer()
            assert answer.head["x-name"] == name
            assert not [c for c in answer.head.all("set-cookie") if c.startswith("strangler_")]


async def test_the_cookie_is_secure_where_the_client_came_by_https() -> None:
    async with upstream(says("old")) as old:
        trusting = replace(table(old.url, 50), gateway=Gateway(trusted_hops=1))
        async with running(old.url, trusting) as front, connected(front.port) as client:
            await client.send(get("/api/invoices/", "X-Forwarded-Proto: https"))
            assert (await client.answer()).head["set-cookie"].endswith("; Secure")


async def test_the_side_is_told_only_where_it_was_asked_for() -> None:
    async with upstream(says("old")) as old, upstream(says("new")) as new:
        for debug in (False, True):
            async with (
                running(old.url, table(new.url, 100), debug_headers=debug) as front,
                connected(front.port) as client,
            ):
                await client.send(get("/api/invoices/"))
                assert (await client.answer()).head.all("x-strangler-side") == (["service"] if debug else [])


async def test_writes_follow_the_writer() -> None:
    async with (
        upstream(says("old")) as old,
        upstream(says("new")) as new,
        running(old.url, table(new.url, 100, writer="monolith")) as front,
        connected(front.port) as client,
    ):
        await client.send(post(b"x", target="/api/invoices/"))
        assert (await client.answer()).head["x-name"] == "old"
        await client.send(get("/api/invoices/"))
        assert (await client.answer()).head["x-name"] == "new"


async def test_an_outcome_tells_the_whole_story() -> None:
    async with (
        upstream(says("old", body=b"hello")) as old,
        running(old.url, table(old.url, 0)) as front,
        connected(front.port) as client,
    ):
        before = time.time()
        await client.send(post(b"abc", "X-Request-Id: r1", target="/api/inv%6Fices/?a=b"))
        await client.answer()
        outcome = await front.outcome()
        assert outcome.decision is not None
        assert outcome.decision.group is not None
        assert (outcome.decision.side, outcome.decision.group.name) == ("monolith", "billing")
        assert (outcome.method, outcome.path, outcome.status) == ("POST", "/api/invoices/", 200)
        assert (outcome.bytes_in, outcome.bytes_out, outcome.error) == (3, 5, None)
        assert (outcome.request_id, outcome.client, outcome.tunnel) == ("r1", "127.0.0.1", False)
        assert before <= outcome.started <= time.time()
        assert outcome.upstream_seconds is not None
        assert 0 < outcome.upstream_seconds <= outcome.duration


async def test_a_sampled_answer_is_captured_up_to_a_limit() -> None:
    for size in (1000, CAPTURE_LIMIT + 1000):
        async with (
            upstream(says("old", body=b"x" * size)) as old,
            running(old.url, table(old.url, 0, shadow=100)) as front,
            connected(front.port) as client,
        ):
            await client.send(get("/api/invoices/?a=b", "Cookie: c=1"))
            assert len((await client.answer()).body) == size
            await front.outcome()
            ((decision, request, answer),) = front.mirrored
            assert decision.shadow == "billing"
            assert (request.method, request.target) == ("GET", b"/api/invoices/?a=b")
            assert (b"cookie", b"c=1") in request.headers
            assert (answer.status, answer.truncated) == (200, size > CAPTURE_LIMIT)
            assert answer.body == b"x" * min(size, CAPTURE_LIMIT)
            assert (b"x-name", b"old") in answer.headers


async def test_a_request_under_way_keeps_its_table_and_its_upstream() -> None:
    asked, release = asyncio.Event(), asyncio.Event()

    async def slow(peer: Peer) -> None:
        await peer.request()
        asked.set()
        await release.wait()
        await peer.send(b"HTTP/1.1 200 OK\r\nX-Name: new\r\nContent-Length: 0\r\n\r\n")
        assert await peer.closed()  # its upstream is gone from the table: the connection is not kept

    async with (
        upstream(says("old")) as old,
        upstream(slow) as new,
        running(old.url, table(new.url, 100)) as front,
        connected(front.port) as client,
        connected(front.port) as other,
    ):
        await client.send(get("/api/invoices/"))
        await asked.wait()
        front.facade.swap(RouteTable(version=2))
        await other.send(get("/api/invoices/"))
        assert (await other.answer()).head["x-name"] == "old"
        release.set()
        assert (await client.answer()).head["x-name"] == "new"


async def test_twenty_swaps_under_load_fail_nobody() -> None:
    async with upstream(says("old")) as old, upstream(says("new")) as new, running(old.url) as front:
        counts = {"old": 0, "new": 0}
        done = asyncio.Event()

        async def client() -> None:
            async with connected(front.port) as peer:
                while not done.is_set():
                    await peer.send(get("/api/invoices/"))
                    answer = await peer.answer()
                    assert answer.status == 200
                    counts[answer.head["x-name"]] += 1

        clients = [asyncio.create_task(client()) for _ in range(16)]
        for version in range(1, 21):
            front.facade.swap(table(new.url, 100 * (version % 2), version))
            await asyncio.sleep(0.02)
        done.set()
        await asyncio.gather(*clients)
        assert min(counts.values()) > 50
        assert all(outcome.status == 200 for outcome in front.outcomes)
