from collections.abc import Callable
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest

from strangler.control import service as control_module
from strangler.control.rollouts import LEASE_TTL, Rollouts
from strangler.control.service import Control
from strangler.control.verbs import Add, Pattern, Request, SetWriter
from strangler.errors import Refused, StoreError, Unknown
from strangler.rollout import Rollout, Thresholds
from strangler.rollout.window import SIZE
from strangler.routing import RouteTable
from strangler.store import Lease, RouteStore, State, Via, Window, open_state


class Clock:
    def __init__(self) -> None:
        self.now = 1_000.0

    def __call__(self) -> float:
        return self.now


class Killed(BaseException):
    """What `kill -9` looks like from the inside."""


class DyingControl(Control):
    """Dies before, or right after, it has changed the routes."""

    def __init__(self, state: State, *, after: bool) -> None:
        super().__init__(state.routes)
        self._after = after

    def set_share(
        self, group: str, percent: float, *, via: Via, reason: str = "", fence: Lease | None = None
    ) -> control_module.Outcome:
        if self._after:
            super().set_share(group, percent, via=via, reason=reason, fence=fence)
        raise Killed


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def state(clock: Clock) -> State:
    state = open_state("memory://")
    control = Control(state.routes, clock=clock)
    add = Add(name="billing", patterns=(Pattern("prefix", "/api/"),), service="http://127.0.0.1:9001")
    control.change(Request(add), via="store")
    control.change(Request(SetWriter(name="billing", writer="monolith")), via="store")
    return state


def rollouts(state: State, clock: Callable[[], float], holder: str = "a") -> Rollouts:
    return Rollouts(state, Control(state.routes, clock=clock), holder=holder, clock=clock)


class CountedRoutes:
    """A store of routes that counts how often its table is read."""

    def __init__(self, routes: RouteStore) -> None:
        self._routes = routes
        self.loads = 0

    def load(self) -> RouteTable:
        self.loads += 1
        return self._routes.load()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._routes, name)


ROLLOUT = Rollout("billing", steps=(1, 25, 100), interval=60, thresholds=Thresholds(min_requests=10))


def see(state: State, clock: Clock, errors: int = 0, requests: int = 50) -> None:
    histogram = (0,) * 10 + (requests,) + (0,) * (SIZE - 11)
    for side, failed in (("monolith", 0), ("service", errors)):
        state.windows.add([Window("w", int(clock.now), "billing", side, requests, failed, histogram)])  # type: ignore[arg-type]


def share(state: State) -> float:
    return state.routes.load().groups["billing"].share


def test_a_group_without_a_writer_is_refused_and_nothing_is_kept(state: State, clock: Clock) -> None:
    add = Add(name="orders", patterns=(Pattern("prefix", "/o/"),), service="http://127.0.0.1:9002")
    Control(state.routes).change(Request(add), via="store")
    with pytest.raises(Refused):
        rollouts(state, clock).start(Rollout("orders"))
    assert rollouts(state, clock).all() == []


def test_an_unknown_group_is_refused(state: State, clock: Clock) -> None:
    with pytest.raises(Unknown):
        rollouts(state, clock).start(Rollout("bilLing"))
    with pytest.raises(Unknown):
        rollouts(state, clock).get("billing")


def test_a_second_rollout_of_a_group_is_refused(state: State, clock: Clock) -> None:
    rollouts(state, clock).start(ROLLOUT)
    with pytest.raises(Refused, match="is running"):
        rollouts(state, clock).start(ROLLOUT)


def test_nobody_but_the_holder_of_the_lease_advances(state: State, clock: Clock) -> None:
    rollouts(state, clock).start(ROLLOUT)
    assert rollouts(state, clock, "a").tick()
    clock.now += 61
    see(state, clock)
    assert rollouts(state, clock, "a").tick()
    before = state.routes.version()
    clock.now += 61
    assert rollouts(state, clock, "a").tick()
    assert not rollouts(state, clock, "b").tick()
    assert state.routes.version() == before
    clock.now += LEASE_TTL + 1
    assert rollouts(state, clock, "b").tick()


def test_a_table_that_stands_is_not_read_again_and_again(state: State, clock: Clock) -> None:
    rollouts(state, clock).start(ROLLOUT)
    counted = CountedRoutes(state.routes)
    controller = Rollouts(replace(state, routes=counted), Control(state.routes), holder="a", clock=clock)
    for _ in range(5):
        controller.tick()
    assert counted.loads == 1
    Control(state.routes).set_share("billing", 10, via="store")
    controller.tick()
    assert counted.loads == 2
    assert controller.get("billing").phase == "paused"


def test_after_trouble_the_table_is_read_again(state: State, clock: Clock) -> None:
    rollouts(state, clock).start(ROLLOUT)
    counted = CountedRoutes(state.routes)
    controller = Rollouts(replace(state, routes=counted), Control(state.routes), holder="a", clock=clock)
    controller.tick()

    def lost(*_: object) -> None:
        raise StoreError("the state is gone")

    controller._state = replace(controller._state, leases=SimpleNamespace(acquire=lost))
    with pytest.raises(StoreError):
        controller.tick()
    controller._state = replace(controller._state, leases=state.leases)
    controller.tick()
    assert counted.loads == 2


def test_it_holds_with_no_data(state: State, clock: Clock) -> None:
    controller = rollouts(state, clock)
    controller.start(ROLLOUT)
    clock.now += 600
    controller.tick()
    assert share(state) == 1


def test_it_goes_on_to_the_end(state: State, clock: Clock) -> None:
    controller = rollouts(state, clock)
    controller.start(ROLLOUT)
    seen = [share(state)]
    for _ in range(3):
        clock.now += 61
        see(state, clock)
        controller.tick()
        seen.append(share(state))
    assert seen == [1, 25, 100, 100]
    assert controller.get("billing").phase == "promoted"


def test_it_goes_back_by_itself_also_after_promotion_and_says_why(state: State, clock: Clock) -> None:
    controller = rollouts(state, clock)
    controller.start(ROLLOUT)
    controller.promote("billing")
    clock.now += 5
    see(state, clock, errors=25)
    controller.tick()
    assert share(state) == 0
    last = state.routes.history(1)[0].entry
    assert (last.via, last.action) == ("guard", "rollback")
    assert "errors 50.00% of 50 on the service" in last.reason


def test_errors_of_the_step_before_are_not_counted_against_this_one(state: State, clock: Clock) -> None:
    controller = rollouts(state, clock)
    see(state, clock, errors=25)
    controller.start(ROLLOUT)
    controller.tick()
    assert share(state) == 1


@pytest.mark.parametrize("after", [False, True])
def test_a_controller_killed_in_a_step_is_followed_by_one_that_finishes_it(
    state: State, clock: Clock, after: bool
) -> None:
    rollouts(state, clock).start(ROLLOUT)
    clock.now += 61
    see(state, clock)
    dying = Rollouts(state, DyingControl(state, after=after), holder="a", clock=clock)
    with pytest.raises(Killed):
        dying.tick()
    clock.now += LEASE_TTL + 1
    follower = rollouts(state, clock, "b")
    for _ in range(2):
        follower.tick()
    assert share(state) == 25
    shares = [r.entry.summary for r in state.routes.history() if r.entry.action == "canary"]
    assert len(shares) == 2, shares
    assert (follower.get("billing").step, follower.get("billing").pending) == (1, False)


def test_a_share_changed_by_hand_pauses_and_resuming_restores_the_step(state: State, clock: Clock) -> None:
    controller = rollouts(state, clock)
    controller.start(ROLLOUT)
    Control(state.routes).set_share("billing", 10, via="store")
    clock.now += 61
    see(state, clock)
    controller.tick()
    assert controller.get("billing").phase == "paused"
    assert share(state) == 10
    controller.resume("billing")
    assert share(state) == 1


def test_a_rollback_by_hand_ends_the_rollout(state: State, clock: Clock) -> None:
    controller = rollouts(state, clock)
    controller.start(ROLLOUT)
    Control(state.routes).rollback("billing", via="store")
    for _ in range(3):
        clock.now += 61
        see(state, clock)
        controller.tick()
    assert controller.get("billing").phase == "aborted"
    assert share(state) == 0


def test_abort_goes_back_and_an_ended_rollout_can_be_followed_by_another(state: State, clock: Clock) -> None:
    controller = rollouts(state, clock)
    controller.start(ROLLOUT)
    controller.abort("billing")
    assert share(state) == 0
    with pytest.raises(Refused, match="has ended"):
        controller.pause("billing")
    controller.start(ROLLOUT)
    assert share(state) == 1


def test_a_rollout_that_cannot_be_read_does_not_stop_the_others(state: State, clock: Clock) -> None:
    controller = rollouts(state, clock)
    state.rollouts.save("alien", {"group": 1}, 0)
    controller.start(ROLLOUT)
    clock.now += 61
    see(state, clock)
    assert controller.tick()
    assert share(state) == 25


def test_a_state_that_cannot_be_reached_is_the_callers_to_hear_of(clock: Clock, tmp_path: object) -> None:
    with pytest.raises(StoreError):
        open_state(f"sqlite:///{tmp_path}/missing.db", create=False)


def test_the_guard_sees_a_failure_after_the_clock_was_set_back(state: State, clock: Clock) -> None:
    controller = rollouts(state, clock)
    controller.start(ROLLOUT)
    clock.now -= 500
    clock.now += 2
    see(state, clock, errors=40)
    clock.now += 1
    controller.tick()
    assert controller.get("billing").phase == "rolled back"
    assert share(state) == 0


def test_what_was_counted_before_the_clock_was_set_back_condemns_nobody(state: State, clock: Clock) -> None:
    see(state, clock, errors=40)
    clock.now -= 500
    controller = rollouts(state, clock)
    controller.start(ROLLOUT)
    clock.now += 1
    controller.tick()
    assert controller.get("billing").phase == "running"


@pytest.mark.parametrize("by_guard", [True, False])
def test_what_the_monolith_lacks_after_a_rollback_is_an_alarm_and_the_writer_stays(
    state: State, clock: Clock, caplog: pytest.LogCaptureFixture, by_guard: bool
) -> None:
    writer = SetWriter(name="billing", writer="service", way_back="none")
    Control(state.routes).change(Request(writer), via="store")
    controller = rollouts(state, clock)
    controller.start(ROLLOUT)
    clock.now += 5
    with caplog.at_level("WARNING", "strangler.control"):
        if by_guard:
            see(state, clock, errors=40)
            controller.tick()
        else:
            controller.abort("billing")
    entry = state.routes.history(1)[0].entry
    group = state.routes.load().groups["billing"]
    assert (group.share, group.writer) == (0, "service")
    assert entry.via == ("guard" if by_guard else "rollout")
    [alarm] = entry.alarms
    assert "strangler routes writer billing monolith" in alarm
    assert caplog.messages == [f"ALARM {alarm}"]
