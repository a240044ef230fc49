"""What tells two states of one file apart, function by function: what changed, and where the rest of it went."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

import msgspec

from analyzer.extract import ir
from analyzer.resolve import self_assigned


@dataclass(slots=True)
class Moves:
    """Where each line, and each ORM call site, of a file went."""

    lines: dict[int, int] = field(default_factory=dict)
    sites: dict[int, int] = field(default_factory=dict)

    def same(self, one: Any, other: Any) -> bool:
        """Whether two pieces of lowered code differ in their places only, which are noted."""
        if type(one) is not type(other):
            return False
        if isinstance(one, tuple):
            return len(one) == len(other) and all(map(self.same, one, other))
        if not isinstance(one, msgspec.Struct):
            return bool(one == other)
        for name in one.__struct_fields__:
            left, right = getattr(one, name), getattr(other, name)
            if name == "line":
                if self.lines.setdefault(left, right) != right:
                    return False
            elif name == "site" and left and right:
                if self.sites.setdefault(left, right) != right:
                    return False
            elif not self.same(left, right):
                return False
        return True

    def keep_order(self) -> bool:
        """Whether lines that stood apart still do, in the same order."""
        targets = [self.lines[line] for line in sorted(self.lines)]
        return all(one < two for one, two in pairwise(targets))


@dataclass(slots=True)
class Difference:
    """What became of a file, as far as nobody but those can see it who look at a function or ask for a name."""

    module: str
    moves: Moves = field(default_factory=Moves)
    changed: set[tuple[int, str]] = field(default_factory=set)
    """The functions whose bodies are others now, by line and name as they were."""
    names: set[tuple[str, str]] = field(default_factory=set)
    """The functions that came, went, or are called in another way: the dotted name of what they are in, and theirs."""

    def is_plain(self) -> bool:
        """Whether everything is where it was, and as it was."""
        moved = any(one != two for one, two in (*self.moves.lines.items(), *self.moves.sites.items()))
        return not (moved or self.changed or self.names)


def difference(before: ir.Unit, after: ir.Unit, module: str) -> Difference | None:
    """How two states of a module differ; None when code that runs as the module is loaded differs."""
    if before.asked != after.asked or _packages(before) != _packages(after):
        return None
    found = Difference(module)
    if not _compare(found, before.body, after.body, module) or not found.moves.keep_order():
        return None
    return found


def _packages(unit: ir.Unit) -> set[str]:
    return {node.module.partition(".")[0] for node in unit.imports}


def _compare(found: Difference, before: tuple[ir.Stmt, ...], after: tuple[ir.Stmt, ...], owner: str) -> bool:
    """Compare two blocks of a module's or a class's own code. False when more than functions differ."""
    fixed = [node for node in before if not _is_free(node)], [node for node in after if not _is_free(node)]
    if len(fixed[0]) != len(fixed[1]):
        return False
    if not all(_same(found, one, other, owner) for one, other in zip(*fixed, strict=True)):
        return False
    was, now = _free(before), _free(after)
    for each in was.keys() | now.keys():
        if each in was and each in now:
            _function(found, was[each], now[each], owner)
        else:
            found.names.add((owner, each[0]))
            node = was.get(each) or now[each]
            _assigns(found, self_assigned.by_method(node), frozenset(), owner)
            if each in was:
                found.changed.add((was[each].line, each[0]))
    return True


def _is_free(node: ir.Stmt) -> bool:
    """A function without decorators: its definition runs nothing and tells nobody."""
    return isinstance(node, ir.Function) and not node.decorators


def _free(body: Iterable[ir.Stmt]) -> dict[tuple[str, int], ir.Function]:
    """The functions without decorators, by name and how many of that name came before."""
    found: dict[tuple[str, int], ir.Function] = {}
    for node in body:
        if isinstance(node, ir.Function) and not node.decorators:
            number = 0
            while (node.name, number) in found:
                number += 1
            found[node.name, number] = node
    return found


def _same(found: Difference, one: ir.Stmt, other: ir.Stmt, owner: str) -> bool:
    match one, other:
        case ir.Function(), ir.Function():
            if not found.moves.same(_signature(one), _signature(other)):
                return False
            return _body(found, one, other, owner)
        case ir.Class(), ir.Class():
            head = (one.name, one.bases, one.keywords, one.decorators)
            return (
                found.moves.lines.setdefault(one.line, other.line) == other.line
                and found.moves.same(head, (other.name, other.bases, other.keywords, other.decorators))
                and _compare(found, one.body, other.body, f"{owner}.{one.name}")
            )
        case ir.If(), ir.If():
            return (
                found.moves.lines.setdefault(one.line, other.line) == other.line
                and found.moves.same(one.test, other.test)
                and _compare(found, one.body, other.body, owner)
                and _compare(found, one.orelse, other.orelse, owner)
            )
        case ir.Try(), ir.Try():
            blocks = (one.body, *one.handlers, one.orelse, one.final)
            others = (other.body, *other.handlers, other.orelse, other.final)
            return (
                found.moves.lines.setdefault(one.line, other.line) == other.line
                and len(blocks) == len(others)
                and all(
                    _compare(found, left, right, owner) for left, right in zip(blocks, others, strict=True)
                )
            )
        case _:
            return found.moves.same(one, other)


def _signature(node: ir.Function) -> tuple[Any, ...]:
    return node.name, node.params, node.decorators, node.returns, node.generator


def _function(found: Difference, one: ir.Function, other: ir.Function, owner: str) -> None:
    """Compare two states of a function without decorators."""
    apart = Moves()
    if apart.same(_signature(one), _signature(other)) and _unite(found.moves, apart):
        _body(found, one, other, owner)
    else:
        _assigns(found, self_assigned.by_method(one), self_assigned.by_method(other), owner)
        found.names.add((owner, one.name))
        found.changed.add((one.line, one.name))


def _assigns(found: Difference, one: frozenset[str], other: frozenset[str], owner: str) -> None:
    if one != other:
        found.names.add((owner, self_assigned.question(owner)))


def _body(found: Difference, one: ir.Function, other: ir.Function, owner: str) -> bool:
    """Compare what two functions of one signature do."""
    found.moves.lines.setdefault(one.line, other.line)
    apart = Moves({one.line: other.line})
    if not apart.same(one.body, other.body):
        _assigns(found, self_assigned.by_method(one), self_assigned.by_method(other), owner)
        found.changed.add((one.line, one.name))
        return found.moves.lines[one.line] == other.line
    if not _unite(found.moves, apart):
        found.changed.add((one.line, one.name))
    return True


def _unite(moves: Moves, more: Moves) -> bool:
    """Add moves, if they go together with those that are known."""
    for own, other in ((moves.lines, more.lines), (moves.sites, more.sites)):
        if any(own.get(one, two) != two for one, two in other.items()):
            return False
        own.update(other)
    return True
