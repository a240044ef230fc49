"""Work that several processes share, done in this one where there are none to be had."""

from __future__ import annotations

import gc
import multiprocessing
import multiprocessing.context
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from typing import TypeVar

Job = TypeVar("Job")
Result = TypeVar("Result")


def mapped(work: Callable[[Job], Result], jobs: Sequence[Job], processes: int) -> Iterator[Result]:
    """What the work on each job gives, in their order."""
    done = 0
    if not multiprocessing.current_process().daemon:
        try:
            with ProcessPoolExecutor(processes, _start_method(), gc.disable) as pool:
                for result in pool.map(work, jobs):
                    yield result
                    done += 1
            return
        except (BrokenProcessPool, OSError, RuntimeError):
            pass  # no processes to be had here: go on in this one
    for job in jobs[done:]:
        yield work(job)


def _start_method() -> multiprocessing.context.BaseContext:
    """Forking costs a hundredth of a fresh interpreter, but is safe only while there is one thread."""
    single = threading.active_count() == 1 and "fork" in multiprocessing.get_all_start_methods()
    return multiprocessing.get_context("fork" if single else "spawn")
