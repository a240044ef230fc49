from __future__ import annotations

from dataclasses import replace

import pytest

from analyzer.boundaries.order import Load, loads, rank
from analyzer.model.facts import Observed, Traffic
from analyzer.model.plan import Boundary, Changes, Metrics


def boundary(name: str, *routes: int) -> Boundary:
    metrics = Metrics(tables=3, cohesion=0.5, leaks_in=0, leaks_out=0, distributed_writes=0, purity=1.0)
    return Boundary(name, (), (), (), routes, 1.0, (), "extract now", (), metrics, ())


QUIET, BUSY = boundary("a_quiet", 0, 1), boundary("busy", 2, 3)
LINES = {"a_quiet": 100, "busy": 100}


def test_without_observations_traffic_says_nothing() -> None:
    steps = rank([QUIET, BUSY], LINES)
    assert [step.value for step in steps] == [0.9, 0.9]
    assert "request" not in steps[0].reasons[0]
    assert loads([QUIET], None) is None


def test_traffic_outside_a_boundary_is_not_its_own() -> None:
    observed = Observed(traffic=(Traffic(7, 100, 0, 1.0),))
    assert loads([QUIET], observed) == {"a_quiet": Load()}


def test_what_is_asked_most_is_worth_most() -> None:
    observed = Observed(traffic=(Traffic(0, 10, 0, 1.0), Traffic(2, 60, 1, 2.0), Traffic(3, 40, 1, 2.0)))
    load = loads([QUIET, BUSY], observed)
    assert load == {"a_quiet": Load(10, 1.0, 0), "busy": Load(100, 4.0, 2)}
    steps = rank([QUIET, BUSY], LINES, load)
    assert [(step.boundary, step.value) for step in steps] == [
        ("busy", pytest.approx(0.45 + 0.2 + 0.2 + 0.1)),
        ("a_quiet", pytest.approx(0.45 + 0.02 + 0.05)),
    ]
    assert "100 requests in 4.0 s, 2 server errors" in steps[0].reasons[0]


def test_what_changes_most_is_worth_more_and_counts_half_as_much_as_the_code() -> None:
    calm, hot = replace(QUIET, changes=Changes(10, 1)), replace(BUSY, changes=Changes(40, 3))
    steps = rank([calm, hot], LINES)
    assert [(step.boundary, step.value) for step in steps] == [
        ("busy", pytest.approx((0.9 + 0.5 * 1.0) / 1.5, abs=0.001)),
        ("a_quiet", pytest.approx((0.9 + 0.5 * 0.25) / 1.5, abs=0.001)),
    ]
    assert "40 commits by 3 authors" in steps[0].reasons[0]


def test_a_boundary_that_stays_has_no_step() -> None:
    assert rank([replace(BUSY, verdict="keep in the monolith")], LINES, {}) == ()
