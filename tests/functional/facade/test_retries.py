"""What is asked again, what is not, and when the monolith answers for the service."""

from __future__ import annotations

import asyncio

import pytest
from fakes.facades import running
from fakes.wire import OK, Answer, Peer, Script, answers, connected, get, post, repeats, upstream

from strangler.facade.observe import counting
from strangler.routing import Group, Policy, Route, RouteTable, Upstream
from strangler.routing.policy import Breaker, Retry, Timeouts
from strangler.routing.table import WayBack
from strangler.telemetry import Counters

pytestmark = pytest.mark.anyio
RETRY = Retry(tries=3, first=0.001, most=0.01)
BUSY = b"HTTP/1.1 503 Busy\r\nContent-Length: 4\r\n\r\nbusy"
NOBODY = "http://127.0.0.1:9"


def table(service: str, policy: Policy, way_back: WayBack = "dual_write") -> RouteTable:
    return RouteTable(
        1,
        upstreams={"s": Upstream("s", service, connect_timeout=1)},
        groups={"g": Group("g", "s", share=100, writer="service", way_back=way_back, policy="p")},
        routes=(Route("a", "a/", group="g"),),
        policies={"p": policy},
    )


async def closes(peer: Peer) -> None:
    await peer.request()


async def begins(peer: Peer) -> None:
    await peer.request()
    await peer.send(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nbegun")


async def stalls(peer: Peer) -> None:
    await peer.request()
    await peer.reader.read()


async def ask(port: int, request: bytes, method: str = "GET") -> Answer:
    async with connected(port) as client:
        await client.send(request)
        return await client.answer(method)


@pytest.mark.parametrize(
    "request_",
    [
        post(b"pay", target="/a/"),
        get("/a/", method="POST"),
        get("/a/", method="PATCH"),
        post(b"put", target="/a/", method="PUT"),
    ],
)
async def test_what_could_have_an_effect_twice_or_has_a_body_is_sent_once(request_: bytes) -> None:
    policy = Policy("p", retry=RETRY, fallback=True)
    async with upstream(closes) as new, upstream(repeats(OK)) as old:
        async with running(old.url, table(new.url, policy)) as front:
            assert (await ask(front.port, request_)).status == 502
        assert (len(new.peers), len(old.peers)) == (1, 0)


async def test_an_answer_that_has_begun_is_not_asked_for_again() -> None:
    async with (
        upstream(begins) as new,
        running(new.url, table(new.url, Policy("p", retry=RETRY, fallback=True))) as front,
        connected(front.port) as client,
    ):
        await client.send(get("/a/"))
        assert (await client.head()).status == 200
        assert await client.rest() == b"begun"
        assert len(new.peers) == 1


async def test_after_so_many_tries_the_failure_is_told() -> None:
    async with (
        upstream(closes) as new,
        running(new.url, table(new.url, Policy("p", retry=RETRY))) as front,
    ):
        assert (await ask(front.port, get("/a/"))).status == 502
        assert len(new.peers) == 3
        outcome = await front.outcome()
        assert (outcome.retries, outcome.fell_back, outcome.error) == (2, None, "closed")


async def test_an_upstream_that_fails_everything_is_not_asked_much_more() -> None:
    async with (
        upstream(closes) as new,
        running(new.url, table(new.url, Policy("p", retry=RETRY))) as front,
    ):
        for _ in range(50):
            await ask(front.port, get("/a/"))
        assert len(new.peers) <= 50 + 10 + 0.2 * 50
        assert front.facade.figures()["strangler_retries_total"] == [
            ({"policy": "p"}, float(len(new.peers) - 50))
        ]


async def test_no_retry_outlives_its_time() -> None:
    slow = Retry(tries=10, first=30.0, most=30.0)
    policy = Policy("p", retry=slow, timeouts=Timeouts(total=0.1))
    async with upstream(closes) as new, running(new.url, table(new.url, policy)) as front:
        async with asyncio.timeout(5):
            assert (await ask(front.port, get("/a/"))).status in (502, 504)


@pytest.mark.parametrize("script", [closes, answers(BUSY)])
@pytest.mark.parametrize("method", ["GET", "HEAD", "DELETE", "PUT"])
async def test_a_failed_request_is_tried_again(script: Script, method: str) -> None:
    policy = Policy("p", retry=Retry(first=0.001, statuses=(503,)))
    async with (
        upstream(script, script, repeats(OK)) as new,
        running(new.url, table(new.url, policy)) as front,
    ):
        assert (await ask(front.port, get("/a/", method=method), method)).status == 200
        assert (await front.outcome()).retries == 2


async def test_a_body_that_was_kept_is_sent_again_and_a_larger_one_is_not() -> None:
    bodies: list[bytes] = []

    async def notes(peer: Peer) -> None:
        bodies.append((await peer.request())[1])

    policy = Policy("p", retry=Retry(first=0.001, bodies=5), timeouts=Timeouts(first_byte=5))
    for body, times in ((b"small", 3), (b"larger", 1)):
        bodies.clear()
        async with upstream(notes) as new, running(new.url, table(new.url, policy)) as front:
            request = post(body, "Expect: 100-continue", target="/a/", method="PUT")
            assert (await ask(front.port, request)).status == 502
            assert bodies == [body] * times
        async with upstream(notes) as new, running(new.url, table(new.url, policy)) as front:
            assert (await ask(front.port, post(b"small", target="/a/"))).status == 502
            assert len(new.peers) == 1


async def test_a_slow_upload_is_not_a_slow_answer() -> None:
    policy = Policy("p", timeouts=Timeouts(first_byte=0.1))
    async with (
        upstream(repeats(OK)) as new,
        running(new.url, table(new.url, policy)) as front,
        connected(front.port) as client,
    ):
        await client.send(get("/a/", "Content-Length: 4", method="PUT"))
        for piece in (b"s", b"l", b"o", b"w"):
            await client.send(piece)
            await asyncio.sleep(0.05)
        assert (await client.answer()).status == 200


async def test_an_empty_body_is_no_body() -> None:
    async with (
        upstream(closes, repeats(OK)) as new,
        running(new.url, table(new.url, Policy("p", retry=RETRY))) as front,
    ):
        assert (await ask(front.port, post(b"", target="/a/", method="PUT"))).status == 200


async def test_the_last_answer_is_passed_on_whatever_its_status() -> None:
    policy = Policy("p", retry=Retry(first=0.001, statuses=(503,)))
    async with upstream(answers(BUSY)) as new, running(new.url, table(new.url, policy)) as front:
        answer = await ask(front.port, get("/a/"))
        assert (answer.status, answer.body) == (503, b"busy")


@pytest.mark.parametrize(("script", "kind"), [(closes, "closed"), (stalls, "read timeout")])
async def test_the_monolith_answers_for_a_service_that_cannot(script: Script, kind: str) -> None:
    policy = Policy("p", fallback=True, timeouts=Timeouts(first_byte=0.1))
    async with (
        upstream(script) as new,
        upstream(repeats(OK)) as old,
        running(old.url, table(new.url, policy), debug_headers=True) as front,
    ):
        answer = await ask(front.port, get("/a/"))
        assert (answer.status, answer.head["x-strangler-side"]) == (200, "monolith")
        assert (await front.outcome()).fell_back == kind


async def test_a_monolith_that_lacks_what_the_service_wrote_does_not_answer_for_it() -> None:
    async with (
        upstream(repeats(OK)) as old,
        running(old.url, table(NOBODY, Policy("p", fallback=True), way_back="none")) as front,
    ):
        assert (await ask(front.port, get("/a/"))).status == 502
        assert not old.peers


async def test_nor_does_it_answer_writes_of_a_service_that_refuses() -> None:
    async with (
        upstream(repeats(OK)) as old,
        running(old.url, table(NOBODY, Policy("p", fallback=True))) as front,
    ):
        assert (await ask(front.port, get("/a/", method="DELETE"))).status == 502
        assert (await ask(front.port, get("/a/"))).status == 200
        assert len(old.peers) == 1


async def test_a_service_that_was_stood_in_for_has_failed_in_the_eyes_of_the_guard() -> None:
    counters = Counters()
    async with (
        upstream(repeats(OK)) as old,
        running(old.url, table(NOBODY, Policy("p", fallback=True))) as front,
    ):
        front.facade.on_finish = counting(counters)
        assert (await ask(front.port, get("/a/"))).status == 200
    windows = counters.drain()
    assert (windows["g", "service"].requests, windows["g", "service"].errors) == (1, 1)
    assert ("g", "monolith") not in windows


async def test_an_open_breaker_hands_safe_requests_to_the_monolith() -> None:
    async with upstream(closes) as new, upstream(repeats(OK)) as old:
        routes = table(new.url, Policy("p", fallback=True))
        broken = Breaker(minimum=2, open=60)
        guarded = {"s": Upstream("s", new.url, breaker=broken)}
        async with running(
            old.url, RouteTable(1, guarded, routes.groups, routes.routes, policies=routes.policies)
        ) as front:
            assert {(await ask(front.port, get("/a/"))).status for _ in range(10)} == {200}
            assert (await ask(front.port, get("/a/", method="POST"))).status == 503
        assert len(new.peers) == 2
