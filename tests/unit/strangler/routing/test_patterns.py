from __future__ import annotations

import pytest

from strangler.errors import BadDocument
from strangler.routing.patterns import Kind, compile_pattern, fixed_path, fixed_prefix


@pytest.mark.parametrize("text", ["/a/<int:pk/", "/a/<>/", "/<a b>/", "/<int:x>/<x>/", "/<int:1x>/"])
def test_a_path_that_means_nothing_is_refused(text: str) -> None:
    with pytest.raises(BadDocument):
        compile_pattern("path", text)


@pytest.mark.parametrize("text", ["(", "[a", "a{2,1}", "(?P<x>a)(?P<x>b)", "/api/", "^/api/"])
def test_a_regular_expression_that_means_nothing_or_never_matches_is_refused(text: str) -> None:
    with pytest.raises(BadDocument):
        compile_pattern("regex", text)


@pytest.mark.parametrize(
    ("kind", "text", "path"),
    [
        ("path", "/a/<int:pk>/", "a/x/"),
        ("path", "/a/<int:pk>/", "a/\u0661/"),
        ("path", "/a/<int:pk>/", "a/5/\n"),
        ("path", "/a/<int:pk>/", "a/5"),
        ("path", "/a/<slug:s>/", "a/b.c/"),
        ("path", "/a/<s>/", "a/b/c/"),
        ("path", "/a/<money:m>/", "a/b/c/"),
        ("path", "/a.b/", "axb/"),
        ("path", "/a/", "A/"),
        ("prefix", "/api/", "api"),
        ("prefix", "/api/", "x/api/"),
        ("regex", "^a/$", "a/\n"),
        ("regex", "b/$", "a/b/"),
    ],
)
def test_what_does_not_match(kind: Kind, text: str, path: str) -> None:
    assert compile_pattern(kind, text).search(path) is None


@pytest.mark.parametrize(
    ("kind", "text", "path"),
    [
        ("path", "/a/<int:pk>/", "a/007/"),
        ("path", "a/<path:rest>", "a/b/c"),
        ("path", "/a/<uuid:u>/", "a/6fa459ea-ee8a-3ca4-894e-db77e160355e/"),
        ("path", "/", ""),
        ("path", "//x", "/x"),
        ("prefix", "/", "anything"),
        ("prefix", "/api", "apix"),
        ("regex", "b/", "a/b/c"),
        ("regex", "^(?P<y>[0-9]{4})/$", "2024/"),
        ("regex", "(?i)^a/$", "A/"),
        ("regex", "a|b$", "b"),
    ],
)
def test_what_matches(kind: Kind, text: str, path: str) -> None:
    assert compile_pattern(kind, text).search(path) is not None


@pytest.mark.parametrize(
    ("kind", "text", "prefix"),
    [
        ("regex", "api/v1/", ""),
        ("regex", "^api/|x", ""),
        ("regex", "^api/?x", ""),
        ("regex", "^api/*x", ""),
        ("regex", "^api/{0,1}x", ""),
        ("regex", "^a.b/", ""),
        ("regex", "(?i)^api/", ""),
        ("regex", "^api/v1?/", "api/"),
        ("regex", "^api/(a|b)/", "api/"),
        ("regex", r"^api/\d+/", "api/"),
        ("regex", "^api/[/|]", "api/"),
        ("path", "/api/<int:pk>/", "api/"),
        ("path", "/api-<int:pk>/", ""),
        ("prefix", "/api/v1", "api/"),
        ("prefix", "/api/v1/", "api/v1/"),
    ],
)
def test_the_fixed_beginning_is_never_longer_than_what_is_certain(kind: Kind, text: str, prefix: str) -> None:
    assert fixed_prefix(kind, text) == prefix


@pytest.mark.parametrize(
    ("kind", "text", "path"),
    [
        ("path", "/a/b/", "a/b/"),
        ("path", "", ""),
        ("path", "/a/<b>/", None),
        ("prefix", "/a/", None),
        ("regex", "^a$", None),
    ],
)
def test_the_only_path_of_a_pattern(kind: Kind, text: str, path: str | None) -> None:
    assert fixed_path(kind, text) == path
