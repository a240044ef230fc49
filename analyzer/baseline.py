"""The wall: what crossed the boundaries when the team last looked, and what crosses them now.

A coupling is known by its code, its message and the text of its line, not by the line's number or the file's name: it
keeps its fingerprint when code above it changes and when its file moves. Equal ones are counted.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from hashlib import blake2b
from types import MappingProxyType

import msgspec

from analyzer.errors import BadBaseline
from analyzer.model.facts import Finding, Location
from analyzer.model.pins import FRAMEWORK
from analyzer.model.plan import Boundary

SCHEMA_VERSION = 1

LineAt = Callable[[Location], str]
"""The text of a line; empty where it cannot be read."""


@dataclass(frozen=True, slots=True)
class Coupling:
    """One thing that crosses a boundary at one place."""

    finding: Finding
    location: Location
    fingerprint: str


@dataclass(frozen=True, slots=True)
class Known:
    """A coupling that was accepted, ``count`` times."""

    fingerprint: str
    code: str
    message: str
    count: int = 1


@dataclass(frozen=True, slots=True)
class Baseline:
    """What was accepted: the boundaries (name -> labels of models; names of shared reference data) and the couplings
    across them."""

    boundaries: Mapping[str, tuple[str, ...]]
    shared: frozenset[str]
    known: tuple[Known, ...]


@dataclass(frozen=True, slots=True)
class Drift:
    """How the couplings of now differ from a baseline: those it does not know, and how many of its own are gone."""

    new: tuple[Coupling, ...]
    gone: tuple[Known, ...]


def couplings(findings: Iterable[Finding], line_at: LineAt) -> tuple[Coupling, ...]:
    """One coupling for each place of each finding."""
    return tuple(
        Coupling(finding, place, _fingerprint(finding, line_at(place)))
        for finding in findings
        for place in finding.locations
    )


def accept(boundaries: Iterable[Boundary], found: Iterable[Coupling]) -> Baseline:
    """A baseline of these boundaries and all that crosses them now."""
    plan = [boundary for boundary in boundaries if boundary.name != FRAMEWORK]
    counts = Counter((c.finding.code, c.finding.message, c.fingerprint) for c in found)
    return Baseline(
        MappingProxyType({b.name: b.models for b in plan}),
        frozenset(b.name for b in plan if b.verdict == "shared reference data"),
        tuple(Known(mark, code, message, count) for (code, message, mark), count in sorted(counts.items())),
    )


def compare(baseline: Baseline, found: Iterable[Coupling]) -> Drift:
    """What is new and what is gone. Of couplings that are alike, the last ones in the code count as the new ones."""
    left = Counter({known.fingerprint: known.count for known in baseline.known})
    new = []
    for coupling in found:
        if left[coupling.fingerprint] > 0:
            left[coupling.fingerprint] -= 1
        else:
            new.append(coupling)
    gone = tuple(
        Known(known.fingerprint, known.code, known.message, left[known.fingerprint])
        for known in baseline.known
        if left[known.fingerprint] > 0
    )
    return Drift(tuple(new), gone)


def write(baseline: Baseline) -> bytes:
    """The baseline's file: JSON, one coupling a line, so that a review sees what was accepted and what is gone."""
    boundaries = {
        name: {"models": list(models), **({"shared": True} if name in baseline.shared else {})}
        for name, models in sorted(baseline.boundaries.items())
    }
    known = b",\n".join(msgspec.json.encode(known) for known in baseline.known)
    head = msgspec.json.format(msgspec.json.encode(boundaries), indent=1)
    return b'{\n"schema_version": %d,\n"boundaries": %b,\n"couplings": [\n%b\n]\n}\n' % (
        SCHEMA_VERSION,
        head,
        known,
    )


def read(data: bytes, where: str) -> Baseline:
    """The baseline in such a file; raises BadBaseline for anything else."""
    remedy = "Write it again with --update-baseline."
    try:
        document = msgspec.json.decode(data, type=_File)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise BadBaseline(f"not a baseline: {error}", where=where, remedy=remedy) from None
    if document.schema_version != SCHEMA_VERSION:
        raise BadBaseline(
            f"of version {document.schema_version}, this reads {SCHEMA_VERSION}", where=where, remedy=remedy
        )
    return Baseline(
        MappingProxyType({name: tuple(section.models) for name, section in document.boundaries.items()}),
        frozenset(name for name, section in document.boundaries.items() if section.shared),
        tuple(document.couplings),
    )


class _Section(msgspec.Struct, forbid_unknown_fields=True):
    models: list[str]
    shared: bool = False


class _File(msgspec.Struct, forbid_unknown_fields=True):
    schema_version: int
    boundaries: dict[str, _Section]
    couplings: list[Known]


def _fingerprint(finding: Finding, line: str) -> str:
    parts = (finding.code, finding.message, " ".join(line.split()))
    return blake2b("\0".join(parts).encode("utf-8", "surrogateescape"), digest_size=8).hexdigest()
