from __future__ import annotations

from strangler.routing import Gateway, Group, Policy, RequestFacts, Route, RouteTable, Upstream, decide
from strangler.routing.explain import Tried, explain

EXPORT = Route("export", "/inv/export/", methods=frozenset({"GET"}))
NUMBER = Route("number", "/inv/<int:pk>/")
SLUG = Route("slug", "/inv/<slug:s>/")
OTHER = Route("other", "/crm/<slug:s>/")
HOST = Route("host", "/inv/<slug:s>/", hosts=("a.example",))
ALL = Route("all", "/", "prefix")
TABLE = RouteTable(routes=(EXPORT, NUMBER, HOST, SLUG, OTHER, ALL))


def test_a_route_that_could_not_match_anyway_is_not_mentioned() -> None:
    found = explain(TABLE, RequestFacts("GET", "/inv/x/"))
    assert OTHER not in [tried.route for tried in found.tried]
    assert OTHER not in found.later


def test_what_was_tried_before_is_told_with_its_reason() -> None:
    found = explain(TABLE, RequestFacts("POST", "/inv/export/"))
    assert found.decision.route is SLUG
    assert found.tried == (Tried(EXPORT, "method"), Tried(NUMBER, "pattern"), Tried(HOST, "host"))
    assert found.later == (ALL,)


def test_where_nothing_matches_everything_was_tried() -> None:
    found = explain(RouteTable(routes=(NUMBER, SLUG)), RequestFacts("GET", "/inv/a.b/"))
    assert found.decision.route is None
    assert [tried.route for tried in found.tried] == [NUMBER, SLUG]


def test_the_policy_in_force_is_told_with_what_named_it() -> None:
    table = RouteTable(
        upstreams={"s": Upstream("s", "http://127.0.0.1:1")},
        groups={"g": Group("g", "s", share=10, shares=(("acme", 50.0),), policy="api")},
        routes=(
            Route("a", "/a/", group="g"),
            Route("b", "/b/", group="g", policy="strict"),
            Route("c", "/c/", policy="none"),
        ),
        gateway=Gateway(tenant="header:X-Tenant", policy="all"),
        policies={
            "all": Policy("all"),
            "api": Policy("api", tenants=(("acme", "gold"),)),
            "gold": Policy("gold"),
            "strict": Policy("strict"),
        },
    )

    def told(path: str, tenant: str = "") -> tuple[str | None, str, float]:
        found = explain(table, RequestFacts("GET", path, headers={"x-tenant": tenant}))
        return found.policy.name if found.policy else None, found.policy_of, found.share

    assert told("/c/") == (None, "", 0.0)
    assert told("/other/") == ("all", "the gateway", 0.0)
    assert told("/a/") == ("api", "the group g", 10.0)
    assert told("/b/", "acme") == ("strict", "the route b", 50.0)
    assert told("/a/", "acme") == ("gold", "the tenant, in place of api", 50.0)


def test_the_decision_is_the_facades() -> None:
    facts = RequestFacts("GET", "/inv/5/")
    assert explain(TABLE, facts).decision == decide(TABLE, facts)
