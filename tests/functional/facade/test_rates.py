"""Rate limits as a client meets them."""

from __future__ import annotations

import pytest
from fakes.facades import running
from fakes.wire import OK, Peer, connected, get, repeats, upstream

from strangler.facade import Failure
from strangler.facade.gate import Asked
from strangler.facade.passage import Identity
from strangler.routing import Gateway, Policy, Route, RouteTable
from strangler.routing.identity import SessionRules
from strangler.routing.policy import Rate

pytestmark = pytest.mark.anyio


def table(*rates: Rate, version: int = 1, **tenants: str) -> RouteTable:
    """``tenants``: each has a policy of its own, without rates."""
    return RouteTable(
        version,
        routes=(Route("a", "a/", policy="p"), Route("b", "b/", policy="p")),
        policies={
            "p": Policy("p", rate=rates, tenants=tuple(tenants.items())),
            **{name: Policy(name) for name in tenants.values()},
        },
        gateway=Gateway(tenant="header:X-Tenant", trusted_hops=1),
    )


async def statuses(client: Peer, *requests: bytes) -> list[int]:
    told = []
    for request in requests:
        await client.send(request)
        told.append((await client.answer()).status)
    return told


async def test_who_asks_too_often_is_told_when_to_come_again() -> None:
    async with (
        upstream(repeats(OK)) as back,
        running(back.url, table(Rate("client", 2, 60.0, 2))) as front,
        connected(front.port) as client,
    ):
        await client.send(get("/a/"))
        first = await client.answer()
        assert first.status == 200
        assert first.head["ratelimit-policy"] == '"client";q=2;w=60'
        assert first.head["ratelimit"].startswith('"client";r=1;t=')
        assert await statuses(client, get("/a/")) == [200]
        await client.send(get("/b/", "Accept: application/json"))
        refused = await client.answer()
        assert refused.status == 429
        assert 1 <= int(refused.head["retry-after"]) <= 30
        assert refused.head["ratelimit"].startswith('"client";r=0;t=')
        assert b'"rate limited"' in refused.body
        assert back.peers
        figures = front.facade.figures()
        assert figures["strangler_rate_limited_total"] == [({"policy": "p", "by": "client"}, 1.0)]


async def test_a_client_behind_a_proxy_does_not_use_up_another_ones_rate() -> None:
    ada, bob = get("/a/", "X-Forwarded-For: 10.0.0.1"), get("/a/", "X-Forwarded-For: 10.0.0.2")
    async with (
        upstream(repeats(OK)) as back,
        running(back.url, table(Rate("client", 1, 60.0, 1))) as front,
        connected(front.port) as client,
    ):
        assert await statuses(client, ada, bob, ada, bob) == [200, 200, 429, 429]


async def test_a_name_cannot_pass_for_an_address_and_whoever_gives_none_is_counted_by_it() -> None:
    posing = get("/a/", "X-Key: 127.0.0.1", "X-Forwarded-For: 127.0.0.1")
    anonymous = get("/a/", "X-Forwarded-For: 127.0.0.1")
    async with (
        upstream(repeats(OK)) as back,
        running(back.url, table(Rate("header:X-Key", 1, 60.0, 1))) as front,
        connected(front.port) as client,
    ):
        assert await statuses(client, posing, posing, anonymous, anonymous) == [200, 429, 200, 429]


async def test_what_is_counted_is_told_whatever_its_name() -> None:
    rates = Rate("header:X-%d", 3, 60.0, 3), Rate("client", 2, 60.0, 2)
    async with (
        upstream(repeats(OK)) as back,
        running(back.url, table(*rates)) as front,
        connected(front.port) as client,
    ):
        await client.send(get("/a/"))
        told = (await client.answer()).head["ratelimit"]
        assert [state.rpartition(";t=")[0] for state in told.split(", ")] == [
            '"header:X-%d";r=2',
            '"client";r=1',
        ]


async def test_each_route_and_each_tenant_is_counted() -> None:
    async with (
        upstream(repeats(OK)) as back,
        running(back.url, table(Rate("route", 2, 60.0, 2), Rate("tenant", 1, 60.0, 1))) as front,
        connected(front.port) as client,
    ):
        acme, evil = (lambda path, t=t: get(path, f"X-Tenant: {t}") for t in ("acme", "evil"))
        assert await statuses(client, acme("/a/"), acme("/a/")) == [200, 429]
        assert await statuses(client, evil("/b/"), evil("/b/")) == [200, 429]
        other = get("/a/", "X-Tenant: other")
        last = get("/a/", "X-Tenant: last")
        assert await statuses(client, other, last) == [200, 429]


async def test_a_tenant_can_have_a_policy_of_its_own() -> None:
    async with (
        upstream(repeats(OK)) as back,
        running(back.url, table(Rate("client", 1, 60.0, 1), acme="gold")) as front,
        connected(front.port) as client,
    ):
        gold, plain = get("/a/", "X-Tenant: acme"), get("/a/")
        assert await statuses(client, gold, gold, plain, plain) == [200, 200, 200, 429]


async def test_a_new_table_forgets_nothing_unless_the_policy_has_changed() -> None:
    async with (
        upstream(repeats(OK)) as back,
        running(back.url, table(Rate("client", 1, 60.0, 1))) as front,
        connected(front.port) as client,
    ):
        assert await statuses(client, get("/a/")) == [200]
        front.facade.swap(table(Rate("client", 1, 60.0, 1), version=2))
        assert await statuses(client, get("/a/")) == [429]
        front.facade.swap(table(Rate("client", 2, 60.0, 2), version=3))
        assert await statuses(client, get("/a/")) == [200]


async def test_guessing_tokens_is_counted_too() -> None:
    async def nobody(policy: Policy, route: Route | None, asked: Asked) -> Identity:
        raise Failure("unauthorized", "this token is not valid")

    known = Policy("p", rate=(Rate("client", 2, 60.0, 2),), session=SessionRules())
    async with (
        upstream(repeats(OK)) as back,
        running(
            back.url, RouteTable(1, routes=(Route("a", "a/", policy="p"),), policies={"p": known})
        ) as front,
        connected(front.port) as client,
    ):
        front.facade.gate.identify = nobody
        assert await statuses(client, *[get("/a/")] * 3) == [401, 401, 429]
