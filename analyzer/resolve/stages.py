"""What resolving does, in order: index, settings, applications, trace, assemble."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import NamedTuple

from analyzer.config import Limits
from analyzer.discover import Project
from analyzer.extract import ir
from analyzer.model.facts import Facts, Finding
from analyzer.resolve.apps import AppIndex, Installed, installed_by
from analyzer.resolve.assemble import assemble
from analyzer.resolve.earlier import Cells, Earlier
from analyzer.resolve.interpreter import Interpreter
from analyzer.resolve.modules import ModuleIndex
from analyzer.resolve.settings import settings_modules, spread, test_settings
from analyzer.resolve.templates.finder import Templates
from analyzer.resolve.trace import trace


def run(
    project: Project,
    units: list[ir.Unit],
    problems: Iterable[Finding],
    progress: Callable[[str, int, int], None] | None,
    limits: Limits,
    earlier: Earlier | None = None,
) -> Resolved:
    """The facts of a project. ``earlier``: what another run saw of it, before some of its files were edited."""
    index = ModuleIndex(project.files, units)
    interpreter = Interpreter(index, AppIndex(index), limits)
    interpreter.settings = settings_modules(index)
    interpreter.templates = Templates(project.folder)
    interpreter.apps = interpreter.registry.apps = AppIndex(index, _installed(interpreter))
    telling = (lambda done, total: progress("resolve", done, total)) if progress else None
    found = trace(interpreter, telling, earlier)
    more = [] if interpreter.settings else [_no_settings()]
    facts = assemble(interpreter, project, found, [*problems, *more])
    read = frozenset().union(*(seen.read for seen in found.seen))
    unread = frozenset(state.file for state in index.states if not state.read) - read
    return Resolved(facts, unread, found.cells)


class Resolved(NamedTuple):
    """The facts; the files that nobody had to read, of which others know no more than ``modules.face`` says; and what
    later runs need to know of this one, unless that is not worth it."""

    facts: Facts
    unread: frozenset[str]
    cells: Cells | None


def _installed(interpreter: Interpreter) -> Installed:
    """INSTALLED_APPS of all settings modules, those of the tests first and the main one last, so that it decides."""
    found = [*test_settings(interpreter.index), *reversed(interpreter.settings)]
    for state in found:
        interpreter.load(state)
        spread(interpreter, state)
    return installed_by(found)


def _no_settings() -> Finding:
    return Finding(
        "no-settings",
        "note",
        "no Django settings module was found",
        remedy="Every package with models is taken for an application, each URL module that none includes for a root.",
    )
