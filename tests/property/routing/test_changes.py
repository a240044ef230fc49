"""Any sequence of changes, by anybody: what may never be, is never."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from strangler.control import Control, Request
from strangler.control.verbs import (
    Add,
    AnyVerb,
    Apply,
    Canary,
    Flip,
    Import,
    Pattern,
    Remove,
    Rollback,
    SetUpstream,
    SetWriter,
    Shadow,
)
from strangler.errors import StranglerError
from strangler.routing import RouteTable
from strangler.routing.changes import ImportedRoute
from strangler.routing.document import from_document, to_document
from strangler.store import open_state

NAMES = st.sampled_from(["a", "a", "a", "b", "b", "a-2", "r0", "Bad"])
PERCENT = st.sampled_from([0, 0.01, 5, 50, 99.99, 100, 101, 1.001])
IMPORTED = st.lists(
    st.builds(
        ImportedRoute,
        name=st.sampled_from(["r0", "r1", "a"]),
        kind=st.just("path"),
        pattern=st.sampled_from(["/x/", "/x/<int:pk>/", "/y/"]),
        member=st.booleans(),
        read_only=st.booleans(),
    ),
    max_size=4,
)
VERBS: st.SearchStrategy[AnyVerb] = st.one_of(
    st.builds(
        Add,
        name=NAMES,
        patterns=st.sampled_from(
            [(), (Pattern("path", "/x/"),), (Pattern("regex", "("),), (Pattern("prefix", "/"),) * 2]
        ),
        service=st.sampled_from([None, "http://127.0.0.1:1", "a", "nonsense"]),
        group=st.sampled_from([None, None, "a", "b"]),
        methods=st.sampled_from([(), ("GET",), ("POST",)]),
        writer=st.sampled_from(["undeclared", "monolith", "service"]),
    ),
    st.builds(Import, boundary=NAMES, service=st.just("http://127.0.0.1:2"), routes=IMPORTED.map(tuple)),
    st.builds(Shadow, name=NAMES, percent=PERCENT),
    st.builds(Canary, name=NAMES, percent=PERCENT, sticky=st.sampled_from([None, "client", "tenant", "x"])),
    st.builds(
        Canary,
        name=NAMES,
        percent=PERCENT,
        tenant=st.sampled_from(["acme", "evil"]),
    ),
    st.builds(Flip, name=NAMES, to=st.sampled_from(["service", "monolith"])),
    st.builds(
        SetWriter,
        name=NAMES,
        writer=st.sampled_from(["monolith", "service"]),
        way_back=st.sampled_from([None, "none", "dual_write"]),
    ),
    st.builds(Rollback, name=st.one_of(st.none(), NAMES), to=st.one_of(st.none(), st.integers(0, 9))),
    st.builds(SetUpstream, name=NAMES, url=st.sampled_from(["http://127.0.0.1:3", "x"])),
    st.builds(Remove, name=NAMES),
)


BEGINNING: tuple[AnyVerb, ...] = (
    Apply(document={"gateway": {"tenant": "host"}}),
    Add(name="a", patterns=(Pattern("path", "/a/"),) * 2, service="http://127.0.0.1:1"),
    Add(name="b", patterns=(Pattern("path", "/b/"),), service="http://127.0.0.1:2", writer="service"),
)


@settings(max_examples=300)
@given(st.lists(VERBS, max_size=12))
def test_no_sequence_of_changes_breaks_the_rules(verbs: list[AnyVerb]) -> None:
    state = open_state("memory://")
    control = Control(state.routes)
    for verb in (*BEGINNING, *verbs):
        before = state.routes.load()
        try:
            outcome = control.change(Request(verb), via="store")
        except StranglerError:
            assert state.routes.load() is before
            continue
        after = state.routes.load()
        assert after.version == before.version + outcome.changed
        assert from_document(to_document(after), after.version) == after
        assert endangered(after) == set()
        assert lost_writers(before, after) == set() or outcome.alarms
    assert control.change(Request(Rollback()), via="guard").version >= len(state.routes.history())
    assert not any(group.moves for group in state.routes.load().groups.values())


def endangered(table: RouteTable) -> set[str]:
    """Groups whose users read from the service while nobody has said where their writes go."""
    writing = {route.group for route in table.routes if route.writes}
    return {
        g.name for g in table.groups.values() if g.moves and g.writer == "undeclared" and g.name in writing
    }


def lost_writers(before: RouteTable, after: RouteTable) -> set[str]:
    """Groups whose service has stopped to be the writer without a way back for what it wrote."""
    writers = {g.name for g in before.groups.values() if g.writer == "service" and g.way_back == "none"}
    kept = {g.name for g in after.groups.values() if g.writer == "service" or g.way_back != "none"}
    return writers - kept
