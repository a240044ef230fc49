"""Runs pieces of work in copies of the process: each finds everything as it is now, and none disturbs another."""

from __future__ import annotations

import os
import sys
import warnings
from collections.abc import Callable, Sequence
from multiprocessing.connection import Connection, Pipe, wait

Work = Callable[[], bytes]


def run(works: Sequence[Work], processes: int, done: Callable[[], None]) -> list[bytes | None]:
    """What each piece of work gave, in their order; None where no process was to be had, or it came to no good end.

    ``processes``: how many run at the same time. ``done()`` is called whenever one has ended.
    """
    answers: list[bytes | None] = [None] * len(works)
    waiting = list(enumerate(works))[::-1]
    running: dict[Connection, tuple[int, int]] = {}
    while waiting or running:
        while waiting and len(running) < processes:
            number, work = waiting.pop()
            forked = _fork(work)
            if forked is not None:
                running[forked[1]] = number, forked[0]
        for receiving in wait(list(running)):
            assert isinstance(receiving, Connection)
            number, child = running.pop(receiving)
            answers[number] = _receive(child, receiving)
            done()
    return answers


def _fork(work: Work) -> tuple[int, Connection] | None:
    """A process that does the work, and where its answer comes from; None where none is to be had."""
    if sys.platform != "linux":
        return None  # elsewhere a fork is not safe beside the libraries of the system
    receiving, sending = Pipe(duplex=False)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # about threads: no other one runs code of ours meanwhile
            child = os.fork()
    except OSError:
        return None
    if child:
        sending.close()
        return child, receiving
    try:
        sending.send_bytes(work())
    finally:
        os._exit(0)


def _receive(child: int, receiving: Connection) -> bytes | None:
    with receiving:
        try:
            return receiving.recv_bytes()
        except (EOFError, OSError):
            return None
        finally:
            os.waitpid(child, 0)
