"""A controller of rollouts in a process of its own, in a time that runs faster, until it is killed.

Run as ``python controller.py STATE_URL BEGAN SPEED``: ``SPEED`` seconds of this time are a real one.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable

from strangler.control.rollouts import Rollouts
from strangler.control.service import Control
from strangler.store import open_state


def fast_clock(began: float, speed: float) -> Callable[[], float]:
    """The same time in every process that is told the same."""
    return lambda: 1_000_000 + (time.time() - began) * speed


def main(url: str, began: float, speed: float) -> None:
    state, clock = open_state(url, create=False), fast_clock(began, speed)
    holder = f"pid {os.getpid()}"
    rollouts = Rollouts(state, Control(state.routes, actor=holder, clock=clock), holder=holder, clock=clock)
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    while True:
        rollouts.tick()
        time.sleep(0.1)


if __name__ == "__main__":
    main(sys.argv[1], float(sys.argv[2]), float(sys.argv[3]))
