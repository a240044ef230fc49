"""Servers as processes of their own, which say on what address they listen."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

ADDRESS = re.compile(r"http://127\.0\.0\.1:\d+")


@contextmanager
def process(command: list[str], told: str, **environment: str) -> Iterator[str]:
    """Starts a server; gives the first address that it prints on stdout or stderr."""
    running = subprocess.Popen(
        [sys.executable, *command],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env={**os.environ, "PYTHONWARNINGS": "", **environment},
    )
    try:
        assert running.stdout is not None
        lines = []
        for line in running.stdout:
            lines.append(line)
            if told in line and (found := ADDRESS.search(line)):
                yield found[0]
                break
        else:
            raise AssertionError(f"{command} did not start: {lines}")
    finally:
        running.terminate()
        running.communicate(timeout=20)
