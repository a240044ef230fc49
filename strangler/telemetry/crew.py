"""What several workers counted, together: each writes its totals to a small file, whoever is asked adds them up.

A worker that has ended is folded into one file for all of the past, so that no total ever shrinks.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import msgspec

from strangler.rollout.window import Counted, Window
from strangler.telemetry.counters import Counters
from strangler.telemetry.exposition import Family, merged

_PAST = "past"


class Row(msgspec.Struct, frozen=True):
    """What was counted of one group and side."""

    group: str
    side: Counted
    window: Window
    seconds: float


class Report(msgspec.Struct, frozen=True):
    """What one worker knows since its start. ``shadow`` holds counts by group, ``families`` the other metrics, which
    add up as well."""

    rows: list[Row] = []
    shadow: dict[str, dict[str, int]] = {}
    families: list[Family] = []


def report_of(
    counters: Counters,
    shadow: Mapping[str, dict[str, int]],
    families: Iterable[Family] = (),
) -> Report:
    """The report of this process."""
    rows = [
        Row(group, side, window, seconds) for (group, side), (window, seconds) in counters.totals().items()
    ]
    return Report(rows, dict(shadow), list(families))


def counters_of(report: Report) -> Counters:
    """The totals of a report, as counters."""
    counters = Counters()
    counters.absorb({(row.group, row.side): (row.window, row.seconds) for row in report.rows})
    return counters


def add(reports: list[Report]) -> Report:
    """Their sum."""
    counters = Counters()
    shadow: dict[str, dict[str, int]] = {}
    for report in reports:
        counters.absorb({(row.group, row.side): (row.window, row.seconds) for row in report.rows})
        for group, counts in report.shadow.items():
            sums = shadow.setdefault(group, {})
            for name, count in counts.items():
                sums[name] = sums.get(name, 0) + count
    return report_of(counters, shadow, merged(family for report in reports for family in report.families))


class Crew:
    """A folder with the reports of a facade's workers; ``name`` is this one's."""

    def __init__(self, folder: Path, name: str) -> None:
        self.folder = folder
        self.name = name

    def publish(self, report: Report) -> None:
        """Makes it the report of this worker."""
        self._write(self.name, report)

    def others(self) -> list[Report]:
        """What all other workers published last, those that have ended included."""
        with self._locked(fcntl.LOCK_SH):
            return [_read(file) for file in self.folder.glob("*.json") if file.stem != self.name]

    def fold(self, name: str) -> None:
        """A worker has ended: what it counted joins the past."""
        with self._locked(fcntl.LOCK_EX):
            ended = self.folder / f"{name}.json"
            if ended.exists():
                past = self.folder / f"{_PAST}.json"
                total = add([_read(ended), *([_read(past)] if past.exists() else [])])
                lasting = [family for family in total.families if family.kind != "gauge"]
                self._write(_PAST, msgspec.structs.replace(total, families=lasting))
                ended.unlink()

    def _write(self, name: str, report: Report) -> None:
        draft = self.folder / f"{name}.draft"
        draft.write_bytes(msgspec.json.encode(report))
        draft.replace(self.folder / f"{name}.json")

    @contextmanager
    def _locked(self, how: int) -> Iterator[None]:
        lock = os.open(self.folder / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(lock, how)
            yield
        finally:
            os.close(lock)


def _read(file: Path) -> Report:
    return msgspec.json.decode(file.read_bytes(), type=Report)
