from __future__ import annotations

import pytest

from strangler.policy import Budget, pause
from strangler.routing.policy import Retry

RETRY = Retry(first=0.1, most=0.5, budget=20)


def test_an_upstream_that_fails_everything_gets_little_more_load() -> None:
    budget = Budget(RETRY)
    retries = 0
    for _ in range(1000):
        budget.deposit()
        retries += budget.withdraw()
    assert retries <= 10 + 0.2 * 1000


def test_a_quiet_hour_saves_nothing_up() -> None:
    budget = Budget(RETRY)
    for _ in range(10_000):
        budget.deposit()
    assert [budget.withdraw() for _ in range(11)] == [True] * 10 + [False]


def test_no_budget_no_retries() -> None:
    budget = Budget(Retry(budget=0))
    budget.deposit()
    assert not budget.withdraw()


@pytest.mark.parametrize(("failures", "longest"), [(1, 0.1), (2, 0.2), (3, 0.4), (4, 0.5), (9, 0.5)])
def test_the_pause_grows_up_to_a_limit(failures: int, longest: float) -> None:
    assert pause(RETRY, failures, 1.0) == pytest.approx(longest)
    assert pause(RETRY, failures, 0.0) == 0.0
