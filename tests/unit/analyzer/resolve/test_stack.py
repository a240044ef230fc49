"""Deep recursion must neither end in an error nor in the kernel."""

from __future__ import annotations

import resource
import sys

import pytest

from analyzer.resolve.stack import with_deep_stack


def down(depth: int) -> int:
    return down(depth - 1) + 1 if depth else 0


def test_no_failure_is_swallowed() -> None:
    with pytest.raises(ZeroDivisionError):
        with_deep_stack(lambda: 1 // 0)


def test_the_limits_are_as_before() -> None:
    before = sys.getrecursionlimit()
    with_deep_stack(lambda: None)
    assert sys.getrecursionlimit() == before


def test_calls_may_nest_deeply() -> None:
    assert with_deep_stack(lambda: down(50_000)) == 50_000


@pytest.mark.skipif(sys.platform != "linux", reason="counts the page faults of a thread")
def test_going_down_again_maps_no_memory_again() -> None:
    def faults() -> int:
        down(5_000)
        before = resource.getrusage(resource.RUSAGE_THREAD).ru_minflt
        for _ in range(50):
            down(5_000)
        return resource.getrusage(resource.RUSAGE_THREAD).ru_minflt - before

    assert with_deep_stack(faults) < 50
