"""What a policy asks of a request before it passes, and whom it is told of."""

from __future__ import annotations

import pytest
from fakes.facades import running
from fakes.wire import OK, Peer, answers, connected, get, post, repeats, upstream

from strangler.facade import Failure
from strangler.facade.gate import Asked
from strangler.facade.passage import Identity
from strangler.routing import Gateway, Group, Policy, Route, RouteTable, Upstream
from strangler.routing.identity import SessionRules
from strangler.routing.policy import Limits, Timeouts

pytestmark = pytest.mark.anyio
KNOWN = Policy("p", session=SessionRules())


def table(policy: Policy | None, **gateway: str) -> RouteTable:
    return RouteTable(
        routes=(Route("guarded", "guarded/", policy="p" if policy else None),),
        policies={"p": policy} if policy else {},
        gateway=Gateway(**gateway),
    )


async def never(peer: Peer) -> None:
    raise AssertionError("the upstream was asked")


async def test_a_head_larger_than_the_policy_allows_goes_nowhere() -> None:
    limits = table(Policy("p", limits=Limits(head=500)))
    async with (
        upstream(never) as back,
        running(back.url, limits) as front,
        connected(front.port) as client,
    ):
        await client.send(get("/guarded/", f"X-Long: {'x' * 500}"))
        assert (await client.answer()).status == 431


async def test_nor_does_a_body_that_is_announced_too_large() -> None:
    limits = table(Policy("p", limits=Limits(body=4)))
    async with (
        upstream(never) as back,
        running(back.url, limits) as front,
        connected(front.port) as client,
    ):
        await client.send(post(b"12345", target="/guarded/"))
        assert (await client.answer()).status == 413


async def test_a_chunked_body_is_broken_off_where_it_grows_too_large() -> None:
    async def reads(peer: Peer) -> None:
        await peer.head()
        await peer.reader.read()

    limits = table(Policy("p", limits=Limits(body=4)))
    async with (
        upstream(reads) as back,
        running(back.url, limits) as front,
        connected(front.port) as client,
    ):
        await client.send(
            get("/guarded/", "Transfer-Encoding: chunked", method="POST") + b"3\r\nabc\r\n2\r\nde\r\n"
        )
        assert (await client.answer()).status == 413


async def test_other_routes_are_not_limited() -> None:
    limits = table(Policy("p", limits=Limits(body=4, head=10)))
    async with (
        upstream(repeats(OK)) as back,
        running(back.url, limits) as front,
        connected(front.port) as client,
    ):
        await client.send(post(b"12345", target="/free/"))
        assert (await client.answer()).status == 200


async def test_a_body_within_the_limit_passes() -> None:
    limits = table(Policy("p", limits=Limits(body=5, head=500)))
    async with (
        upstream(repeats(OK)) as back,
        running(back.url, limits) as front,
        connected(front.port) as client,
    ):
        await client.send(post(b"12345", target="/guarded/"))
        assert (await client.answer()).status == 200


async def test_an_answer_that_takes_too_long_is_given_up() -> None:
    async def stalls(peer: Peer) -> None:
        await peer.request()
        await peer.reader.read()

    limits = table(Policy("p", timeouts=Timeouts(total=0.05)))
    async with (
        upstream(stalls) as back,
        running(back.url, limits) as front,
        connected(front.port) as client,
    ):
        await client.send(get("/guarded/"))
        assert (await client.answer()).status == 504
        assert (await front.outcome()).error == "total timeout"


async def test_an_answer_that_has_begun_is_broken_off() -> None:
    async def trickles(peer: Peer) -> None:
        await peer.request()
        await peer.send(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nbegun")
        await peer.reader.read()

    limits = table(Policy("p", timeouts=Timeouts(total=0.05)))
    async with (
        upstream(trickles) as back,
        running(back.url, limits) as front,
        connected(front.port) as client,
    ):
        await client.send(get("/guarded/"))
        assert (await client.head()).status == 200
        assert await client.rest() == b"begun"


async def test_whoever_may_not_pass_hears_why() -> None:
    async def nobody(policy: Policy, route: Route | None, asked: Asked) -> Identity:
        challenge = [(b"www-authenticate", b"Bearer")]
        raise Failure("unauthorized", "a token is needed here", headers=challenge)

    async with upstream(never) as back, running(back.url, table(KNOWN)) as front:
        front.facade.gate.identify = nobody
        async with connected(front.port) as client:
            await client.send(get("/guarded/"))
            answer = await client.answer()
            assert answer.status == 401
            assert answer.head["www-authenticate"] == "Bearer"


async def test_who_was_verified_is_decided_on_and_told_to_the_upstream() -> None:
    async def acme(policy: Policy, route: Route | None, asked: Asked) -> Identity:
        return Identity("ada", {"org": "acme"}, ((b"x-user", b"ada"),))

    async def service(peer: Peer) -> None:
        head, _ = await peer.request()
        assert head["x-user"] == "ada"
        await peer.send(OK)

    async with upstream(never) as old, upstream(service) as new:
        routes = RouteTable(
            upstreams={"s": Upstream("s", new.url)},
            groups={"g": Group("g", "s", allow=("tenant:acme",), policy="p")},
            routes=(Route("guarded", "guarded/", group="g"),),
            policies={"p": KNOWN},
            gateway=Gateway(tenant="claim:org"),
        )
        async with running(old.url, routes) as front, connected(front.port) as client:
            front.facade.gate.identify = acme
            await client.send(get("/guarded/"))
            assert (await client.answer()).status == 200


async def test_a_route_without_a_policy_asks_nobody_who_is_there() -> None:
    async def nobody(policy: Policy, route: Route | None, asked: Asked) -> Identity:
        raise AssertionError("somebody asked")

    async with upstream(answers(OK)) as back, running(back.url, table(KNOWN)) as front:
        front.facade.gate.identify = nobody
        async with connected(front.port) as client:
            await client.send(get("/free/"))
            assert (await client.answer()).status == 200
