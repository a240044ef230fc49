"""What code cannot tell of itself: the recorder that enters a running system, its files, access logs, the history of
the repository; and how they meet the facts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from analyzer.model.facts import Facts
from analyzer.runtime.access_log import AccessLog, read_access_log
from analyzer.runtime.history import read_history
from analyzer.runtime.lines import lines_of
from analyzer.runtime.merge import merge
from analyzer.runtime.observations import Observations, read_observations
from analyzer.runtime.spans import read_spans
from analyzer.runtime.statements import read_statements
from analyzer.runtime.urls import RouteIndex

__all__ = [
    "RECORDER",
    "Evidence",
    "Observations",
    "lay_over",
    "merge",
    "read_access_log",
    "read_evidence",
]

RECORDER = Path(__file__).with_name("strangler_recorder.py")
"""The one file that enters a monolith. The analyzer shares its tokenizer and its version, and never Django."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """Files from a running system: what the recorder, a tracer or the database wrote, and access logs. ``repository``:
    a folder whose history is read as well."""

    observations: Sequence[Path] = ()
    access_logs: Sequence[Path] = ()
    repository: Path | None = None

    def __bool__(self) -> bool:
        return bool(self.observations or self.access_logs or self.repository)


def lay_over(facts: Facts, evidence: Evidence) -> Facts:
    """Read the files and merge them with the facts.

    Raises :class:`analyzer.errors.BadObservations` and :class:`analyzer.errors.BadHistory`.
    """
    if evidence.repository is not None:
        facts = replace(facts, history=read_history(evidence.repository, facts))
    if not evidence.observations and not evidence.access_logs:
        return facts
    seen: Observations | None = None
    for path in evidence.observations:
        seen = read_evidence(path, seen)
    log: AccessLog | None = None
    index = RouteIndex(facts.routes)
    for path in evidence.access_logs:
        log = read_access_log(path, index, log)
    return merge(facts, seen, log)


def read_evidence(path: Path, into: Observations | None = None) -> Observations:
    """Add a file to ``into``: what the recorder wrote, OpenTelemetry spans, or ``pg_stat_statements`` as CSV.

    Its first line tells which. Raises :class:`analyzer.errors.BadObservations`.
    """
    found = into if into is not None else Observations()
    first = next((line for line in lines_of(path) if line.strip()), b"")
    if first.strip() == b"{" or b'"resourceSpans"' in first[:1_000]:
        return read_spans(path, found)
    if {b"query", b"calls"} <= {name.strip(b'\xef\xbb\xbf" ') for name in first.lower().split(b",")}:
        return read_statements(path, found)
    return read_observations(path, found)
