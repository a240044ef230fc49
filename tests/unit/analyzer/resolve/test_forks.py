"""Work in copies of the process: one that fails gives nothing, and takes nothing from the others."""

from __future__ import annotations

import os
import sys

import pytest

from analyzer.resolve import forks

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="forks are used on Linux only")


def test_work_that_fails_gives_nothing_and_the_rest_is_done() -> None:
    ended: list[int] = []
    answers = forks.run([lambda: b"one", lambda: os._exit(3), lambda: b"three"], 2, lambda: ended.append(1))
    assert answers == [b"one", None, b"three"]
    assert len(ended) == 3


def test_what_is_done_there_is_not_done_here() -> None:
    here: list[int] = []

    def work() -> bytes:
        here.append(1)
        return b"%d" % os.getpid()

    (answer,) = forks.run([work], 1, lambda: None)
    assert answer is not None
    assert int(answer) != os.getpid()
    assert here == []
