"""What a running system shows: the recorder that enters it, its files, access logs; and how they meet the facts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from analyzer.model.facts import Facts
from analyzer.runtime.access_log import AccessLog, read_access_log
from analyzer.runtime.merge import merge
from analyzer.runtime.observations import Observations, read_observations
from analyzer.runtime.urls import RouteIndex

__all__ = [
    "RECORDER",
    "Evidence",
    "Observations",
    "lay_over",
    "merge",
    "read_access_log",
    "read_observations",
]

RECORDER = Path(__file__).with_name("strangler_recorder.py")
"""The one file that enters a monolith. The analyzer shares its tokenizer and its version, and never Django."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """Files from a running system: what the recorder wrote, and access logs."""

    observations: Sequence[Path] = ()
    access_logs: Sequence[Path] = ()

    def __bool__(self) -> bool:
        return bool(self.observations or self.access_logs)


def lay_over(facts: Facts, evidence: Evidence) -> Facts:
    """Read the files and merge them with the facts. Raises :class:`analyzer.errors.BadObservations`."""
    seen: Observations | None = None
    for path in evidence.observations:
        seen = read_observations(path, seen)
    log: AccessLog | None = None
    index = RouteIndex(facts.routes)
    for path in evidence.access_logs:
        log = read_access_log(path, index, log)
    return merge(facts, seen, log)
