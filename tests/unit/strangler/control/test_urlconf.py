from __future__ import annotations

import tomllib
from dataclasses import replace
from pathlib import Path

import pytest

from analyzer.model import schema
from analyzer.model.facts import EntryPoint, Facts, Location, Module
from analyzer.model.facts import Route as FoundRoute
from analyzer.model.plan import Analysis, Boundary, Metrics
from strangler.control import Control, Request
from strangler.control.urlconf import Choice, import_of, read_import
from strangler.errors import BadDocument, Refused, Unknown
from strangler.routing import RequestFacts, RouteTable, decide, match
from strangler.routing.changes import ImportedRoute, import_routes, set_share
from strangler.routing.document import from_document, to_toml
from strangler.store import open_state

URL = "http://127.0.0.1:9001"
HERE = Location("urls.py", 1)


def analysis_of(*routes: FoundRoute, members: tuple[int, ...] = (0,), name: str = "billing") -> Analysis:
    found = Boundary(name, (), (), (), members, 1.0, (), "extract now", (), Metrics(0, 0, 0, 0, 0, 0.0), ())
    return Analysis(Facts("shop", routes=routes), (), (found,), (), ())


def found(route: str | None, **fields: object) -> FoundRoute:
    return replace(FoundRoute(route, "views.x", HERE), **fields)  # type: ignore[arg-type]


def test_an_unknown_boundary_is_told_with_those_that_exist() -> None:
    with pytest.raises(Unknown, match=r"Did you mean 'billing'\? There are: billing\."):
        import_of(analysis_of(found("a/")), Choice("biling"), URL)


@pytest.mark.parametrize("content", [None, b"", b"{", b"[]", b'{"schema_version": 999}', b"\xff"])
def test_what_is_no_analysis_is_told_in_one_line(tmp_path: Path, content: bytes | None) -> None:
    file = tmp_path / "analysis.json"
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(BadDocument) as caught:
        read_import(file, Choice("billing"), URL)
    assert str(file) in str(caught.value)


def test_known_methods_do_not_narrow_what_a_pattern_takes() -> None:
    """In Django the first pattern wins, whatever the method; a narrower route would let a later one have its POSTs."""
    analysis = analysis_of(found("inv/export/", methods=("GET",)), found("inv/<slug:s>/"), members=(1,))
    verb = import_of(analysis, Choice("billing"), URL)
    table = import_routes(RouteTable(), "billing", URL, verb.routes).table
    route = match(table, "POST", "/inv/export/")
    assert route is not None
    assert (route.group, route.writes) == (None, False)


def test_views_that_only_read_move_without_a_writer_and_the_monolith_still_answers_405() -> None:
    def moved(*methods: str) -> RouteTable:
        verb = import_of(analysis_of(found("inv/", methods=methods)), Choice("billing"), URL)
        return set_share(import_routes(RouteTable(), "billing", URL, verb.routes).table, "billing", 100).table

    for methods in ((), ("GET", "POST")):
        with pytest.raises(Refused, match="no writer is declared"):
            moved(*methods)
    table = moved("GET", "HEAD", "OPTIONS")
    assert decide(table, RequestFacts("GET", "/inv/")).side == "service"
    assert decide(table, RequestFacts("POST", "/inv/")).side == "monolith"


def test_a_mutation_without_a_pattern_is_left_out() -> None:
    verb = import_of(analysis_of(found(None), found("a/"), members=(1,)), Choice("billing"), URL)
    assert verb.routes == (ImportedRoute("a", "path", "/a/", member=True),)


def test_names_are_djangos_where_they_can_be_and_unique() -> None:
    routes = (
        found("a/", name="billing:Invoice_Detail"),
        found("b/", name="billing:invoice_detail"),
        found("api/<int:pk>/"),
        found(""),
        found("ü/", name="ü"),
    )
    verb = import_of(analysis_of(*routes), Choice("billing"), URL)
    names = [route.name for route in verb.routes]
    assert names == ["billing.invoice_detail", "billing.invoice_detail-2", "api-pk", "root", "root-2"]


def test_a_boundarys_name_becomes_a_groups() -> None:
    assert import_of(
        analysis_of(found("a/"), name="Order Management"), Choice("Order Management"), URL
    ).boundary == ("order-management")


@pytest.mark.parametrize(
    ("route", "path"),
    [
        (found("a/<int:pk>/", i18n=True), "de/a/5/"),
        (found("a/<int:pk>/", i18n=True, unprefixed=True), "de/a/5/"),
        (found("a/<int:pk>/", i18n=True, unprefixed=True), "a/5/"),
        (found("x", regex=r"^a/(\d+)/$", i18n=True), "pt-br/a/5/"),
        (found("x", regex="^/a/$"), "/a/"),
        (found("/a/"), "/a/"),
    ],
)
def test_prefixes_of_languages_and_slashes(route: FoundRoute, path: str) -> None:
    analysis = analysis_of(route)
    facts = replace(analysis.facts, languages=("en", "de", "pt-br"), language_code="en")
    verb = import_of(replace(analysis, facts=facts), Choice("billing"), URL)
    table = verb.change(RouteTable(), lambda version: RouteTable(), force=False).table
    assert match(table, "GET", "/" + path) is not None
    for elsewhere in ("/x/" + path, "/fr/" + path, "/en/de/" + path):
        assert match(table, "GET", elsewhere) is None


def test_an_analysis_is_read_from_its_file(tmp_path: Path) -> None:
    file = tmp_path / "analysis.json"
    analysis = analysis_of(found("a/", methods=("GET", "HEAD")), found("b/"))
    file.write_bytes(schema.write(analysis))
    assert read_import(file, Choice("billing"), URL) == (import_of(analysis, Choice("billing"), URL), 0)


def test_the_admin_stays_unless_it_is_asked_for() -> None:
    routes = (
        found("admin/inv/", view="billing.admin.InvoiceAdmin.changelist_view"),
        found("admin/", view="django.contrib.admin.sites.AdminSite.index"),
        found("inv/", view="billing.views.invoices"),
    )
    analysis = analysis_of(*routes, members=(0, 1, 2))
    entry = EntryPoint("admin", "billing.admin.InvoiceAdmin", HERE)
    analysis = replace(analysis, facts=replace(analysis.facts, entry_points=(entry,)))
    assert members(analysis, Choice("billing")) == ["/inv/"]
    assert members(analysis, Choice("billing", admin=True)) == ["/admin/inv/", "/admin/", "/inv/"]


def test_a_boundary_without_patterns_is_refused() -> None:
    with pytest.raises(Refused, match="no URL patterns"):
        import_of(analysis_of(found(None), found("a/")), Choice("billing"), URL)


def test_only_some_patterns_of_a_boundary() -> None:
    analysis = analysis_of(found("inv/"), found("api/inv/"), found(None), members=(0, 1, 2))
    for prefix in ("/api/", "api/"):
        assert members(analysis, Choice("billing", (prefix,))) == ["/api/inv/"]
    with pytest.raises(Unknown, match="Its patterns: api/inv/, inv/"):
        import_of(analysis, Choice("billing", ("api/", "nothing/")), URL)


def test_how_many_stay_is_told(tmp_path: Path) -> None:
    file = tmp_path / "analysis.json"
    file.write_bytes(
        schema.write(analysis_of(found("inv/"), found("api/inv/"), found(None), members=(0, 1, 2)))
    )
    assert read_import(file, Choice("billing", ("/api/",)), URL)[1] == 1


def test_a_name_without_a_namespace_gets_its_apps() -> None:
    routes = (
        found("a/", name="list", view="shop.orders.api.v1.OrderList"),
        found("b/", name="orders-list", view="shop.orders.views.orders"),
        found("c/", name="ns:list", view="shop.orders.views.orders"),
        found("d/", name="login", view="django.contrib.auth.views.LoginView"),
        found("e/", name="list", view="elsewhere.view"),
    )
    analysis = analysis_of(*routes)
    modules = (
        Module("shop.orders.api", "a.py", 1, "orders"),
        Module("shop.orders.views", "b.py", 1, "orders"),
    )
    analysis = replace(analysis, facts=replace(analysis.facts, modules=modules))
    names = [route.name for route in import_of(analysis, Choice("billing"), URL).routes]
    assert names == ["orders.list", "orders-list", "ns.list", "auth.login", "list"]


def test_whatever_a_urlconf_holds_can_be_kept_and_read_again(tmp_path: Path) -> None:
    routes = (
        found("a/", name="x" * 300, view="billing.views.x"),
        found("x", regex="(?x)^a/  # the year\n(\\d+)/$", name="\n"),
        found('"\\\x7f\t/<int:pk>/'),
        found("ü/☃/"),
    )
    analysis = analysis_of(*routes)
    modules = (Module("billing.views", "b.py", 1, "b" * 200),)
    analysis = replace(analysis, facts=replace(analysis.facts, modules=modules))
    state = open_state(f"sqlite:///{tmp_path}/state.db")
    Control(state.routes).change(Request(import_of(analysis, Choice("billing"), URL)), via="store")
    table = state.routes.load()
    assert [match(table, "GET", path) for path in ("/a/", "/a/2024/", '/"\\\x7f\t/5/', "/ü/☃/")] == list(
        table.routes
    )
    assert from_document(tomllib.loads(to_toml(table)), table.version) == table
    state.close()


def members(analysis: Analysis, choice: Choice) -> list[str]:
    return [route.pattern for route in import_of(analysis, choice, URL).routes if route.member]
