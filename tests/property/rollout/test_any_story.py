"""Whatever is seen, in whatever order people interfere: no step on no data, no failure unanswered, and it ends."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from strangler.rollout import (
    AskHook,
    Check,
    Figure,
    Observation,
    RollBack,
    Rollout,
    SetShare,
    Thresholds,
    Window,
    advance,
    judge,
)
from strangler.rollout.advance import WATCHED, pause, promote, resume, start
from strangler.rollout.window import SIZE

GIVE_UP = 500.0
LIMITS = Thresholds(min_requests=100, checks=(Check("failed", "http://orders/x", "$.failed", "<=", 5),))

windows = st.builds(
    lambda requests, bad, bucket: Window(
        requests, min(bad, requests), (0,) * bucket + (requests,) + (0,) * (SIZE - 1 - bucket)
    ),
    st.sampled_from([0, 0, 1, 99, 100, 5_000]),
    st.sampled_from([0, 0, 0, 1, 3, 200]),
    st.sampled_from([0, 10, 11, 60]),
)
figures = st.sampled_from([(), (Figure(),), (Figure(5.0),), (Figure(0.0),), (Figure(5.1),)])
observations = st.builds(
    lambda old, new, seen, consent: Observation(old, new, figures=seen, consent=consent),
    windows,
    windows,
    figures,
    st.sampled_from([None, True, False]),
)
events = st.sampled_from(["", "", "", "", "pause", "resume", "promote"])
stories = st.lists(st.tuples(observations, st.integers(1, 100), events), max_size=40)
hooks = st.sampled_from(["", "http://ci/ok"])


def begin(hook: str) -> Rollout:
    begun, _ = start(Rollout("billing", (1, 25, 100), 60, LIMITS, hook=hook, give_up=GIVE_UP), 0)
    return replace(begun, pending=False)


def interfere(state: Rollout, event: str, now: float) -> Rollout:
    if state.phase not in WATCHED:
        return state
    if event == "pause":
        return pause(state)
    if event == "resume":
        return resume(state, now)[0]
    return promote(state, now)[0] if event == "promote" else state


@settings(max_examples=300)
@given(hooks, stories)
def test_no_step_without_data_interval_and_consent_and_no_failure_unanswered(
    hook: str, story: list[tuple[Observation, int, str]]
) -> None:
    state, now = begin(hook), 0.0
    for seen, seconds, event in story:
        now += seconds
        state = interfere(state, event, now)
        after, actions = advance(state, seen, now)
        went_on = after.step != state.step or (after.phase, state.phase) == ("promoted", "running")
        if went_on:
            assert state.phase == "running"
            assert after.step - state.step in (0, 1)
            assert seen.service.requests >= LIMITS.min_requests
            assert now - state.since >= state.interval
            assert seen.figures
            assert seen.figures[0].value is not None
            assert not hook or seen.consent is True
        if state.phase in WATCHED and judge(seen, LIMITS, state.baseline).answer == "fail":
            assert (after.phase, after.share) == ("rolled back", 0)
            assert [type(action) for action in actions] == [RollBack]
        if any(isinstance(action, SetShare) for action in actions):
            assert went_on
        if any(isinstance(action, AskHook) for action in actions):
            assert hook
            assert after.step == state.step
        if state.phase not in WATCHED:
            assert (after, actions) == (state, ())
        state = after


@settings(max_examples=300)
@given(hooks, stories)
def test_left_alone_it_ends(hook: str, story: list[tuple[Observation, int, str]]) -> None:
    """Whatever was seen before: with nothing more to see, a rollout that nobody paused is over after ``give_up``."""
    state, now = begin(hook), 0.0
    for seen, seconds, event in story:
        now += seconds
        state, _ = advance(interfere(state, event, now), seen, now)
    for _ in range(2):
        now += GIVE_UP
        state, _ = advance(state, Observation(), now)
    assert state.phase != "running"


@given(hooks, st.lists(st.tuples(observations, st.integers(1, 100)), min_size=1, max_size=40))
def test_whatever_is_seen_a_running_rollout_has_an_end_that_can_be_told_in_advance(
    hook: str, story: list[tuple[Observation, int]]
) -> None:
    """No sequence of verdicts keeps it running for longer than its steps times ``give_up`` and one look each."""
    state, now = begin(hook), 0.0
    while state.phase == "running":
        for seen, seconds in story:
            now += seconds
            state, _ = advance(state, seen, now)
        assert now <= len(state.steps) * (GIVE_UP + 100) + 100 * len(story) + 100 or state.phase != "running"
