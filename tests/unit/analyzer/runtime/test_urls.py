from __future__ import annotations

import pytest

from analyzer.model.facts import Location, Route
from analyzer.runtime.urls import MAX_PATH, RouteIndex

PLACE = Location("urls.py", 1)
ROUTES = [
    Route("", "home", PLACE),
    Route("a/<int:pk>/", "detail", PLACE),
    Route("a/<slug:name>/", "named", PLACE),
    Route("v1/^notes/(?P<pk>[0-9]+)/$", "notes", PLACE, regex="v1/notes/([0-9]+)/$"),
    Route("open/^x", "open", PLACE, regex="open/x"),
    Route("shop/", "shop", PLACE, i18n=True),
    Route(None, "mutation", PLACE),
    Route("bad/(", "bad", PLACE, regex="bad/("),
]
INDEX = RouteIndex(ROUTES)


@pytest.mark.parametrize(
    "path", ["a/7", "a/7/x/", "A/7/", "v1/notes/7", "v1/notes/7/\n", "a" * (MAX_PATH + 1), "de/a/7/", "bad/("]
)
def test_what_django_would_not_match(path: str) -> None:
    assert INDEX.answering(path) is None


@pytest.mark.parametrize(
    ("path", "view"),
    [
        ("", "home"),
        ("/", "home"),
        ("/a/7/", "detail"),
        ("/a/seven/", "named"),
        ("/v1/notes/7/", "notes"),
        ("/open/xyz", "open"),
        ("/shop/", "shop"),
        ("/de/shop/", "shop"),
        ("/pt-br/shop/", "shop"),
    ],
)
def test_the_first_pattern_in_resolver_order_answers(path: str, view: str) -> None:
    position = INDEX.answering(path)
    assert position is not None
    assert ROUTES[position].view == view


def test_patterns_by_the_name_that_django_prints() -> None:
    assert INDEX.named("nowhere/") is None
    assert INDEX.named("de/a/<int:pk>/") is None
    assert INDEX.named("v1/notes/(?P<pk>[0-9]+)/$") == 3
    assert INDEX.named("de/shop/") == 5
    assert INDEX.named("") == 0


def test_the_index_by_first_segment_keeps_resolver_order() -> None:
    routes = [
        Route("a/<int:pk>/", "first", PLACE),
        Route("<slug:any>/7/", "any", PLACE),
        Route("a/<slug:name>/", "later", PLACE),
        Route("^v1/?x$", "optional", PLACE, regex="^v1/?x$"),
    ]
    index = RouteIndex(routes)
    found = [index.answering(path) for path in ("a/7/", "a/b/", "b/7/", "v1x", "v1/x")]
    assert found == [0, 2, 1, 3, 3]
