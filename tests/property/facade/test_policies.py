"""No spelling of a path reaches a view of Django's past the policy of its route: resolver and matcher agree, or nobody
is let through."""

from __future__ import annotations

import re
from urllib.parse import unquote_to_bytes

from django.core.handlers.wsgi import get_path_info
from fakes.urlconfs import Pattern, paths, patterns, resolved, resolver
from hypothesis import given, settings
from hypothesis import strategies as st

from strangler.facade import Failure
from strangler.facade.paths import check_bridges, check_path, read_path
from strangler.routing import Gateway, Policy, Route, RouteTable, match

ODD = (
    "/",
    "//",
    "/./",
    "/../",
    "%2f",
    "%2F",
    "%5c",
    "\\",
    ";",
    ";x=1",
    "%3b",
    "%00",
    "#",
    "%23",
    "%2e%2e/",
    "%252f",
)
SECRET = "/strangler/identity/"
PARAMETER = re.compile("<[^>]*>")
ROUTES = patterns().filter(lambda pattern: not pattern.text.startswith(("/", "^/")))


def spelled(path: str) -> st.SearchStrategy[bytes]:
    """A path as a client may send it: with letters encoded, and odd pieces put in anywhere."""
    letters = [st.sampled_from([c, c, c, f"%{ord(c):02x}"]) if c.isascii() else st.just(c) for c in path]
    odd = st.lists(st.tuples(st.integers(0, len(path)), st.sampled_from(ODD)), max_size=2)

    def write(parts: tuple[list[str], list[tuple[int, str]]]) -> bytes:
        told = parts[0]
        for place, piece in parts[1]:
            told.insert(place, piece)
        return ("/" + "".join(told).removeprefix("/")).encode()

    return st.tuples(st.tuples(*letters).map(list), odd).map(write)


@st.composite
def requests(draw: st.DrawFn) -> tuple[list[Pattern], bytes]:
    """The patterns of a project, and a path that one of them may mean."""
    declared = draw(st.lists(ROUTES, min_size=1, max_size=6))
    meant = PARAMETER.sub(
        lambda _: draw(st.sampled_from(["7", "a", "A-b"])), draw(st.sampled_from(declared)).text
    )
    return declared, draw(spelled("/" + draw(st.one_of(st.just(meant), paths())).removeprefix("/")))


def seen_by_django(raw: bytes) -> str:
    return get_path_info({"PATH_INFO": unquote_to_bytes(raw).decode("latin-1")})


@settings(max_examples=1000)
@given(requests(), st.sampled_from(["all", "own"]))
def test_what_django_resolves_is_what_the_rules_are_about(
    request: tuple[list[Pattern], bytes], where: str
) -> None:
    declared, raw = request
    table = RouteTable(
        routes=tuple(
            Route(str(n), p.text, p.kind, policy=f"p{n}" if where == "own" else None)  # type: ignore[arg-type]
            for n, p in enumerate(declared)
        ),
        policies={name: Policy(name) for name in ("all", *(f"p{n}" for n in range(len(declared))))},
        gateway=Gateway(policy="all"),
    )
    path, ambiguous = read_path(raw)
    try:
        if ambiguous:
            check_path(table, "GET", raw, "")
    except Failure:
        return
    served = resolved(resolver(declared), seen_by_django(raw))
    route = match(table, "GET", path)
    expected = "all" if served is None or where == "all" else f"p{served}"
    policy = table.policy(route)
    assert policy is not None
    assert policy.name == expected


@settings(max_examples=500)
@given(spelled(SECRET))
def test_what_django_takes_for_the_identity_view_is_never_forwarded(raw: bytes) -> None:
    path, ambiguous = read_path(raw)
    try:
        check_bridges(frozenset({SECRET}), raw, path, ambiguous)
    except Failure:
        return
    assert seen_by_django(raw) != SECRET
