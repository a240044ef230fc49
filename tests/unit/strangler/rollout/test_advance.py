from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from strangler.rollout import AskHook, Observation, RollBack, Rollout, SetShare, Window, advance
from strangler.rollout.advance import abort, pause, promote, resume, start
from strangler.rollout.window import SIZE


def window(requests: int, errors: int = 0) -> Window:
    return Window(requests, errors, (0,) * 20 + (requests,) + (0,) * (SIZE - 21))


GOOD = Observation(window(1_000), window(1_000))
BAD = Observation(window(1_000), window(1_000, 500))
NOTHING = Observation()


def running(**changes: object) -> Rollout:
    begun, _ = start(Rollout("billing", steps=(1, 25, 100), interval=60), now=0)
    return replace(begun, pending=False, **changes)  # type: ignore[arg-type]


def test_it_never_goes_on_with_no_data() -> None:
    state, actions = advance(running(), NOTHING, now=10_000)
    assert (state.phase, state.step, actions) == ("running", 0, ())


def test_it_never_goes_on_before_the_interval() -> None:
    state, actions = advance(running(), GOOD, now=59)
    assert (state.step, actions) == (0, ())


@pytest.mark.parametrize("phase", ["rolled back", "aborted"])
def test_what_has_ended_stays_ended(phase: str) -> None:
    ended = running(phase=phase)
    assert advance(ended, BAD, now=100) == (ended, ())
    assert advance(ended, GOOD, now=100) == (ended, ())


def test_the_first_step_is_taken_at_once() -> None:
    state, actions = start(Rollout("billing", steps=(1, 25, 100)), now=5)
    assert (state.since, state.pending, actions) == (5, True, (SetShare(1, "rollout step 1 of 3"),))


def test_it_goes_on_step_by_step_to_promotion() -> None:
    state, shares = running(), []
    for tick in range(1, 4):
        state, actions = advance(state, GOOD, now=60 * tick)
        shares += [action.share for action in actions if isinstance(action, SetShare)]
    assert shares == [25, 100]
    assert state.phase == "promoted"


@pytest.mark.parametrize("phase", ["running", "paused", "promoted"])
def test_a_failing_guard_goes_back_in_every_watched_phase(phase: str) -> None:
    state, actions = advance(running(phase=phase, step=2), BAD, now=1)
    assert (state.phase, state.share) == ("rolled back", 0)
    assert isinstance(actions[0], RollBack)
    assert "errors 50.00%" in actions[0].reason


def test_a_paused_rollout_holds_and_resuming_begins_the_interval_anew() -> None:
    paused = pause(running())
    assert advance(paused, GOOD, now=600)[1] == ()
    resumed, actions = resume(paused, now=600)
    assert actions == (SetShare(1, "rollout resumed at step 1 of 3"),)
    assert advance(resumed, GOOD, now=601)[1] == ()
    assert advance(resumed, GOOD, now=660)[1] != ()


def test_promotion_by_hand_goes_to_the_last_step_and_stays_watched() -> None:
    state, actions = promote(running(), now=7)
    assert actions == (SetShare(100, "promoted by hand"),)
    assert advance(state, BAD, now=8)[0].phase == "rolled back"


def test_abort_goes_back() -> None:
    state, actions = abort(running(step=1), now=7)
    assert (state.phase, state.share, actions) == ("aborted", 0, (RollBack("rollout aborted"),))


windows = st.builds(
    lambda requests, bad, seconds: Window(
        requests, min(bad, requests), (0,) * seconds + (requests,) + (0,) * (SIZE - 1 - seconds)
    ),
    st.integers(0, 5_000),
    st.integers(0, 500),
    st.integers(0, SIZE - 1),
)
observations = st.builds(Observation, windows, windows, st.integers(0, 100), st.integers(0, 100)).filter(
    lambda seen: seen.differing <= seen.compared
)


@settings(max_examples=300)
@given(st.lists(st.tuples(observations, st.integers(1, 100)), max_size=30))
def test_whatever_is_seen_it_never_skips_never_promotes_blindly_and_never_returns(
    story: list[tuple[Observation, int]],
) -> None:
    state, now = running(), 0
    for seen, seconds in story:
        now += seconds
        after, actions = advance(state, seen, now)
        if after.step != state.step or (after.phase, state.phase) == ("promoted", "running"):
            assert seen.service.requests >= state.thresholds.min_requests
            assert now - state.since >= state.interval
        assert after.step in (state.step, state.step + 1)
        if state.phase in ("rolled back", "aborted"):
            assert after == state
        if after.verdict.answer == "fail":
            assert after.phase == "rolled back"
        assert (actions == ()) == (after.share == state.share)
        state = after


def test_without_the_hooks_consent_no_step_is_taken() -> None:
    state, actions = advance(running(hook="http://ci/ok"), GOOD, now=60)
    assert (state.step, [type(action) for action in actions]) == (0, [AskHook])
    state, actions = advance(state, replace(GOOD, consent=False, objection="503 freeze"), now=61)
    assert (state.step, state.verdict.reason) == (0, "the hook objects: 503 freeze")
    state, actions = advance(state, replace(GOOD, consent=True), now=62)
    assert (state.step, [type(action) for action in actions]) == (1, [SetShare])


def test_a_step_that_is_held_for_too_long_goes_back_and_says_why() -> None:
    state, actions = advance(running(give_up=600.0), NOTHING, now=600)
    assert state.phase == "rolled back"
    assert actions == (RollBack("guard: held for 600 s: 0 of 100 requests seen on the service"),)
    assert advance(running(give_up=600.0, phase="paused"), NOTHING, now=900)[0].phase == "paused"
    assert advance(running(), NOTHING, now=10**9)[0].phase == "running"
