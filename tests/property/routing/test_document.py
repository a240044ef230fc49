from __future__ import annotations

import json
import tomllib
from dataclasses import replace
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from strangler.errors import BadDocument
from strangler.routing import Gateway, Group, Policy, Route, RouteTable, Upstream
from strangler.routing.comparison import Comparison
from strangler.routing.document import from_document, to_json, to_toml
from strangler.routing.policy import Breaker, Bulkhead, Limits, Rate, Retry, Timeouts

NAMES = st.from_regex(r"[a-z0-9][a-z0-9._-]{0,8}", fullmatch=True)
PERCENT = st.integers(0, 10_000).map(lambda hundredths: hundredths / 100)
SECONDS = st.floats(min_value=0.0001, max_value=86_400)
TEXT = st.text(st.characters(exclude_categories=["Cs"], min_codepoint=32), max_size=12)
RULES = st.lists(
    st.sampled_from(["tenant:acme", 'header:X-Beta=ü"\\', "cookie:beta=1=2", "tenant:\x7f"]), max_size=3
)
PATHS = st.lists(
    st.one_of(TEXT.map("$.{}".format), st.sampled_from(["status", "body", "header:x"])), max_size=2
)
COMPARISONS = st.builds(
    Comparison,
    PATHS.map(tuple),
    st.floats(0, 1e14),
    st.one_of(st.just(0.0), SECONDS),
    st.lists(st.sampled_from(["x-total", "etag"]), max_size=2).map(tuple),
    PERCENT,
    st.sampled_from(["keep", "strip"]),
    PATHS.map(tuple),
)
METHODS = st.frozensets(st.sampled_from(["GET", "POST", "HEAD"]))


SIZES = st.integers(1, 1024**4)
OPTIONAL = {"seconds": st.one_of(st.none(), SECONDS), "size": st.one_of(st.none(), SIZES)}
BREAKERS = st.builds(Breaker, PERCENT, st.integers(1, 1_000_000), SECONDS, SECONDS, st.integers(1, 1000))
BULKHEADS = st.builds(
    Bulkhead,
    st.integers(1, 100_000),
    st.integers(0, 10_000),
    SECONDS,
    st.one_of(st.none(), st.integers(1, 100_000)),
)
RATES = st.builds(
    Rate,
    st.sampled_from(["client", "route", "tenant", "header:X-Key", "cookie:a.b"]),
    st.integers(1, 999_999_999),
    SECONDS,
    st.integers(1, 999_999_999),
)


def policies_named(names: list[str]) -> st.SearchStrategy[dict[str, Policy]]:
    policy = st.builds(
        Policy,
        name=st.just(""),
        rate=st.lists(RATES, max_size=3, unique_by=lambda rate: rate.by).map(
            lambda rates: tuple(sorted(rates, key=lambda rate: rate.by))
        ),
        retry=st.one_of(
            st.none(),
            st.builds(
                Retry,
                st.integers(2, 10),
                SECONDS,
                SECONDS,
                PERCENT,
                st.lists(st.integers(500, 599), max_size=2).map(tuple),
                st.one_of(st.none(), st.integers(1, 2**20)),
            ),
        ),
        timeouts=st.one_of(st.none(), st.builds(Timeouts, OPTIONAL["seconds"], OPTIONAL["seconds"])),
        limits=st.one_of(
            st.none(), st.builds(Limits, OPTIONAL["size"], st.one_of(st.none(), st.integers(1, 65_536)))
        ),
        fallback=st.booleans(),
        tenants=st.dictionaries(TEXT, st.just("none"), max_size=2).map(
            lambda pairs: tuple(sorted(pairs.items()))
        ),
    )
    named = st.fixed_dictionaries(dict.fromkeys(names, policy))
    return named.map(lambda made: {name: replace(one, name=name) for name, one in made.items()})


@st.composite
def tables(draw: st.DrawFn) -> RouteTable:
    services = draw(st.lists(NAMES.filter("monolith".__ne__), min_size=1, max_size=3, unique=True))
    upstreams = {
        n: Upstream(
            n,
            "http://127.0.0.1:9001",
            draw(SECONDS),
            draw(SECONDS),
            draw(st.integers(1, 100_000)),
            write_timeout=draw(SECONDS),
            idle_timeout=draw(SECONDS),
            breaker=draw(st.one_of(st.none(), BREAKERS)),
            bulkhead=draw(st.one_of(st.none(), BULKHEADS)),
        )
        for n in services
    }
    policies = draw(policies_named(draw(st.lists(NAMES.filter("none".__ne__), max_size=2, unique=True))))
    policy_names = st.sampled_from([None, "none", *policies])
    groups = {
        name: Group(
            name,
            draw(st.sampled_from(services)),
            draw(PERCENT),
            draw(st.sampled_from(["cookie:sessionid", "header:X-User", "tenant", "client"])),
            draw(TEXT),
            tuple(draw(RULES)),
            tuple(draw(RULES)),
            draw(st.sampled_from(["undeclared", "monolith", "service"])),
            draw(st.sampled_from(["none", "dual_write", "reverse_sync"])),
            draw(PERCENT),
            tuple(draw(PATHS)),
            draw(COMPARISONS),
            policy=draw(policy_names),
            shares=tuple(sorted(draw(st.dictionaries(TEXT, PERCENT, max_size=2)).items())),
        )
        for name in draw(st.lists(NAMES, max_size=3, unique=True))
    }
    routes = tuple(
        Route(
            name,
            *draw(
                st.sampled_from(
                    [("/a/<int:pk>/", "path"), ("^a\\.b$", "regex"), ('/ü"/', "prefix"), ("", "path")]
                )
            ),
            draw(st.sampled_from([None, *groups])),
            draw(METHODS),
            tuple(draw(st.lists(st.sampled_from(["a.example", "*.b.example"]), max_size=2))),
            draw(st.integers(-1000, 1000)),
            draw(st.booleans()),
            draw(st.booleans()),
            policy=draw(policy_names),
        )
        for name in draw(st.lists(NAMES, max_size=4, unique=True))
    )
    gateway = Gateway(draw(st.sampled_from(["host", "header:X-T", "path:3"])), draw(st.integers(0, 20)))
    return RouteTable(0, upstreams, groups, routes, gateway, policies)


@settings(max_examples=200)
@given(tables())
def test_a_table_survives_json_and_toml(table: RouteTable) -> None:
    assert from_document(json.loads(to_json(table))) == table
    assert from_document(tomllib.loads(to_toml(table))) == table


KEYS = [
    "gateway",
    "upstreams",
    "groups",
    "routes",
    "a",
    "url",
    "service",
    "share",
    "name",
    "path",
    "regex",
    "methods",
    "policies",
    "policy",
    "rate",
    "client",
    "breaker",
    "tenants",
    "shares",
]
JSON: st.SearchStrategy[Any] = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=5)),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.dictionaries(
            st.sampled_from(KEYS),
            inner,
            max_size=4,
        ),
    ),
    max_leaves=12,
)


@settings(max_examples=500)
@given(JSON)
def test_any_json_is_a_table_or_a_bad_document(document: object) -> None:
    try:
        table = from_document(document)
    except BadDocument:
        return
    assert from_document(json.loads(to_json(table))) == table
