"""What matches in Django matches here: its resolver is the oracle."""

from __future__ import annotations

from fakes.urlconfs import Pattern, path_patterns, paths, patterns, resolved, resolver
from hypothesis import given, settings
from hypothesis import strategies as st

from analyzer.model.facts import Facts, Location
from analyzer.model.facts import Route as FoundRoute
from analyzer.model.plan import Analysis, Boundary, Metrics
from strangler.control.urlconf import Choice, import_of
from strangler.routing import Gateway, Route, RouteTable, match
from strangler.routing.changes import import_routes
from strangler.routing.decide import misfit
from strangler.routing.patterns import compile_pattern

HERE = Location("urls.py", 1)


@settings(max_examples=500)
@given(path_patterns(), paths())
def test_a_path_pattern_matches_what_django_matches(pattern: Pattern, path: str) -> None:
    found = compile_pattern("path", "/" + pattern.text).search(path.removeprefix("/"))
    assert (found is not None) == (resolved(resolver([pattern]), path) is not None)


@settings(max_examples=1000)
@given(st.lists(patterns(), min_size=1, max_size=8), st.lists(paths(), min_size=1, max_size=8))
def test_an_imported_urlconf_resolves_as_in_django(declared: list[Pattern], requested: list[str]) -> None:
    table = imported(declared, members=(0,))
    oracle = resolver(declared)
    for path in requested:
        route = match(table, "POST", path)
        assert (route.name if route else None) == resolved(oracle, path), path


@given(st.lists(patterns(), min_size=2, max_size=6), st.lists(paths(), max_size=8))
def test_importing_a_second_boundary_changes_no_resolution(
    declared: list[Pattern], requested: list[str]
) -> None:
    first = imported(declared, members=(0,))
    second = imported(declared, members=(1,), into=first, boundary="crm")
    for path in requested:
        assert name(match(first, "GET", path)) == name(match(second, "GET", path))


@given(st.lists(patterns().filter(lambda p: not p.text.startswith(("/", "^/"))), max_size=30), paths())
def test_the_index_finds_what_trying_every_route_would_find(declared: list[Pattern], path: str) -> None:
    routes = tuple(
        Route(str(i), p.text, p.kind, priority=i % 3, i18n=i % 2 == 1, unprefixed=i % 4 == 3)  # type: ignore[arg-type]
        for i, p in enumerate(declared)
    )
    table = RouteTable(routes=routes, gateway=Gateway(languages=("de", "en"), default_language="en"))
    for target in (path, "/de" + path):
        ordered = sorted(routes, key=lambda route: -route.priority)
        first = next((route for route in ordered if fits(table, route, target)), None)
        assert match(table, "GET", target) == first


def fits(table: RouteTable, route: Route, path: str) -> bool:
    pattern = compile_pattern(route.kind, route.pattern)
    return misfit(pattern, route, "GET", table.paths(path.removeprefix("/")), "") is None


def imported(
    declared: list[Pattern],
    members: tuple[int, ...],
    into: RouteTable | None = None,
    boundary: str = "billing",
) -> RouteTable:
    routes = tuple(
        FoundRoute(p.text, "views.x", HERE, name=str(i), regex=p.text if p.kind == "regex" else None)
        for i, p in enumerate(declared)
    )
    found = Boundary(boundary, (), (), (), members, 1.0, (), "extract now", (), Metrics(0, 0, 0, 0, 0, 0), ())
    verb = import_of(
        Analysis(Facts("p", routes=routes), (), (found,), (), ()), Choice(boundary), "http://127.0.0.1:9001"
    )
    return import_routes(into or RouteTable(), verb.boundary, verb.service, verb.routes).table


def name(route: Route | None) -> str | None:
    return route.name if route else None
