"""Room for deep recursion: interpreting nested calls nests the interpreter's own."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable
from typing import Any, TypeVar

_STACK_BYTES = 512 * 1024 * 1024
_FRAMES = 60_000
_WORDS = 1_100_000
"""A little more than 8 MB: see ``_in_one_piece``."""

Result = TypeVar("Result")


def with_deep_stack(work: Callable[[], Result]) -> Result:
    """Run in a thread whose stack is large enough for it."""
    outcome: list[Result] = []
    failure: list[BaseException] = []

    def run() -> None:
        try:
            outcome.append(_in_one_piece(work))
        except BaseException as error:  # handed over to the caller's thread
            failure.append(error)

    limit, size = sys.getrecursionlimit(), threading.stack_size(_STACK_BYTES)
    sys.setrecursionlimit(max(limit, _FRAMES))
    try:
        thread = threading.Thread(target=run, name="resolve")
        thread.start()
        thread.join()
    finally:
        threading.stack_size(size)
        sys.setrecursionlimit(limit)
    if failure:
        raise failure[0]
    return outcome[0]


def _in_one_piece(work: Callable[[], Any]) -> Any:
    """Run with the frames of all calls in one piece of memory.

    CPython keeps frames in chunks of 16 KB. It maps a chunk when calls reach into it and unmaps it when they return, so
    that recursion which goes up and down over a border costs two system calls and page faults each time: a quarter of
    all time here. A frame that asks for much room is given a chunk of the next power of two, and the calls below it
    live in what is left there, which is used page by page.
    """
    return work()


_in_one_piece.__code__ = _in_one_piece.__code__.replace(co_stacksize=_WORDS)
