from __future__ import annotations

import json
import tomllib
from typing import Any

import pytest

from strangler.errors import BadDocument
from strangler.routing import Gateway, Group, Policy, Route, RouteTable, Upstream
from strangler.routing.document import from_document, to_document, to_json, to_toml
from strangler.routing.policy import Breaker, Bulkhead, Limits, Rate, Retry, Timeouts

TENANTS = "[gateway]\ntenant = 'host'\n"
TABLE = RouteTable(
    upstreams={
        "billing": Upstream(
            "billing",
            "http://127.0.0.1:9001",
            write_timeout=5.0,
            idle_timeout=2.0,
            breaker=Breaker(errors=12.5, open=0.5),
            bulkhead=Bulkhead(10, 0, 0.25, 3),
        ),
        "plain": Upstream("plain", "http://127.0.0.1:9002", breaker=Breaker(), bulkhead=Bulkhead()),
    },
    groups={"billing": Group("billing", "billing", policy="api", shares=(("acme inc.", 12.5), ("b", 0)))},
    routes=(
        Route("a", "a/", group="billing"),
        Route("b", "b/", group="billing", policy="none"),
        Route("c", "c/", policy="strict.er"),
        Route("d", "d/"),
    ),
    gateway=Gateway(tenant="host", policy="all"),
    policies={
        "all": Policy("all"),
        "api": Policy(
            "api",
            rate=(
                Rate("client", 100, 60.0, 20),
                Rate("header:X-Api-Key", 5, 1.0, 5),
                Rate("tenant", 9, 0.5, 9),
            ),
            retry=Retry(2, 0.01, 0.5, 12.5, (502, 503)),
            timeouts=Timeouts(1.0, 10.0),
            limits=Limits(10 * 1024 * 1024, 16_384),
            fallback=True,
            tenants=(("acme.inc", "strict.er"), ("ümlaut co", "none")),
        ),
        "strict.er": Policy("strict.er", retry=Retry(), timeouts=Timeouts(), limits=Limits()),
    },
)


@pytest.mark.parametrize(
    ("toml", "where", "says"),
    [
        ("[policies.none]", "policies.none", "means no policy"),
        ("[policies.Api]", "policies.Api", "not a name"),
        ("[policies.a]\nrates = {}", "policies.a.rates", "Did you mean 'rate'"),
        ("[policies.a]\nrate = 5", "policies.a.rate", "not a table"),
        ("[policies.a.rate]\nclient = 5", "policies.a.rate.client", "not a string"),
        ("[policies.a.rate]\nclient = '5'", "policies.a.rate.client", "not a rate"),
        ("[policies.a.rate]\nclient = '0/1s'", "policies.a.rate.client", "not a rate"),
        ("[policies.a.rate]\nclient = '5/1d'", "policies.a.rate.client", "not a duration"),
        ("[policies.a.rate]\nclient = '5/1s burst 0'", "policies.a.rate.client", "not a rate"),
        ("[policies.a.rate]\nsession = '5/1s'", "policies.a.rate.session", "name an identity"),
        ("[policies.a.rate]\ntenant = '5/1s'", "policies.a", "tenant is read from"),
        ("[policies.a.retry]\ntries = 1", "policies.a.retry.tries", "from 2 to 10"),
        ("[policies.a.retry]\nstatuses = [404]", "policies.a.retry.statuses[0]", "from 500 to 599"),
        ("[policies.a.retry]\nbudget = 101", "policies.a.retry.budget", "percentage"),
        ("[policies.a.limits]\nbody = 'big'", "policies.a.limits.body", "not a size"),
        ("[policies.a.limits]\nhead = '65KiB'", "policies.a.limits.head", "at most 64KiB"),
        ("[policies.a.limits]\nbody = 0", "policies.a.limits.body", "not a size"),
        ("[policies.a.timeouts]\ntotal = 'x'", "policies.a.timeouts.total", "not a duration"),
        ("[policies.a]\nfallback = 'monolith'", "policies.a.fallback", "neither true nor false"),
        ("[gateway]\npolicy = 'a'", "gateway.policy", "no policy 'a'"),
        ("[[routes]]\nname = 'a'\npath = 'a'\npolicy = 'a'", "routes[0].policy", "no policy 'a'"),
        (TENANTS + "[policies.a.tenants]\nacme = 'b'", "policies.a.tenants.acme", "no policy 'b'"),
        (TENANTS + "[policies.a.tenants]\nacme = 'a'", "policies.a.tenants.acme", "tenants of its own"),
        (
            TENANTS
            + "[policies.a.tenants]\nacme = 'b'\n[policies.b.jwt]\nalgorithms = ['HS256']\nkeys = ['env:K']",
            "policies.a.tenants.acme",
            "too late",
        ),
        (
            "[upstreams.s]\nurl = 'http://x'\n[groups.g]\nservice = 's'\n[groups.g.shares]\nacme = 5",
            "groups.g",
            "tenant is read from",
        ),
        (
            TENANTS
            + "[upstreams.s]\nurl = 'http://x'\n[groups.g]\nservice = 's'\n[groups.g.shares]\nacme = 101",
            "groups.g.shares.acme",
            "percentage",
        ),
        ("[policies.a.tenants]\nacme = 'b'\n[policies.b]", "policies.a", "tenant is read from"),
        ("[gateway]\ntenant = 'claim:org'", "gateway.tenant", "nothing verifies who asks"),
        ("[policies.a.rate]\nuser = '5/1s'", "policies.a.rate.user", "nothing verifies who asks"),
        ("[upstreams.x]\nurl='http://x'\nbreaker = true", "upstreams.x.breaker", "not a table"),
        (
            "[upstreams.x]\nurl='http://x'\nbreaker = {trials = 0}",
            "upstreams.x.breaker.trials",
            "whole number",
        ),
        (
            "[upstreams.x]\nurl='http://x'\nbulkhead = {per_tenant = 5}",
            "upstreams.x.bulkhead.per_tenant",
            "tenant is read from",
        ),
    ],
)
def test_a_fault_is_told_with_its_place(toml: str, where: str, says: str) -> None:
    with pytest.raises(BadDocument) as caught:
        from_document(tomllib.loads(toml))
    assert caught.value.where == where
    assert says in str(caught.value)


def test_a_route_without_a_policy_has_none() -> None:
    assert RouteTable(routes=(Route("a", "a/"),)).policy(None) is None
    assert RouteTable().policy(Route("a", "a/")) is None


def test_the_nearest_policy_counts() -> None:
    a, b, c, d = TABLE.routes
    names = [policy and policy.name for policy in map(TABLE.policy, (a, b, c, d, None))]
    assert names == ["api", None, "strict.er", "all", "all"]


def test_a_table_with_policies_survives_the_way_through_json_and_toml() -> None:
    assert from_document(json.loads(to_json(TABLE))) == TABLE
    assert from_document(tomllib.loads(to_toml(TABLE))) == TABLE


def test_what_is_written_is_what_a_person_would_write() -> None:
    toml = to_toml(TABLE)
    assert '[policies.api.rate]\nclient = "100/60s burst 20"\n"header:X-Api-Key" = "5/1s"\n' in toml
    assert '[policies.api.limits]\nbody = "10MiB"\nhead = "16KiB"\n' in toml
    assert "[upstreams.plain.breaker]\n" in toml
    document: dict[str, Any] = to_document(TABLE)
    assert document["policies"]["strict.er"] == {"retry": {}, "timeouts": {}, "limits": {}}
