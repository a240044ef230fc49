from __future__ import annotations

import json
import tomllib
from typing import Any

import pytest

from strangler.errors import BadDocument
from strangler.routing import Gateway, Group, Route, RouteTable, Upstream
from strangler.routing.document import difference, from_document, to_document, to_json, to_toml

TABLE = RouteTable(
    upstreams={"billing": Upstream("billing", "http://127.0.0.1:9001", 1.0, 30.0, 100)},
    groups={
        "billing": Group(
            "billing",
            "billing",
            share=5.0,
            sticky="header:X-User",
            allow=("tenant:acme", 'cookie:x="ü\\'),
            writer="monolith",
            way_back="dual_write",
            shadow=10.25,
            ignore=("$.results[*].links",),
        )
    },
    routes=(
        Route(
            "billing.detail", "/api/invoices/<int:pk>/", group="billing", methods=frozenset({"PUT", "GET"})
        ),
        Route("old", r"^old/(\d+)/$", "regex", read_only=True, imported=True),
        Route("new", "new/", group="billing", translate="invoice", translate_body="new_invoice"),
        Route("static", "/static/", "prefix", hosts=("*.example.com",), priority=-1),
        Route("page", "/page/", i18n=True, unprefixed=True),
    ),
    gateway=Gateway("path:2", 1, ("en", "pt-br"), "en-us"),
)
TOML = """\
[upstreams.billing]
url = "http://127.0.0.1:9001"
[groups.billing]
service = "billing"
"""


@pytest.mark.parametrize(
    ("toml", "where", "says"),
    [
        ("grups = {}", "grups", "Did you mean 'groups'"),
        ("[gateway]\nlanguages = ['d/e']", "gateway.languages[0]", "not a language code"),
        ("[[routes]]\nname = 'a'\npath = '/a/'\ni18n = true", "routes[0].i18n", "which languages"),
        ("[[routes]]\nname = 'a'\npath = '/a/'\nunprefixed = true", "routes[0].unprefixed", "needs i18n"),
        ("[groups.billing]\nservice = 'billing'\nsahre = 5", "groups.billing.sahre", "Did you mean 'share'"),
        ("[groups.billing]\nservice = 'billing'\nshare = 101", "groups.billing.share", "percentage"),
        ("[groups.billing]\nshare = 5", "groups.billing", "service is missing"),
        ("[groups.billing]\nservice = 'billing'", "groups.billing.service", "no upstream 'billing'"),
        ("[groups.Billing]\nservice = 'x'", "groups.Billing", "not a name"),
        ("[upstreams.x]\nurl = 'x'", "upstreams.x.url", "address"),
        ("[upstreams]\nx = 5", "upstreams.x", "not a table"),
        ("upstreams = []", "upstreams", "not a table"),
        (
            "[upstreams.x]\nurl = 'http://x'\nmax_connections = 0",
            "upstreams.x.max_connections",
            "whole number",
        ),
        ("routes = {}", "routes", "not a list"),
        ("[[routes]]\npath = '/'", "routes[0]", "name"),
        ("[[routes]]\nname = 'a'", "routes[0]", "one of path, regex, prefix"),
        ("[[routes]]\nname = 'a'\npath = '/'\nprefix = '/'", "routes[0]", "exactly one"),
        ("[[routes]]\nname = 'a'\npath = '/<'", "routes[0].path", "nothing closes"),
        ("[[routes]]\nname = 'a'\nregex = '('", "routes[0].regex", "wrong"),
        ("[[routes]]\nname = 'a'\npath = '/'\ngroup = 'b'", "routes[0].group", "no group 'b'"),
        ("[[routes]]\nname = 'a'\npath = '/'\nmethods = 'GET'", "routes[0].methods", "not a list"),
        ("[[routes]]\nname = 'a'\npath = '/'\nmethods = ['G T']", "routes[0].methods[0]", "method"),
        ("[[routes]]\nname='a'\npath='/'\n[[routes]]\nname='a'\npath='/b'", "routes[1].name", "two routes"),
        (TOML + "sticky = 'tenant'", "groups.billing", "tenant"),
        (TOML + "writer = 'nobody'", "groups.billing.writer", "none of"),
        (
            "[upstreams.monolith]\nurl='http://x'\n[groups.a]\nservice='monolith'",
            "groups.a.service",
            "monolith",
        ),
    ],
)
def test_a_fault_is_told_with_its_place(toml: str, where: str, says: str) -> None:
    with pytest.raises(BadDocument) as caught:
        from_document(tomllib.loads(toml))
    assert caught.value.where == where
    assert says in str(caught.value)


@pytest.mark.parametrize("key", ["roles", "headers"])
def test_what_is_not_built_yet_is_refused_and_never_ignored(key: str) -> None:
    with pytest.raises(BadDocument, match="not something that this version"):
        from_document({"routes": [{"name": "a", "path": "/", key: "x"}]})


def test_a_rollout_in_the_document_is_refused() -> None:
    document: dict[str, Any] = {"groups": {"billing": {"service": "billing", "rollout": {"steps": [1]}}}}
    with pytest.raises(BadDocument, match="not something that this version"):
        from_document(document)


@pytest.mark.parametrize("document", [None, [], "x", 5, {5: {}}])
def test_what_is_no_document(document: object) -> None:
    with pytest.raises(BadDocument):
        from_document(document)


def test_a_table_survives_the_way_through_json_and_toml() -> None:
    assert from_document(json.loads(to_json(TABLE))) == TABLE
    assert from_document(tomllib.loads(to_toml(TABLE))) == TABLE


def test_defaults_are_left_out() -> None:
    assert to_document(RouteTable()) == {}
    assert to_document(RouteTable(routes=(Route("a", "/"),))) == {"routes": [{"name": "a", "path": "/"}]}


def test_the_document_does_not_depend_on_the_order_of_groups() -> None:
    one, two = Group("a", "s"), Group("b", "s")
    first, second = RouteTable(groups={"a": one, "b": two}), RouteTable(groups={"b": two, "a": one})
    assert to_json(first) == to_json(second)


def test_what_is_written_is_what_a_person_would_write() -> None:
    toml = to_toml(TABLE)
    assert 'connect_timeout = "1s"' in toml
    assert "share = 5\n" in toml
    assert 'methods = ["GET", "PUT"]' in toml


def test_a_difference_is_told_by_lines() -> None:
    assert difference(TABLE, TABLE) == []
    changed = RouteTable(2, TABLE.upstreams, {"billing": Group("billing", "billing", share=6)}, TABLE.routes)
    lines = difference(TABLE, changed)
    assert "-share = 5" in lines
    assert "+share = 6" in lines
