from itertools import pairwise

import pytest

from strangler.rollout.window import BOUNDS, SIZE, Window, bucket_index


def of(*seconds: float) -> Window:
    latencies = [0] * SIZE
    for value in seconds:
        latencies[bucket_index(value)] += 1
    return Window(len(seconds), 0, tuple(latencies))


def test_nothing_has_no_latency() -> None:
    assert Window().quantile(0.95) == 0.0


def test_bounds_rise_by_a_fourth_of_an_octave() -> None:
    assert BOUNDS[0] == 0.0005
    assert all(high / low == pytest.approx(2 ** (1 / 4), rel=1e-3) for low, high in pairwise(BOUNDS))
    assert BOUNDS[-1] > 50


def test_a_latency_on_a_bound_belongs_below_it_and_the_slowest_have_a_bucket() -> None:
    assert bucket_index(0.0005) == 0
    assert bucket_index(0.00051) == 1
    assert bucket_index(1e9) == SIZE - 1


def test_quantiles_are_within_a_bucket_of_the_truth() -> None:
    seconds = sorted(0.001 * (i + 1) for i in range(1_000))
    window = of(*seconds)
    for q in (0.5, 0.95, 0.99):
        assert window.quantile(q) == pytest.approx(seconds[int(q * 1_000) - 1], rel=0.19)


def test_windows_add_up() -> None:
    total = Window.sum([of(0.01), of(0.02, 0.03), Window()])
    assert (total.requests, sum(total.latencies)) == (3, 3)
