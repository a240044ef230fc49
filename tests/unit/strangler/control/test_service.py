from __future__ import annotations

import pytest

from strangler.control import Control, Request
from strangler.control.verbs import Add, Apply, Canary, Pattern, Remove, Rollback, SetWriter
from strangler.errors import BadDocument, Conflict, Refused, Unknown
from strangler.routing import RouteTable
from strangler.store import Entry, State, open_state

ADD = Request(Add(name="billing", patterns=(Pattern("prefix", "/inv/"),), service="http://127.0.0.1:9001"))
WRITER = Request(SetWriter(name="billing", writer="monolith"))
CANARY = Request(Canary(name="billing", percent=5))


@pytest.fixture
def state() -> State:
    return open_state("memory://")


@pytest.fixture
def control(state: State) -> Control:
    return Control(state.routes, actor="someone", clock=lambda: 12.5)


def test_a_change_decided_on_a_version_that_no_longer_stands_is_refused(
    control: Control, state: State
) -> None:
    control.change(ADD, via="store")
    with pytest.raises(Conflict) as caught:
        control.change(WRITER, via="api", expected_version=0)
    assert caught.value.current == 1
    assert state.routes.version() == 1


def test_a_change_that_somebody_else_overtakes_is_refused_and_not_tried_again(
    control: Control, state: State
) -> None:
    control.change(ADD, via="store")

    class Overtaking:
        """A store whose table is changed by somebody else between reading and writing."""

        def __getattr__(self, name: str) -> object:
            return getattr(state.routes, name)

        def load(self) -> RouteTable:
            table = state.routes.load()
            control.change(Request(SetWriter(name="billing", writer="service")), via="store")
            return table

    with pytest.raises(Conflict):
        Control(Overtaking()).change(WRITER, via="store")  # type: ignore[arg-type]
    assert state.routes.load().groups["billing"].writer == "service"
    assert state.routes.version() == 2


def test_force_without_a_reason_is_refused(control: Control, state: State) -> None:
    control.change(ADD, via="store")
    with pytest.raises(Refused, match="reason"):
        control.change(Request(CANARY.change, force=True, reason="  "), via="store")
    assert state.routes.version() == 1


def test_a_refused_change_leaves_no_trace(control: Control, state: State) -> None:
    control.change(ADD, via="store")
    with pytest.raises(Refused, match="no writer"):
        control.change(CANARY, via="store")
    assert len(state.routes.history()) == 1


def test_a_dry_run_changes_nothing(control: Control, state: State) -> None:
    outcome = control.change(Request(ADD.change, dry_run=True), via="store")
    assert (outcome.version, outcome.changed) == (0, False)
    assert "+[groups.billing]" in outcome.difference
    assert state.routes.version() == 0


def test_what_is_so_already_makes_no_version(control: Control, state: State) -> None:
    control.change(ADD, via="store")
    outcome = control.change(Request(Rollback()), via="store")
    assert (outcome.version, outcome.changed) == (1, False)
    assert outcome.summary.startswith("nothing to change")
    assert state.routes.version() == 1


def test_a_bad_document_is_not_applied(control: Control, state: State) -> None:
    with pytest.raises(BadDocument):
        control.change(Request(Apply(document={"groups": {"x": {}}})), via="api")
    assert state.routes.version() == 0


def test_a_lease_that_was_taken_over_changes_nothing(control: Control, state: State) -> None:
    control.change(ADD, via="store")
    control.change(WRITER, via="store")
    old = state.leases.acquire("x", "a", 0, 5)
    state.leases.acquire("x", "b", 6, 5)
    with pytest.raises(Refused):
        control.set_share("billing", 5, via="rollout", fence=old)
    assert state.routes.load().groups["billing"].share == 0


def test_checking_a_share_changes_nothing(control: Control, state: State) -> None:
    control.change(ADD, via="store")
    with pytest.raises(Refused):
        control.check_share("billing", 5)
    with pytest.raises(Unknown):
        control.check_share("crm", 5)
    control.change(WRITER, via="store")
    control.check_share("billing", 5)
    assert state.routes.version() == 2


def test_a_change_is_kept_with_its_circumstances(control: Control, state: State) -> None:
    control.change(ADD, via="store")
    outcome = control.change(Request(CANARY.change, reason="trust me", force=True), via="api", actor="ci")
    assert (outcome.version, outcome.changed) == (2, True)
    assert state.routes.history(1)[0].entry == Entry(
        "canary", "share of billing 0 % -> 5 %", "ci", "api", 12.5, "billing", "trust me", forced=True
    )
    assert {"--- version 1", "+++ version 2", "+share = 5"} <= set(outcome.difference)


def test_every_change_can_be_undone(control: Control, state: State) -> None:
    control.change(ADD, via="store")
    before = state.routes.load()
    control.change(Request(Remove(name="billing")), via="store")
    control.change(Request(Rollback(to=1)), via="store")
    after = state.routes.load()
    assert (after.groups, after.routes, after.version) == (before.groups, before.routes, 3)
    with pytest.raises(Unknown):
        control.change(Request(Rollback(to=99)), via="store")


def test_alarms_are_kept_and_told(control: Control, state: State) -> None:
    control.change(ADD, via="store")
    control.change(Request(SetWriter(name="billing", writer="service")), via="store")
    control.set_share("billing", 100, via="rollout")
    outcome = control.rollback("billing", via="guard", reason="error rate")
    assert outcome.alarms == state.routes.history(1)[0].entry.alarms
    assert len(outcome.alarms) == 1
