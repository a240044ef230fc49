"""What the documentation shows of a terminal: ``console`` blocks, whose commands can be run and whose answers compared.

``$ `` begins a command, ``> `` goes on with it, everything else is an answer; a line ``...`` stands for lines left out.
Standard error is not shown.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

_BLOCK = re.compile(r"```console\n(.*?)```", re.S)
_MARK = "--- end of the answer ---"


@dataclass(frozen=True)
class Excerpt:
    """A command, and the parts of its answer that are shown: lines between one ``...`` and the next."""

    command: str
    shown: tuple[tuple[str, ...], ...]

    def missing(self, answer: str) -> str:
        """The first shown line that does not stand where it should; empty if all do."""
        lines = [line.rstrip() for line in answer.splitlines()]
        at = 0
        for i, part in enumerate(self.shown):
            starts = [at] if i == 0 else range(at, len(lines) + 1)
            start = next((s for s in starts if tuple(lines[s : s + len(part)]) == part), None)
            if start is None:
                return next((line for line in part if line not in lines), part[0])
            at = start + len(part)
        return ""


def excerpts(page: Path) -> list[Excerpt]:
    """The excerpts of a page, in order."""
    found = []
    for block in _BLOCK.findall(page.read_text("utf-8")):
        for part in re.split(r"^\$ ", block, flags=re.M)[1:]:
            command, *rest = part.rstrip("\n").split("\n")
            while rest and rest[0].startswith("> "):
                command += "\n" + rest.pop(0)[2:]
            found.append(Excerpt(command, _parts(rest)))
    return found


def _parts(lines: list[str]) -> tuple[tuple[str, ...], ...]:
    parts: list[list[str]] = [[]]
    for line in lines:
        if line == "...":
            parts.append([])
        else:
            parts[-1].append(line.rstrip())
    return tuple(tuple(part) for i, part in enumerate(parts) if part or i == 0)


def answers(found: list[Excerpt], folder: Path) -> list[str]:
    """What the commands answer, run one after the other in one shell in a folder; ``strangler`` is this tree's."""
    tools = folder / ".tools"
    tools.mkdir()
    (tools / "strangler").write_text(f'#!/bin/sh\nexec "{sys.executable}" -m strangler.cli "$@"\n')
    (tools / "strangler").chmod(0o755)
    kept = {name: value for name, value in os.environ.items() if not name.startswith("STRANGLER_")}
    environ = {**kept, "PATH": f"{tools}:{os.environ['PATH']}", "NO_COLOR": "1", "STRANGLER_ACTOR": "you"}
    ends = f"code=$?; printf '%s\\n' '{_MARK}'; (exit $code)"
    script = "".join(f"{excerpt.command}\n{ends}\n" for excerpt in found)
    done = subprocess.run(
        ["bash", "-c", script], cwd=folder, env=environ, capture_output=True, text=True, timeout=300
    )
    return done.stdout.split(f"{_MARK}\n")[:-1]
