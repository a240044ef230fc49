"""A process that changes shares as fast as it can, and writes down (in a file, synced) what the state accepted.

Run as ``python writer.py STATE_URL RECORD GROUP COUNT``: COUNT 0 goes on until it is killed.
"""

from __future__ import annotations

import os
import sys
from itertools import count
from pathlib import Path

from strangler.control import Control, Request
from strangler.control.verbs import Canary
from strangler.errors import Conflict
from strangler.store import open_state


def main(url: str, record: str, group: str, number: int) -> None:
    state = open_state(url, create=False)
    control = Control(state.routes, actor=f"writer {os.getpid()}")
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    with Path(record).open("a", encoding="utf-8") as file:
        for step in count(1):
            percent = state.routes.version() % 100 + 1
            try:
                outcome = control.change(Request(Canary(name=group, percent=percent)), via="demo")
            except Conflict as conflict:
                file.write(f"conflict {conflict.current}\n")
            else:
                if outcome.changed:
                    file.write(f"accepted {outcome.version} {percent}\n")
            file.flush()
            os.fsync(file.fileno())
            if step == number:
                return


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], sys.argv[3], int(sys.argv[4]))
