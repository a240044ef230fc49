"""What Django serves behind a language is matched here, and nothing else: the oracle is Django itself."""

from __future__ import annotations

from fakes.languages import Site
from fakes.urlconfs import Pattern, paths, patterns
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from strangler.routing import Gateway, Route, RouteTable, match

CODES = ["en", "de", "pt-br", "zh-hans", "en-gb", "sr-latn"]
SEGMENTS = [
    *CODES, "en-us", "DE", "de-at", "pt", "pt-PT", "zh", "zh-cn", "zh-hant-tw", "fr", "xx", "de-de-x", "en@x", "a", "",
]  # fmt: skip


@settings(max_examples=300, deadline=None)
@given(
    st.lists(st.sampled_from(CODES), min_size=1, max_size=4, unique=True),
    st.sampled_from(["en", "en-us", "de", "zh-hans"]),
    st.booleans(),
    st.lists(st.tuples(patterns(), st.booleans()), min_size=1, max_size=5),
    st.lists(st.tuples(st.sampled_from(SEGMENTS), paths()), min_size=1, max_size=6),
    st.sampled_from(["", "de", "pt", "en-us", "zh"]),
)
def test_a_path_in_a_language_is_matched_as_in_django(
    languages: list[str],
    default: str,
    prefixed: bool,
    declared: list[tuple[Pattern, bool]],
    requested: list[tuple[str, str]],
    accepts: str,
) -> None:
    assume(any(f"{default}-".startswith(f"{code}-") for code in languages))  # Django's check translation.E004
    declared = [(pattern, within) for pattern, within in declared if not pattern.text.startswith(("/", "^/"))]
    plain = [pattern for pattern, within in declared if not within]
    localised = [pattern for pattern, within in declared if within]
    routes = [Route(str(i), p.text, p.kind) for i, p in enumerate(plain)]  # type: ignore[arg-type]
    routes += [
        Route(str(i), p.text, p.kind, i18n=True, unprefixed=not prefixed)  # type: ignore[arg-type]
        for i, p in enumerate(localised, len(plain))
    ]
    table = RouteTable(
        routes=tuple(routes), gateway=Gateway(languages=tuple(languages), default_language=default)
    )
    with Site(languages, default, plain, localised, prefixed) as site:
        for segment, path in requested:
            for target in (path, f"/{segment}{path}", f"/{segment}"):
                route = match(table, "GET", target)
                assert (route.name if route else None) == site.resolved(target, accepts), target
