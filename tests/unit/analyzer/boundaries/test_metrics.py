import pytest

from analyzer.boundaries.metrics import cohesion, purity


def test_purity_of_a_table_that_nobody_uses_is_one():
    assert purity({}, 5) == 1.0


def test_purity_with_one_boundary_is_one():
    assert purity({"a": 3}, 1) == 1.0


def test_purity_falls_as_use_spreads():
    assert purity({"a": 10}, 4) == 1.0
    assert purity({"a": 9, "b": 1}, 4) == pytest.approx(1 - 0.325083 / 1.386294, abs=1e-5)
    assert purity({"a": 1, "b": 1, "c": 1, "d": 1}, 4) == pytest.approx(0.0)


def test_cohesion_counts_half_of_what_crosses():
    assert cohesion(0, 0) == 1.0
    assert cohesion(0, 4) == 0.0
    assert cohesion(3, 2) == 0.75
