from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from strangler.errors import BadDocument, Refused, StranglerError, Unknown
from strangler.routing import Gateway, Group, Policy, Route, RouteTable, Upstream, changes
from strangler.routing.change import Change
from strangler.routing.changes import ImportedRoute
from strangler.routing.identity import SessionRules
from strangler.routing.table import WayBack

URL = "http://127.0.0.1:9001"
READS = Route("billing.list", "/api/invoices/", group="billing", methods=frozenset({"GET"}))
WRITES = Route("billing.detail", "/api/invoices/<int:pk>/", group="billing")
STAYS = Route("crm.list", "/crm/")


def table_of(*routes: Route, **group: object) -> RouteTable:
    settings = replace(Group("billing", "billing"), **group)  # type: ignore[arg-type]
    return RouteTable(
        3, {"billing": Upstream("billing", URL)}, {"billing": settings}, routes or (READS, WRITES, STAYS)
    )


TENANTS = Gateway(tenant="host")


RAISING: list[Callable[[RouteTable, bool], Change]] = [
    lambda table, force: changes.set_share(table, "billing", 5, force=force),
    lambda table, force: changes.set_share(
        replace(table, gateway=TENANTS), "billing", 5, tenant="acme", force=force
    ),
    lambda table, force: changes.flip(table, "billing", "service", force=force),
    lambda table, force: changes.apply_table(table, table_of(share=5.0), force=force),
    lambda table, force: changes.apply_table(table, table_of(allow=("cookie:beta=1",)), force=force),
    lambda table, force: changes.restore(table, table_of(share=5.0), force=force),
    lambda table, force: changes.restore(table, table_of(share=5.0), "billing", force=force),
]


@pytest.mark.parametrize("change", RAISING)
def test_no_write_route_moves_while_its_writer_is_undeclared(
    change: Callable[[RouteTable, bool], Change],
) -> None:
    with pytest.raises(Refused) as caught:
        change(table_of(), False)
    assert caught.value.exit_code == 3
    assert "strangler routes writer billing monolith" in caught.value.remedy
    assert "billing.detail" in caught.value.message


@pytest.mark.parametrize("change", RAISING)
def test_force_overrides_that(change: Callable[[RouteTable, bool], Change]) -> None:
    moved = change(table_of(), True).table.groups["billing"]
    assert moved.moves


def test_a_write_route_does_not_join_a_group_that_moves_without_a_writer() -> None:
    moving = table_of(READS, share=50.0)
    with pytest.raises(Refused):
        changes.add_route(moving, "new", [("path", "/new/")], group="billing")
    with pytest.raises(Refused):
        changes.import_routes(moving, "billing", URL, [ImportedRoute("w", "path", "/w/", member=True)])
    added = changes.add_route(moving, "new", [("path", "/new/")], group="billing", methods=["get"])
    assert added.table.routes[-1].group == "billing"


def test_going_down_is_never_refused() -> None:
    forced = table_of(share=50.0)
    assert changes.set_share(forced, "billing", 49).table.groups["billing"].share == 49
    assert changes.flip(forced, "billing", "monolith").table.groups["billing"].share == 0
    assert changes.rollback(forced).table.groups["billing"].share == 0
    with pytest.raises(Refused):
        changes.set_share(forced, "billing", 51)


def test_routes_that_only_read_move_without_a_writer() -> None:
    known = replace(WRITES, read_only=True)
    assert changes.flip(table_of(READS, known), "billing", "service").table.groups["billing"].share == 100


def test_a_share_of_one_tenant_can_go_down_but_not_up() -> None:
    forced = replace(table_of(shares=(("acme", 50.0),)), gateway=TENANTS)
    lower = changes.set_share(forced, "billing", 49, tenant="acme").table
    assert lower.groups["billing"].shares == (("acme", 49.0),)
    for tenant, percent in (("acme", 51), ("other", 1), (None, 1)):
        with pytest.raises(Refused):
            changes.set_share(forced, "billing", percent, tenant=tenant)


def test_going_back_takes_every_tenant_along() -> None:
    moved = replace(table_of(shares=(("acme", 50.0),), writer="monolith"), gateway=TENANTS)
    for change in (changes.rollback(moved), changes.flip(moved, "billing", "monolith")):
        assert not change.table.groups["billing"].moves
    assert changes.flip(moved, "billing", "service").table.groups["billing"].shares == ()


def test_a_route_that_is_imported_again_keeps_its_policy_and_its_mappings() -> None:
    imported = replace(
        READS,
        methods=frozenset(),
        read_only=True,
        imported=True,
        policy="strict",
        translate="invoice",
        translate_body="new",
    )
    table = replace(table_of(imported), policies={"strict": Policy("strict")})
    again = ImportedRoute("billing.list", "path", imported.pattern, member=True, read_only=True)
    after = changes.import_routes(table, "billing", URL, [again]).table
    assert [(route.policy, route.translate, route.translate_body) for route in after.routes] == [
        ("strict", "invoice", "new")
    ]


def test_opening_a_route_to_everybody_raises_an_alarm() -> None:
    policies = {"known": Policy("known", session=SessionRules()), "open": Policy("open")}
    table = replace(table_of(policy="known"), policies=policies)
    change = changes.set_policy(table, "billing.list", "open")
    assert change.alarms == ("nobody is asked any longer who they are: billing.list",)
    assert changes.set_policy(table, "billing", "none").alarms[0].endswith("billing.list, billing.detail")
    assert changes.set_policy(change.table, "billing.list", None).alarms == ()
    assert changes.set_policy(change.table, "billing.list", None).table == table
    with pytest.raises(Unknown):
        changes.set_policy(table, "nobody", "open")


def test_a_group_that_is_restored_brings_its_policies_back() -> None:
    policies = {
        "api": Policy("api", tenants=(("acme", "gold"),)),
        "gold": Policy("gold"),
        "other": Policy("other"),
    }
    earlier = replace(table_of(policy="api"), policies=policies, gateway=TENANTS)
    now = replace(table_of(), gateway=TENANTS)
    assert set(changes.restore(now, earlier, "billing").table.policies) == {"api", "gold"}


@pytest.mark.parametrize("back", ["flip", "rollback", "restore"])
def test_going_back_leaves_the_writer_where_its_writes_are_and_says_so(back: str) -> None:
    table = table_of(share=100.0, writer="service", way_back="none")
    earlier = replace(table_of(writer="monolith"), version=1)
    change = {
        "flip": lambda: changes.flip(table, "billing", "monolith"),
        "rollback": lambda: changes.rollback(table, "billing"),
        "restore": lambda: changes.restore(table, earlier),
    }[back]()
    assert change.table.groups["billing"].writer == "service"
    assert change.table.groups["billing"].share == 0
    [alarm] = change.alarms
    assert "writes still go to the service" in alarm


@pytest.mark.parametrize("way_back", ["dual_write", "reverse_sync"])
def test_a_rollback_takes_the_writer_along_where_there_is_a_way_back(way_back: WayBack) -> None:
    change = changes.rollback(table_of(share=100.0, writer="service", way_back=way_back))
    assert change.table.groups["billing"] == Group("billing", "billing", writer="monolith", way_back=way_back)
    assert change.alarms == ()
    assert "writer service -> monolith" in change.summary


def test_a_rollback_leaves_nobody_on_the_service() -> None:
    change = changes.rollback(table_of(share=5.0, allow=("cookie:beta=1",), writer="monolith"))
    assert change.table.groups["billing"].allow == ()


def test_moving_the_writer_back_without_a_way_back_is_an_alarm() -> None:
    change = changes.set_writer(table_of(writer="service"), "billing", "monolith")
    assert change.table.groups["billing"].writer == "monolith"
    assert len(change.alarms) == 1


@pytest.mark.parametrize(("way_back", "alarms"), [("none", 1), ("reverse_sync", 0)])
def test_giving_the_writes_away_without_a_way_back_is_an_alarm(way_back: WayBack, alarms: int) -> None:
    change = changes.set_writer(table_of(writer="monolith"), "billing", "service", way_back=way_back)
    assert len(change.alarms) == alarms


@pytest.mark.parametrize(
    "change",
    [
        lambda table: changes.set_share(table, "biling", 5),
        lambda table: changes.set_shadow(table, "biling", 5),
        lambda table: changes.flip(table, "biling", "service"),
        lambda table: changes.set_writer(table, "biling", "monolith"),
        lambda table: changes.rollback(table, "biling"),
        lambda table: changes.restore(table, table, "biling"),
        lambda table: changes.remove(table, "biling"),
        lambda table: changes.add_route(table, "x", [("path", "/x/")], group="biling"),
    ],
)
def test_a_name_that_nobody_has_is_unknown_with_a_suggestion(change: Callable[[RouteTable], Change]) -> None:
    with pytest.raises(Unknown, match="Did you mean 'billing'"):
        change(table_of())


def test_a_route_without_a_group_cannot_move() -> None:
    with pytest.raises(Unknown, match="belongs to no group"):
        changes.set_share(table_of(), "crm.list", 5)


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        ({"name": "billing"}, Refused),
        ({"name": "billing.list"}, Refused),
        ({"name": "Bad Name"}, BadDocument),
        ({"patterns": []}, Refused),
        ({"patterns": [("path", "/<x")]}, BadDocument),
        ({"patterns": [("regex", "^/api/")]}, BadDocument),
        ({"service": None}, Refused),
        ({"service": "not a url"}, BadDocument),
        ({"service": "http://x", "group": "billing"}, Refused),
        ({"methods": ["G T"]}, BadDocument),
        ({"hosts": ["a:80"]}, BadDocument),
    ],
)
def test_what_cannot_be_added(arguments: dict[str, object], error: type[StranglerError]) -> None:
    given = {"name": "new", "patterns": [("path", "/new/")], "service": URL, **arguments}
    with pytest.raises(error):
        changes.add_route(table_of(), **given)  # type: ignore[arg-type]


def test_an_added_route_founds_a_group_that_does_not_move_yet() -> None:
    change = changes.add_route(
        RouteTable(), "crm", [("path", "/a/"), ("prefix", "/b/")], service=URL, writer="monolith"
    )
    assert change.table.groups["crm"] == Group("crm", "crm", writer="monolith")
    assert [(route.name, route.kind, route.priority) for route in change.table.routes] == [
        ("crm", "path", 10),
        ("crm-2", "prefix", 10),
    ]


def test_joining_a_group_does_not_move_its_writer() -> None:
    new = [("path", "/new/")]
    with pytest.raises(Refused, match="writer"):
        changes.add_route(table_of(writer="service"), "new", new, group="billing", writer="monolith")  # type: ignore[arg-type]
    change = changes.add_route(table_of(), "new", new, group="billing", writer="monolith")  # type: ignore[arg-type]
    assert change.table.groups["billing"].writer == "monolith"


def test_a_service_may_be_named_by_its_upstream() -> None:
    change = changes.add_route(table_of(), "new", [("path", "/new/")], service="billing")
    assert change.table.groups["new"].service == "billing"
    assert list(change.table.upstreams) == ["billing"]


def test_a_routes_name_means_its_group() -> None:
    assert changes.set_shadow(table_of(), "billing.list", 12.5).table.groups["billing"].shadow == 12.5


def test_a_change_of_share_tells_before_and_after() -> None:
    change = changes.set_share(table_of(share=1.0, writer="monolith"), "billing", 2.5, sticky="client")
    assert change.summary == "share of billing 1 % -> 2.5 %, sticky by client"
    assert (change.action, change.subject) == ("canary", "billing")
    assert change.table.version == 3


URLCONF = [
    ImportedRoute("home", "path", "/"),
    ImportedRoute("billing.list", "path", "/inv/", member=True, read_only=True),
    ImportedRoute("billing.detail", "path", "/inv/<int:pk>/", member=True),
    ImportedRoute("crm.list", "path", "/crm/"),
]
CRM = [replace(route, member=route.name == "crm.list") for route in URLCONF]


def test_a_boundary_without_patterns_is_refused() -> None:
    with pytest.raises(Refused):
        changes.import_routes(RouteTable(), "billing", URL, CRM[:1])


def test_an_import_keeps_the_resolvers_order_and_groups_the_boundary() -> None:
    table = changes.import_routes(RouteTable(), "billing", URL, URLCONF).table
    assert [(route.name, route.group) for route in table.routes] == [
        ("home", None),
        ("billing.list", "billing"),
        ("billing.detail", "billing"),
        ("crm.list", None),
    ]
    assert [route.writes for route in table.routes] == [True, False, True, True]


def test_importing_twice_changes_nothing() -> None:
    once = changes.import_routes(RouteTable(), "billing", URL, URLCONF).table
    assert changes.import_routes(once, "billing", URL, URLCONF).table == once


def test_a_second_boundary_leaves_the_first_as_it_is() -> None:
    first = changes.import_routes(RouteTable(), "billing", URL, URLCONF).table
    moved = changes.set_writer(first, "billing", "monolith").table
    moved = changes.set_share(moved, "billing", 25).table
    both = changes.import_routes(moved, "crm", "http://127.0.0.1:9002", CRM).table
    assert both.groups["billing"] == moved.groups["billing"]
    assert [route.group for route in both.routes] == [None, "billing", "billing", "crm"]


def test_a_newer_analysis_replaces_the_imported_routes_only() -> None:
    table = changes.import_routes(RouteTable(), "billing", URL, URLCONF).table
    table = changes.add_route(table, "by-hand", [("path", "/inv/special/")], group="billing").table
    newer = [*URLCONF[1:3], ImportedRoute("by-hand", "path", "/other/")]
    table = changes.import_routes(table, "billing", "http://127.0.0.1:9009", newer).table
    assert [(route.name, route.pattern) for route in table.routes] == [
        ("billing.list", "/inv/"),
        ("billing.detail", "/inv/<int:pk>/"),
        ("by-hand-2", "/other/"),
        ("by-hand", "/inv/special/"),
    ]
    assert table.upstreams["billing"].url == "http://127.0.0.1:9009"


def test_removing_a_group_gives_its_imported_routes_back_to_the_monolith() -> None:
    table = changes.import_routes(RouteTable(), "billing", URL, URLCONF).table
    table = changes.add_route(table, "by-hand", [("path", "/x/")], group="billing").table
    table = changes.remove(table, "billing").table
    assert (dict(table.groups), dict(table.upstreams)) == ({}, {})
    assert [(route.name, route.group) for route in table.routes] == [(route.name, None) for route in URLCONF]


def test_removing_a_route_leaves_its_group() -> None:
    table = changes.remove(table_of(), "billing.detail").table
    assert [route.name for route in table.routes] == ["billing.list", "crm.list"]
    assert "billing" in table.groups


def test_an_upstream_keeps_what_is_not_given() -> None:
    table = changes.set_upstream(table_of(), "billing", "http://127.0.0.1:9002", read_timeout="30s").table
    table = changes.set_upstream(table, "billing", "http://127.0.0.1:9003", max_connections=5).table
    assert table.upstreams["billing"] == Upstream("billing", "http://127.0.0.1:9003", 2.0, 30.0, 5)
    with pytest.raises(BadDocument):
        changes.set_upstream(table, "billing", URL, max_connections=0)


def test_a_version_is_restored_whole_or_for_one_group() -> None:
    earlier = replace(table_of(writer="monolith", share=5.0), version=1)
    now = changes.add_route(table_of(writer="monolith"), "new", [("path", "/new/")], service=URL).table
    assert changes.restore(now, earlier).table == replace(earlier, version=3)
    one = changes.restore(now, earlier, "billing").table
    assert one.groups["billing"].share == 5
    assert "new" in one.groups
    with pytest.raises(Unknown, match="version 1 has no group"):
        changes.restore(now, earlier, "new")


def test_a_document_replaces_everything() -> None:
    change = changes.apply_table(table_of(writer="service"), RouteTable())
    assert change.table == RouteTable(3)
    assert len(change.alarms) == 1
