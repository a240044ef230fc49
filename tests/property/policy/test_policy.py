"""Laws of the state machines, whatever happens to them and in which order."""

from __future__ import annotations

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from strangler.policy import Buckets, Budget, Circuit, Compartments
from strangler.routing.policy import Breaker, Bulkhead, Rate, Retry

STEPS = st.lists(st.floats(0, 2), max_size=200)


@given(st.integers(1, 20), st.integers(1, 20), st.floats(0.5, 5), STEPS)
def test_a_rate_is_never_exceeded_in_any_window(
    limit: int, burst: int, per: float, steps: list[float]
) -> None:
    buckets = Buckets([Rate("client", limit, per, burst)])
    now, passed = 0.0, []
    for step in steps:
        now += step
        if not buckets.take(["a"], now)[0].retry_after:
            passed.append(now)
    for start in range(len(passed)):
        for end in range(start, len(passed)):
            assert end - start + 1 <= burst + (passed[end] - passed[start]) * limit / per + 1e-6


@given(st.integers(1, 20), st.integers(1, 20), st.floats(0.5, 5), STEPS)
def test_whoever_waits_as_long_as_told_passes(limit: int, burst: int, per: float, steps: list[float]) -> None:
    buckets, now = Buckets([Rate("client", limit, per, burst)]), 0.0
    for step in steps:
        now += step
        wait = buckets.take(["a"], now)[0].retry_after
        if wait:
            now += wait
            assert not buckets.take(["a"], now)[0].retry_after


@given(st.lists(st.integers(0, 50), max_size=300), st.integers(1, 10))
def test_it_remembers_no_more_keys_than_it_may(keys: list[int], most: int) -> None:
    buckets = Buckets([Rate("client", 1, 60.0, 1)], most)
    for key in keys:
        buckets.take([str(key)], 0.0)
        assert buckets.size <= most


@given(st.lists(st.tuples(st.floats(0, 3), st.sampled_from([True, False, None])), max_size=300))
def test_a_breaker_lets_no_more_trials_pass_than_it_may_and_always_finds_back(
    events: list[tuple[float, bool | None]],
) -> None:
    rule = Breaker(errors=50, minimum=3, window=5, open=2, trials=2)
    circuit, now, trials = Circuit(rule), 0.0, 0
    for step, failed in events:
        now += step
        before = circuit.state(now)
        ticket = circuit.enter(now)
        assert (ticket is None) == (before == "open")
        if ticket is not None:
            circuit.settle(ticket, failed, now)
        trials = trials + 1 if before == "half open" and failed is False else 0
        if circuit.state(now) == "closed":
            trials = 0
        assert trials < rule.trials
    now += rule.open
    for _ in range(rule.trials):
        ticket = circuit.enter(now)
        assert ticket is not None
        circuit.settle(ticket, False, now)
    assert circuit.state(now) == "closed"


@given(st.floats(0, 100), st.lists(st.booleans(), max_size=300))
def test_retries_stay_within_the_budget(percent: float, events: list[bool]) -> None:
    budget, requests, retries = Budget(Retry(budget=percent)), 0, 0
    for asks in events:
        if asks:
            retries += budget.withdraw()
        else:
            requests += 1
            budget.deposit()
        assert retries <= 10 + requests * percent / 100 + 1e-6


@given(
    st.builds(
        Bulkhead, st.integers(1, 4), st.integers(0, 5), st.just(1.0), st.one_of(st.none(), st.integers(1, 3))
    ),
    st.lists(st.tuples(st.sampled_from("abc"), st.sampled_from(["come", "leave", "give up"])), max_size=200),
)
def test_places_are_neither_lost_nor_doubled(rule: Bulkhead, events: list[tuple[str, str]]) -> None:
    places: Compartments[tuple[str, int]] = Compartments(rule)
    inside: Counter[str] = Counter()
    waiting: list[tuple[str, int]] = []
    for number, (tenant, what) in enumerate(events):
        if what == "come":
            if places.enter(tenant):
                inside[tenant] += 1
            else:
                waits, evicted = places.queue(tenant, (tenant, number))
                if evicted is not None:
                    waiting.remove(evicted)
                if waits:
                    waiting.append((tenant, number))
        elif what == "leave" and inside[tenant]:
            inside[tenant] -= 1
            for called in places.leave(tenant):
                waiting.remove(called)
                inside[called[0]] += 1
        elif what == "give up" and waiting:
            gone = waiting.pop(number % len(waiting))
            places.give_up(gone[0], gone)
        assert places.active == inside.total() <= rule.concurrency
        assert places.waiting == len(waiting) <= rule.queue
        assert rule.per_tenant is None or max(inside.values(), default=0) <= rule.per_tenant
        if places.active < rule.concurrency:  # nobody waits for a place that is free
            assert all(rule.per_tenant is not None and inside[t] >= rule.per_tenant for t, _ in waiting)
