"""Trees in, lowered units out: one walk over each tree, one module per kind of fact.

``read`` is the seam for a cache: a unit depends on the file's content alone and is a handful of bytes to encode.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import msgspec

from analyzer.config import Limits
from analyzer.discover import Project
from analyzer.extract import calls, definitions, expressions, imports, ir, statements
from analyzer.extract.walk import Handlers, Walk
from analyzer.model.facts import Finding, Location
from analyzer.parse import parse

__all__ = ["EXTRACTORS", "extract", "read"]

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
    return ir.Unit(file, len(lines), body, tuple(walk.imports), tuple(walk.sites))


def read(
    project: Project, limits: Limits, progress: Callable[[int, int], None] | None = None
) -> tuple[list[ir.Unit], list[Finding]]:
    """Parse and lower every file of a project, in the order of ``project.files``; unreadable files become findings."""
    units: list[ir.Unit] = []
    problems: list[Finding] = []
    files = [source.file for source in project.files]
    for encoded, found in _batches(project.folder, files, limits):
        units.extend(_DECODER.decode(data) for data in encoded)
        problems.extend(found)
        if progress:
            progress(len(units) + len(problems), len(files))
    return units, problems


def _batches(folder: Path, files: list[str], limits: Limits) -> Iterator[tuple[list[bytes], list[Finding]]]:
    jobs = [
        (folder, files[start : start + _BATCH], limits.max_file_bytes)
        for start in range(0, len(files), _BATCH)
    ]
    if limits.processes < 2 or len(jobs) < 4:
        yield from map(_lower, jobs)
        return
    with ProcessPoolExecutor(limits.processes) as pool:
        yield from pool.map(_lower, jobs)


def _lower(job: tuple[Path, list[str], int]) -> tuple[list[bytes], list[Finding]]:
    folder, files, max_bytes = job
    encoded: list[bytes] = []
    problems: list[Finding] = []
    for file in files:
        parsed = parse(folder, file, max_bytes)
        if parsed.problem:
            problems.append(parsed.problem)
        if parsed.tree is None:
            continue
        try:
            encoded.append(_ENCODER.encode(extract(file, parsed.text, parsed.tree)))
        except RecursionError:
            problems.append(_too_deep(file))
    return encoded, problems


def _too_deep(file: str) -> Finding:
    message = f"{file} is nested too deeply to be read"
    return Finding(
        "unparsed-file", "warning", message, (Location(file, 1),), "Generated data needs no analysis."
    )
