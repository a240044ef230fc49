"""Trees in, lowered units out: one walk over each tree, one module per kind of fact.

A unit depends on its file's name and content alone: it is made in any process, and kept between runs.
"""

from __future__ import annotations

import ast
import gc
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import msgspec

from analyzer.cache import Packs, Place, generation
from analyzer.config import Limits
from analyzer.discover import Project
from analyzer.extract import calls, definitions, expressions, imports, ir, statements
from analyzer.extract.walk import Handlers, Walk
from analyzer.model.facts import Finding, Location
from analyzer.parse import parse

__all__ = ["EXTRACTORS", "Lowering", "decoded", "extract", "lower", "paused", "read", "unit_of"]

EXTRACTORS: tuple[Handlers, ...] = (
    imports.HANDLERS,
    definitions.HANDLERS,
    statements.HANDLERS,
    calls.HANDLERS,
    expressions.HANDLERS,
)
_TABLE: Handlers = {kind: handler for handlers in EXTRACTORS for kind, handler in handlers.items()}
_ENCODER = msgspec.msgpack.Encoder()
_DECODER = msgspec.msgpack.Decoder(ir.Unit)
_BATCH = 32


def extract(file: str, text: str, tree: ast.Module) -> ir.Unit:
    """Lower one tree. Raises RecursionError for code that is nested deeper than Python's own stack."""
    lines = text.splitlines()
    walk = Walk(_TABLE, lines)
    body = walk.block(tree.body)
    return ir.Unit(file, len(lines), body, tuple(walk.imports), tuple(walk.sites), tuple(sorted(walk.asked)))


def read(
    project: Project, limits: Limits, progress: Callable[[int, int], None] | None = None
) -> tuple[list[ir.Unit], list[Finding]]:
    """Parse and lower every file of a project, in the order of ``project.files``; unreadable files become findings."""
    lowering = lower(project, limits, progress)
    return lowering.units(), lowering.problems()


@dataclass(frozen=True, slots=True)
class Lowering:
    """All files of a project, lowered; and of those that have changed, what an earlier run had made of them."""

    project: Project
    now: Mapping[str, Lowered]
    before: Mapping[str, Lowered]

    def units(self) -> list[ir.Unit]:
        """In the order of ``project.files``; what cannot be parsed has none."""
        with paused():
            return [unit for source in self.project.files if (unit := unit_of(self.now[source.file]))]

    def problems(self) -> list[Finding]:
        """What could not be read, and why."""
        closed = [_closed(place, why) for place, why in self.project.closed]
        return [
            *closed,
            *(problem for source in self.project.files for problem in self.now[source.file].problems),
        ]


def lower(
    project: Project,
    limits: Limits,
    progress: Callable[[int, int], None] | None = None,
    place: Place | None = None,
) -> Lowering:
    """Parse and lower every file. With a ``place``, files whose content is as it was are taken from there."""
    kept = _unpack(place.packs) if place is not None else {}
    files = [source.file for source in project.files]
    known = place.files if place is not None else {}
    now = {file: kept[file] for file in files if file in kept and kept[file].content == known.get(file)}
    fresh = [file for file in files if file not in now]
    for lowered in _batches(project.folder, fresh, limits):
        now.update(lowered)
        if progress:
            progress(len(now), len(files))
    if place is not None and fresh:
        place.packs.write("units", generation(), _PACKER.encode({file: now[file] for file in files}))
    return Lowering(project, now, {file: kept[file] for file in fresh if file in kept})


def unit_of(lowered: Lowered) -> ir.Unit | None:
    """The unit, decoded; None for what cannot be parsed."""
    return decoded(lowered.unit)


def decoded(unit: bytes) -> ir.Unit | None:
    """A unit as it was encoded; None for what could not be parsed."""
    return _DECODER.decode(unit) if unit else None


def _closed(place: str, why: str) -> Finding:
    remedy = "Give the analysis the right to read it, or rename it."
    return Finding(
        "unreadable-file", "warning", f"{place} was not read: {why}", (Location(place, 1),), remedy
    )


class Lowered(msgspec.Struct, frozen=True, gc=False, array_like=True):
    """What one file's content gave: an encoded unit, or none and the reason."""

    content: bytes
    unit: bytes
    problems: tuple[Finding, ...]


_PACKER = msgspec.msgpack.Encoder()
_UNPACKER = msgspec.msgpack.Decoder(dict[str, Lowered])


def _unpack(packs: Packs) -> dict[str, Lowered]:
    data = packs.read("units", generation())
    try:
        return _UNPACKER.decode(data) if data else {}
    except msgspec.DecodeError:
        return {}


def _batches(folder: Path, files: list[str], limits: Limits) -> Iterator[dict[str, Lowered]]:
    jobs = [
        (folder, files[start : start + _BATCH], limits.max_file_bytes)
        for start in range(0, len(files), _BATCH)
    ]
    if limits.processes > 1 and len(jobs) > 3:
        from analyzer.extract.processes import mapped  # most runs read few files, and need no processes

        yield from mapped(_lower, jobs, limits.processes)
        return
    for job in jobs:
        yield _lower(job)


def _lower(job: tuple[Path, list[str], int]) -> dict[str, Lowered]:
    folder, files, max_bytes = job
    with paused():
        return {file: _lower_file(folder, file, max_bytes) for file in files}


def _lower_file(folder: Path, file: str, max_bytes: int) -> Lowered:
    parsed = parse(folder, file, max_bytes)
    problems = (parsed.problem,) if parsed.problem else ()
    if parsed.tree is None:
        return Lowered(parsed.content, b"", problems)
    try:
        unit = _ENCODER.encode(extract(file, parsed.text, parsed.tree))
    except RecursionError:
        return Lowered(parsed.content, b"", (_too_deep(file),))
    return Lowered(parsed.content, unit, problems)


@contextmanager
def paused() -> Iterator[None]:
    """Without the garbage collector: trees have no circles, and looking for them costs more than parsing."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()


def _too_deep(file: str) -> Finding:
    message = f"{file} is nested too deeply to be read"
    return Finding(
        "unparsed-file", "warning", message, (Location(file, 1),), "Generated data needs no analysis."
    )
