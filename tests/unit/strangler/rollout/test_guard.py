from dataclasses import replace

import pytest

from strangler.rollout import Check, Figure
from strangler.rollout.guard import Thresholds, Verdict, judge, lower_difference, wilson
from strangler.rollout.window import SIZE, Observation, Window, bucket_index


def window(requests: int, errors: int = 0, seconds: float = 0.02) -> Window:
    latencies = [0] * SIZE
    latencies[bucket_index(seconds)] = requests
    return Window(requests, errors, tuple(latencies))


LIMITS = Thresholds()


def test_no_data_is_never_a_pass() -> None:
    assert judge(Observation(), LIMITS).answer == "inconclusive"
    assert judge(Observation(monolith=window(10_000)), LIMITS).answer == "inconclusive"


def test_too_few_requests_are_not_a_pass() -> None:
    assert judge(Observation(window(1_000), window(99)), LIMITS).answer == "inconclusive"


@pytest.mark.parametrize("errors", [1, 2])
def test_an_accident_is_not_a_failure(errors: int) -> None:
    assert judge(Observation(window(1_000), window(errors, errors)), LIMITS).answer == "inconclusive"


def test_errors_that_the_monolith_has_too_are_no_failure() -> None:
    assert judge(Observation(window(1_000, 50), window(1_000, 50)), LIMITS).answer == "pass"


def test_slower_within_the_slack_is_no_failure() -> None:
    seen = Observation(window(1_000, seconds=0.002), window(1_000, seconds=0.009))
    assert judge(seen, LIMITS).answer == "pass"


def test_enough_good_answers_pass() -> None:
    verdict = judge(Observation(window(1_000), window(100)), LIMITS)
    assert verdict.answer == "pass"
    assert "errors 0.00% of 100 on the service" in verdict.reason


def test_a_broken_service_fails_before_the_minimum_sample() -> None:
    verdict = judge(Observation(window(1_000), window(8, 4)), LIMITS)
    assert verdict.answer == "fail"
    assert "errors 50.00% of 8" in verdict.reason


def test_a_slow_service_fails() -> None:
    verdict = judge(Observation(window(1_000, seconds=0.02), window(200, seconds=0.3)), LIMITS)
    assert verdict.answer == "fail"
    assert verdict.reason.startswith("p95 ")


def test_differing_answers_fail() -> None:
    seen = Observation(window(1_000), window(200), compared=500, differing=20)
    assert judge(seen, LIMITS).answer == "fail"


def test_one_differing_answer_holds() -> None:
    seen = Observation(window(1_000), window(200), compared=500, differing=1)
    assert judge(seen, LIMITS).answer == "inconclusive"


def test_the_baseline_stands_in_when_nobody_is_left_on_the_monolith() -> None:
    alone = Observation(Window(), window(1_000, seconds=0.3))
    assert judge(alone, LIMITS).answer == "pass"
    assert judge(alone, LIMITS, baseline=window(1_000, seconds=0.02)).answer == "fail"


@pytest.mark.parametrize(
    ("bad", "total", "low", "high"),
    [(0, 10, 0.0, 0.2775), (81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (1, 29, 0.0061, 0.1718)],
)
def test_wilson_agrees_with_published_intervals(bad: int, total: int, low: float, high: float) -> None:
    """The last three are the examples of Newcombe's paper on single proportions (1998), table I, method 3."""
    assert wilson(bad, total) == pytest.approx((low, high), abs=5e-5)


def test_lower_difference_agrees_with_the_published_example() -> None:
    """Newcombe 1998, table II, contrast (a), method 10: 56/70 - 48/80 has the interval 0.0524 .. 0.3339."""
    assert lower_difference((56, 70), (48, 80)) == pytest.approx(0.0524, abs=5e-5)


CHECKED = Thresholds(min_requests=100, checks=(Check("failed", "http://orders/x", "$.failed", "<=", 5),))


def test_a_figure_that_cannot_be_had_is_no_pass() -> None:
    seen = Observation(window(1_000), window(1_000))
    for figures in ((), (Figure(trouble="status 500"),)):
        assert judge(replace(seen, figures=figures), CHECKED).answer == "inconclusive"


def test_a_figure_that_is_not_as_demanded_fails_whatever_the_requests_say() -> None:
    for seen in (Observation(), Observation(window(1_000), window(1_000))):
        verdict = judge(replace(seen, figures=(Figure(5.5),)), CHECKED)
        assert verdict == Verdict("fail", "failed 5.5, demanded <= 5")


def test_a_figure_as_demanded_passes_with_the_rest_only() -> None:
    good = (Figure(5.0),)
    assert judge(Observation(window(1_000), window(1_000), figures=good), CHECKED).answer == "pass"
    assert judge(Observation(figures=good), CHECKED).answer == "inconclusive"
