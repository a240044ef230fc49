from __future__ import annotations

from dataclasses import replace

import pytest

from strangler.routing import (
    MONOLITH,
    Gateway,
    Group,
    RequestFacts,
    Route,
    RouteTable,
    Upstream,
    decide,
    match,
)
from strangler.routing.cohort import bucket_of
from strangler.routing.table import Writer

GROUP = Group("billing", "billing-service", share=50, writer="monolith")


def table_of(group: Group = GROUP, *routes: Route, gateway: Gateway | None = None) -> RouteTable:
    return RouteTable(
        upstreams={"billing-service": Upstream("billing-service", "http://127.0.0.1:1")},
        groups={"billing": group},
        routes=routes or (Route("all", "/", "prefix", group="billing"),),
        gateway=gateway or Gateway(),
    )


def get(**facts: object) -> RequestFacts:
    return replace(RequestFacts("GET", "/x/"), **facts)  # type: ignore[arg-type]


@pytest.mark.parametrize("writer", ["undeclared", "monolith"])
@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE", "PROPFIND", "get"])
def test_no_write_reaches_a_service_that_is_not_the_writer(method: str, writer: Writer) -> None:
    group = replace(GROUP, share=100, writer=writer, allow=("header:X-Beta=1",), shadow=100)
    decision = decide(table_of(group), get(method=method, headers={"x-beta": "1"}, shadow_roll=0))
    assert (decision.side, decision.upstream, decision.shadow) == ("monolith", MONOLITH, None)


def test_no_read_of_a_denied_user_reaches_the_service_even_if_allowed() -> None:
    group = replace(GROUP, share=100, allow=("cookie:beta=1",), deny=("cookie:beta=1",))
    assert decide(table_of(group), get(cookies={"beta": "1"})).side == "monolith"


def test_a_tenant_with_a_share_of_its_own_has_nobody_elses() -> None:
    group = replace(GROUP, share=50, sticky="client", shares=(("acme", 100.0), ("evil", 0.0)))
    table = table_of(group, gateway=Gateway(tenant="host"))
    asked = {name: decide(table, get(host=f"{name}.example")) for name in ("acme", "evil", "other")}
    assert (asked["acme"].side, asked["evil"].side) == ("service", "monolith")
    assert asked["acme"].reason == "the whole tenant is on the service"
    assert asked["evil"].reason == "the whole tenant is on the monolith"
    assert asked["other"].bucket is not None


def test_a_tenant_that_nobody_verified_is_none() -> None:
    group = replace(GROUP, share=0, allow=("tenant:acme", "user:ada", "claim:plan=gold"))
    table = table_of(group, gateway=Gateway(tenant="claim:org"))
    assert decide(table, get(headers={"org": "acme"}, cookies={"org": "acme"})).side == "monolith"
    for verified in ({"claims": {"org": "acme"}}, {"user": "ada"}, {"claims": {"plan": "gold"}}):
        assert decide(table, get(**verified)).reason == "on the allow list"


def test_nothing_that_no_route_matches_leaves_the_monolith() -> None:
    decision = decide(table_of(GROUP, Route("a", "/a/", group="billing")), get(path="/b/"))
    assert (decision.side, decision.upstream, decision.route) == ("monolith", MONOLITH, None)


def test_nothing_that_the_service_answers_is_mirrored_to_it() -> None:
    assert decide(table_of(replace(GROUP, share=100, shadow=100)), get(shadow_roll=0)).shadow is None


def test_a_published_bucket_that_nobody_published_is_replaced() -> None:
    decision = decide(table_of(), get(cookies={"strangler_billing": "12345"}, roll=77))
    assert (decision.bucket, decision.publish) == (77, 77)


def test_every_write_goes_to_the_service_once_it_is_the_writer() -> None:
    decision = decide(table_of(replace(GROUP, share=0, writer="service")), get(method="DELETE"))
    assert (decision.side, decision.upstream) == ("service", "billing-service")


def test_logging_in_moves_nobody() -> None:
    before = decide(table_of(), get(roll=1))
    after = decide(
        table_of(), get(cookies={"sessionid": "new", "strangler_billing": str(before.publish)}, roll=9_999)
    )
    assert (before.side, after.side, after.publish) == ("service", "service", None)


def test_an_identity_is_hashed_with_the_salt_of_its_group() -> None:
    facts = get(cookies={"sessionid": "abc"})
    assert decide(table_of(), facts).bucket == bucket_of("billing", "abc")
    assert decide(table_of(replace(GROUP, salt="s")), facts).bucket == bucket_of("s", "abc")


@pytest.mark.parametrize(
    ("sticky", "facts", "identity"),
    [
        ("header:X-User", {"headers": {"x-user": "u1"}}, "u1"),
        ("header:X-User", {"client": "10.0.0.1"}, "10.0.0.1"),
        ("client", {"client": "10.0.0.1"}, "10.0.0.1"),
        ("tenant", {"host": "acme.example.com:443"}, "acme"),
    ],
)
def test_identities_other_than_cookies(sticky: str, facts: dict[str, object], identity: str) -> None:
    decision = decide(table_of(replace(GROUP, sticky=sticky), gateway=Gateway("host")), get(**facts))
    assert (decision.bucket, decision.publish) == (bucket_of("billing", identity), None)


@pytest.mark.parametrize(
    ("tenant", "facts"),
    [
        ("header:X-Tenant", {"headers": {"x-tenant": "acme"}}),
        ("cookie:t", {"cookies": {"t": "acme"}}),
        ("host", {"host": "acme.example.com"}),
        ("path:2", {"path": "/t/acme/x"}),
    ],
)
def test_a_tenant_is_read_from_where_the_gateway_says(tenant: str, facts: dict[str, object]) -> None:
    table = table_of(replace(GROUP, share=0, allow=("tenant:acme",)), gateway=Gateway(tenant))
    assert decide(table, get(**facts)).reason == "on the allow list"
    assert decide(table, get(path="/t")).reason == "the whole group is on the monolith"


def test_reads_of_the_monolith_are_sampled_for_the_shadow() -> None:
    table = table_of(replace(GROUP, share=0, shadow=12.34))
    assert decide(table, get(shadow_roll=1233)).shadow == "billing-service"
    assert decide(table, get(shadow_roll=1234)).shadow is None


def test_the_first_route_wins_unless_a_later_one_has_priority() -> None:
    first, second = Route("first", "/a/<x>/"), Route("second", "/a/<slug:y>/")
    assert match(RouteTable(routes=(first, second)), "GET", "/a/b/") is first
    urgent = replace(second, priority=1)
    assert match(RouteTable(routes=(first, urgent)), "GET", "/a/b/") is urgent


def test_a_language_may_stand_before_some_routes_only() -> None:
    page, plain = Route("page", "/shop/<int:pk>/", i18n=True), Route("plain", "/api/<int:pk>/")
    table = RouteTable(routes=(plain, page), gateway=Gateway(languages=("en", "de", "zh-hans")))
    for path in ("/en/shop/5/", "/de/shop/5/", "/zh-hans/shop/5/"):
        assert match(table, "GET", path) is page
    for path in ("/shop/5/", "/fr/shop/5/", "/de-at/shop/5/", "/zh/shop/5/", "/zh-cn/shop/5/"):
        assert match(table, "GET", path) is None
    for path in ("/de/api/5/", "/de/de/shop/5/", "/DE/shop/5/", "/german/shop/5/", "/de/", "/de"):
        assert match(table, "GET", path) is None


def test_the_default_language_may_have_no_prefix() -> None:
    page = Route("page", "/shop/<int:pk>/", i18n=True, unprefixed=True)
    table = RouteTable(routes=(page,), gateway=Gateway(languages=("en", "de"), default_language="en"))
    for path in ("/shop/5/", "/de/shop/5/"):
        assert match(table, "GET", path) is page
    for path in ("/en/shop/5/", "/fr/shop/5/"):
        assert match(table, "GET", path) is None


@pytest.mark.parametrize("host", ["shop.example", "shop.example.", "SHOP.example.:8080", "shop.example:8080"])
def test_no_spelling_of_a_host_goes_round_its_routes(host: str) -> None:
    narrow = Route("narrow", "/a/", hosts=("shop.example",))
    assert match(RouteTable(routes=(narrow,)), "GET", "/a/", host) == narrow


def test_methods_and_hosts_narrow_a_route() -> None:
    narrow = Route("narrow", "/a/", methods=frozenset({"GET"}), hosts=("*.example.com", "[::1]"))
    wide = Route("wide", "/a/")
    table = RouteTable(routes=(narrow, wide))
    assert match(table, "HEAD", "/a/", "Shop.Example.com:8000") is narrow
    assert match(table, "GET", "/a/", "[::1]:8000") is narrow
    assert match(table, "POST", "/a/", "shop.example.com") is wide
    assert match(table, "GET", "/a/", "example.com") is wide
    assert match(table, "GET", "/a/", "evilexample.com") is wide
