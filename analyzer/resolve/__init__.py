"""Names to definitions, expressions to models, lookup paths to joins, SQL to tables; and what stayed open, and why."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from analyzer.config import Limits
from analyzer.discover import Project, discover
from analyzer.extract import ir, paused
from analyzer.extract import read as read_units
from analyzer.model.facts import Facts, Finding
from analyzer.resolve.stack import with_deep_stack

if TYPE_CHECKING:
    from analyzer.resolve.earlier import Earlier
    from analyzer.resolve.stages import Resolved

__all__ = ["facts", "facts_of", "read", "resolve"]

Progress = Callable[[str, int, int], None]


def read(path: Path, progress: Progress | None = None, limits: Limits | None = None) -> Facts:
    """Read a code base: discover, parse, extract, resolve. Raises :class:`analyzer.errors.NoProject`."""
    return facts_of(discover(path), progress, limits or Limits())


def facts_of(project: Project, progress: Progress | None, limits: Limits) -> Facts:
    """As :func:`read`, of a project that was discovered."""
    parsing = (lambda done, total: progress("parse", done, total)) if progress else None
    return facts(project, *read_units(project, limits, parsing), progress, limits)


def facts(
    project: Project,
    units: Iterable[ir.Unit],
    problems: Iterable[Finding] = (),
    progress: Progress | None = None,
    limits: Limits | None = None,
) -> Facts:
    """Resolve the lowered units of a project. The same units give the same facts."""
    return resolve(project, units, problems, progress, limits).facts


def resolve(
    project: Project,
    units: Iterable[ir.Unit],
    problems: Iterable[Finding] = (),
    progress: Progress | None = None,
    limits: Limits | None = None,
    earlier: Earlier | None = None,
) -> Resolved:
    """As :func:`facts`, with what later runs can make use of; ``earlier`` is what is left of such a run."""
    return with_deep_stack(
        lambda: _paused(project, list(units), problems, progress, limits or Limits(), earlier)
    )


def _paused(
    project: Project,
    units: list[ir.Unit],
    problems: Iterable[Finding],
    progress: Progress | None,
    limits: Limits,
    earlier: Earlier | None,
) -> Resolved:
    # costs more to import than an answer costs that can be carried over from an earlier run
    from analyzer.resolve.stages import run

    with paused():  # values refer to each other in circles and live to the end: no garbage would be found
        return run(project, units, problems, progress, limits, earlier)
