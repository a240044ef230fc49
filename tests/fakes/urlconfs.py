"""Random URL patterns and paths, and Django's own resolver to say what they mean."""

from __future__ import annotations

from dataclasses import dataclass

from django.urls import URLPattern, path, re_path
from django.urls.exceptions import Resolver404
from django.urls.resolvers import RegexPattern, URLResolver
from hypothesis import strategies as st

_WORDS = ["a", "b", "inv", "export", "a.b", "x+y", "A", "ü", "5", "a b", "$", ""]
_VALUES = [*_WORDS, "7", "007", "-1", "a-b_c", "6fa459ea-ee8a-3ca4-894e-db77e160355e", "\u0661", "a\n", "*"]
_CONVERTERS = ["int:", "str:", "slug:", "uuid:", "path:", ""]
_EXPRESSIONS = [
    "a", "inv", "[0-9]+", r"\d+", "(?P<y>[0-9]{4})", "(a|b)", "x?", "[^/]+", ".*", "a|b", r"a\.b", "(?:inv)?", "[/|]",
]  # fmt: skip


@dataclass(frozen=True)
class Pattern:
    """A URL pattern of a project, as its ``urls.py`` would write it."""

    kind: str
    text: str

    def __str__(self) -> str:
        return f"{self.kind}({self.text!r})"


def _segment(number: int) -> st.SearchStrategy[str]:
    parameter = st.sampled_from(_CONVERTERS).map(lambda converter: f"<{converter}p{number}>")
    return st.one_of(st.sampled_from(_WORDS), parameter, parameter.map(lambda text: "inv-" + text))


def path_patterns() -> st.SearchStrategy[Pattern]:
    segments = st.integers(0, 3).flatmap(lambda n: st.tuples(*(_segment(i) for i in range(n))))
    return st.tuples(segments, st.sampled_from(["", "/"])).map(
        lambda t: Pattern("path", "/".join(t[0]) + t[1])
    )


def regex_patterns() -> st.SearchStrategy[Pattern]:
    parts = st.lists(st.sampled_from(_EXPRESSIONS), max_size=3, unique=True)
    ends = st.tuples(st.sampled_from(["^", "", "(?i)^"]), st.sampled_from(["$", "", "/$", "/", "/?$", r"\Z"]))
    return st.tuples(parts, ends).map(lambda t: Pattern("regex", t[1][0] + "/".join(t[0]) + t[1][1]))


def patterns() -> st.SearchStrategy[Pattern]:
    return st.one_of(path_patterns(), regex_patterns())


def paths() -> st.SearchStrategy[str]:
    """Decoded request paths: some of words that occur in the patterns, some of anything."""
    known = st.lists(
        st.one_of(st.sampled_from(_VALUES), st.sampled_from(_VALUES).map("inv-".__add__)), max_size=4
    )
    return st.one_of(
        st.tuples(known, st.sampled_from(["", "/", "//"])).map(lambda t: "/" + "/".join(t[0]) + t[1]),
        st.text(alphabet="ab/invx5.-\n", max_size=12).map("/".__add__),
    )


def resolver(declared: list[Pattern]) -> URLResolver:
    """Django's resolver of a project with these patterns; each is named by its position."""
    return URLResolver(RegexPattern(r"^/"), [django_pattern(p, str(i)) for i, p in enumerate(declared)])


def resolved(by: URLResolver, request_path: str) -> str | None:
    """The name of the pattern that Django chooses, or None."""
    try:
        return str(by.resolve(request_path).url_name)
    except Resolver404:
        return None


def django_pattern(pattern: Pattern, name: str) -> URLPattern:
    """The pattern as Django has it."""
    make = path if pattern.kind == "path" else re_path
    return make(pattern.text, _view, name=name)  # type: ignore[operator,no-any-return]


def _view(request: object) -> None:
    """Never called."""
