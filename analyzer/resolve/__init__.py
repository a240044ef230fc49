"""Names to definitions, expressions to models, lookup paths to joins, SQL to tables; and what stayed open, and why."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable, Iterable
from pathlib import Path

from analyzer.config import Limits
from analyzer.discover import Project, discover
from analyzer.extract import ir, paused
from analyzer.extract import read as read_units
from analyzer.model.facts import Facts, Finding
from analyzer.resolve.apps import AppIndex, Installed, installed_by
from analyzer.resolve.assemble import assemble
from analyzer.resolve.interpreter import Interpreter
from analyzer.resolve.modules import ModuleIndex
from analyzer.resolve.settings import settings_modules, test_settings
from analyzer.resolve.templates.finder import Templates
from analyzer.resolve.trace import trace

__all__ = ["facts", "read"]

Progress = Callable[[str, int, int], None]
_STACK_BYTES = 512 * 1024 * 1024
_FRAMES = 60_000


def read(path: Path, progress: Progress | None = None, limits: Limits | None = None) -> Facts:
    """Read a code base: discover, parse, extract, resolve. Raises :class:`analyzer.errors.NoProject`."""
    limits = limits or Limits()
    project = discover(path)
    units, problems = read_units(
        project, limits, (lambda done, total: progress("parse", done, total)) if progress else None
    )
    return facts(project, units, problems, progress, limits)


def facts(
    project: Project,
    units: Iterable[ir.Unit],
    problems: Iterable[Finding] = (),
    progress: Progress | None = None,
    limits: Limits | None = None,
) -> Facts:
    """Resolve the lowered units of a project. The same units give the same facts."""
    return _with_deep_stack(lambda: _facts(project, list(units), problems, progress, limits or Limits()))


def _facts(
    project: Project,
    units: list[ir.Unit],
    problems: Iterable[Finding],
    progress: Progress | None,
    limits: Limits,
) -> Facts:
    with (
        paused()
    ):  # values refer to each other in circles and live to the end: looking for garbage finds none
        return _resolve(project, units, problems, progress, limits)


def _resolve(
    project: Project,
    units: list[ir.Unit],
    problems: Iterable[Finding],
    progress: Progress | None,
    limits: Limits,
) -> Facts:
    index = ModuleIndex(project.files, units)
    interpreter = Interpreter(index, AppIndex(index), limits)
    interpreter.settings = settings_modules(index)
    interpreter.templates = Templates(project.folder)
    interpreter.apps = interpreter.registry.apps = AppIndex(index, _installed(interpreter))
    found = trace(interpreter, (lambda done, total: progress("resolve", done, total)) if progress else None)
    more = [] if interpreter.settings else [_no_settings()]
    return assemble(interpreter, project, found, [*problems, *more])


def _installed(interpreter: Interpreter) -> Installed:
    """INSTALLED_APPS of all settings modules, those of the tests first and the main one last, so that it decides."""
    found = [*test_settings(interpreter.index), *reversed(interpreter.settings)]
    for state in found:
        interpreter.load(state)
    return installed_by(found)


def _no_settings() -> Finding:
    return Finding(
        "no-settings",
        "note",
        "no Django settings module was found",
        remedy="Every package with models is taken for an application, each URL module that none includes for a root.",
    )


def _with_deep_stack(work: Callable[[], Facts]) -> Facts:
    """Interpreting nested calls nests ours: run in a thread whose stack is large enough for it."""
    outcome: list[Facts] = []
    failure: list[BaseException] = []

    def run() -> None:
        try:
            outcome.append(work())
        except BaseException as error:  # handed over to the caller's thread
            failure.append(error)

    limit, size = sys.getrecursionlimit(), threading.stack_size(_STACK_BYTES)
    sys.setrecursionlimit(max(limit, _FRAMES))
    try:
        thread = threading.Thread(target=run, name="resolve")
        thread.start()
        thread.join()
    finally:
        threading.stack_size(size)
        sys.setrecursionlimit(limit)
    if failure:
        raise failure[0]
    return outcome[0]
