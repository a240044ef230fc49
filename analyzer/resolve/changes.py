"""Facts of an earlier run carried over to changed files, where that provably gives what resolving would give.

Two kinds of change have no influence on anything but a file's own lines. What is lowered of it is the same but for its
line numbers: comments, docstrings, formatting. Or nobody had read the module: tests and migrations, of which others
know no more than what ``modules.face`` says. All other changes are for the resolver.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import fields, is_dataclass, replace
from itertools import pairwise
from typing import Any, NamedTuple, TypeVar

import msgspec

from analyzer.extract import ir
from analyzer.model.facts import Facts, Finding, Import, Location
from analyzer.resolve.imports import import_key, imports_of, problem_key
from analyzer.resolve.modules import ModuleIndex, face

Lines = Mapping[int, int]
"""Where each line of a file went."""
T = TypeVar("T")


class Change(NamedTuple):
    """One file before and after: what is lowered of it (None for what cannot be parsed), and what is wrong with it."""

    is_test: bool
    before: ir.Unit | None
    after: ir.Unit | None
    problems_before: tuple[Finding, ...]
    problems_after: tuple[Finding, ...]

    def keeps_face(self) -> bool:
        """Whether those who have not read the module can see no difference."""
        if self.before is None or self.after is None:
            return self.before is self.after
        return face(self.before, self.is_test) == face(self.after, self.is_test)


def carry_over(
    facts: Facts, changes: Mapping[str, Change], unread: frozenset[str], index: Callable[[], ModuleIndex]
) -> Facts | None:
    """The facts after changes to some files, or None where they must be found anew. ``index()``: the files now."""
    moved: dict[str, Lines] = {}
    rewritten: set[str] = set()
    for file, change in changes.items():
        if change.before is None or change.after is None:
            if change.before is not change.after:
                return None
            continue
        lines = moved_lines(change.before, change.after)
        if lines is not None:
            moved[file] = lines
        elif file in unread and change.keeps_face():
            rewritten.add(file)
        else:
            return None
    if any(not _can_move(facts, file, lines) for file, lines in moved.items()):
        return None
    try:
        return _carried(facts, changes, moved, rewritten, index)
    except KeyError:
        return None  # a fact about a line on which nothing is lowered: where that went is not known


def _carried(
    facts: Facts,
    changes: Mapping[str, Change],
    moved: Mapping[str, Lines],
    rewritten: set[str],
    index: Callable[[], ModuleIndex],
) -> Facts:
    shifted = {file: lines for file, lines in moved.items() if any(k != v for k, v in lines.items())}
    found = _move(facts, shifted)
    length = {file: change.after.lines for file, change in changes.items() if change.after is not None}
    return replace(
        found,
        modules=tuple(
            replace(module, lines=length[module.file]) if module.file in length else module
            for module in found.modules
        ),
        imports=_imports(found.imports, rewritten, index),
        problems=_problems(found.problems, shifted, changes.values()),
    )


def moved_lines(before: ir.Unit, after: ir.Unit) -> Lines | None:
    """Where each line went, if nothing but line numbers differs; lines that stood apart still do, in the same order."""
    lines: dict[int, int] = {}
    for name in set(ir.Unit.__struct_fields__) - {"lines"}:
        if not _same(getattr(before, name), getattr(after, name), lines):
            return None
    targets = [lines[line] for line in sorted(lines)]
    return lines if all(one < two for one, two in pairwise(targets)) else None


def _same(one: Any, other: Any, lines: dict[int, int]) -> bool:
    """Whether two pieces of lowered code differ in line numbers only, which are noted."""
    if type(one) is not type(other):
        return False
    if isinstance(one, tuple):
        return len(one) == len(other) and all(
            _same(left, right, lines) for left, right in zip(one, other, strict=True)
        )
    if not isinstance(one, msgspec.Struct):
        return bool(one == other)
    for name in one.__struct_fields__:
        left, right = getattr(one, name), getattr(other, name)
        if name == "line":
            if lines.setdefault(left, right) != right:
                return False
        elif not _same(left, right, lines):
            return False
    return True


def _can_move(facts: Facts, file: str, lines: Lines) -> bool:
    """A pattern whose line is not known is put on line 1, from where it could not be told to move."""
    return lines.get(1, 1) == 1 or all(route.location != Location(file, 1) for route in facts.routes)


def _move(facts: Facts, moved: Mapping[str, Lines]) -> Facts:
    if not moved:
        return facts
    lists: dict[str, Any] = {
        field.name: _moved(getattr(facts, field.name), moved)
        for field in fields(facts)
        if field.name != "problems" and isinstance(getattr(facts, field.name), tuple)
    }
    return replace(facts, **lists)


def _moved(item: T, moved: Mapping[str, Lines]) -> T:
    """The same fact with its places where they are now."""
    if isinstance(item, Location):
        lines = moved.get(item.file)
        return item if lines is None else replace(item, line=lines[item.line] if item.line else 0)
    if isinstance(item, tuple):
        return tuple(_moved(part, moved) for part in item)  # type: ignore[return-value]
    if not is_dataclass(item):
        return item
    location = getattr(item, "location", None)
    if isinstance(location, Location) and location.file not in moved and not hasattr(item, "relations"):
        return item
    parts = {field.name: getattr(item, field.name) for field in fields(item)}
    changed = {
        name: _moved(value, moved)
        for name, value in parts.items()
        if isinstance(value, tuple) or is_dataclass(value)
    }
    return replace(item, **changed) if changed else item  # type: ignore[type-var]


def _imports(
    known: Sequence[Import], rewritten: set[str], index: Callable[[], ModuleIndex]
) -> tuple[Import, ...]:
    if not rewritten:
        return tuple(known)
    kept = [item for item in known if item.location.file not in rewritten]
    after = index()
    fresh = [item for state in after.states if state.file in rewritten for item in imports_of(after, state)]
    return tuple(sorted({*kept, *fresh}, key=import_key))


def _problems(
    known: Sequence[Finding], moved: Mapping[str, Lines], changes: Iterable[Change]
) -> tuple[Finding, ...]:
    """What is wrong with the files themselves is told anew; the rest stays."""
    waiting = list(known)
    fresh: list[Finding] = []
    for change in changes:
        for problem in change.problems_before:
            waiting.remove(problem)
        fresh += change.problems_after
    return tuple(sorted([*(_moved(problem, moved) for problem in waiting), *fresh], key=problem_key))
