"""Performs a mapping step by step. Slower than compiled code by design: it collects every error, with its path."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from collections.abc import Mapping as MappingABC
from dataclasses import dataclass, replace
from typing import Any
from zoneinfo import ZoneInfo

from acl.mapping.model import (
    Call,
    Computed,
    Constant,
    Copy,
    Direction,
    Lookup,
    Mapping,
    Nested,
    Own,
    Resolve,
    ResolveStep,
    Row,
    Step,
    Tagged,
    Zone,
)
from acl.mapping.operations import LegacyOnly
from acl.mapping.paths import Filled, Node, Plan, plan
from acl.mapping.support import resolved, same, several, unique

__all__ = ["Flaw", "Ids", "explain", "interpret", "put", "references"]

Ids = MappingABC[str, MappingABC[Any, Any]]
"""What `resolve` answered, by kind of ids."""


@dataclass(frozen=True, slots=True)
class Flaw:
    """One value that could not be translated: where it stands, which operation met it, and why it was refused."""

    path: str
    operation: str
    value: Any
    reason: str


class _Refusal(Exception):
    def __init__(self, flaws: list[Flaw]) -> None:
        super().__init__(flaws)
        self.flaws = flaws


class _Unreadable(Exception):
    pass


def interpret(
    mapping: Mapping, direction: Direction, sources: Iterable[Any], resolve: Resolve
) -> tuple[list[dict[str, Any]], list[int]]:
    """What the compiled function of that direction answers: translations, and the positions of the refused."""
    batch = list(sources)
    answers = explain(mapping, direction, batch, resolve)
    translated = [answer for answer in answers if not isinstance(answer, tuple)]
    return translated, [position for position, answer in enumerate(answers) if isinstance(answer, tuple)]


def explain(
    mapping: Mapping, direction: Direction, sources: Iterable[Any], resolve: Resolve
) -> list[dict[str, Any] | tuple[Flaw, ...]]:
    """For each row or document of a batch, in order: its translation, or every flaw that prevents it."""
    batch, laid = list(sources), plan(mapping, direction)
    ids = {kind: resolved(resolve, kind, wanted) for kind, wanted in references(laid, batch).items()}
    answers: list[dict[str, Any] | tuple[Flaw, ...]] = []
    for source in batch:
        try:
            answers.append(_translate(laid, source, ids))
        except _Refusal as refusal:
            answers.append(tuple(refusal.flaws))
    return answers


def references(laid: Plan, sources: Iterable[Any]) -> dict[str, list[Any]]:
    """The keys that a batch refers to, by kind of ids; what cannot be read is left out."""
    wanted: dict[str, list[Any]] = {kind: [] for kind in _kinds(laid)}
    for source in sources:
        for kind, key in _references(laid, source):
            wanted[kind].append(key)
    return wanted


def put(mapping: Mapping, row: Row, existing: Row) -> Row:
    """The row that replaces `existing`: a translation, with what only the legacy side knows kept; children by key."""
    answer = dict(row)
    for operation in mapping.operations:
        if isinstance(operation, LegacyOnly):
            answer[operation.columns[0]] = existing[operation.columns[0]]
    for _, step in mapping.steps("to_legacy"):
        if isinstance(step, Nested) and step.using is not None:
            known = {child[step.key]: child for child in existing[step.target]}
            answer[step.target] = [
                put(step.using, child, known[child[step.key]]) if child[step.key] in known else child
                for child in row[step.target]
            ]
    return answer


def _translate(laid: Plan, source: Any, ids: Ids) -> dict[str, Any]:
    flaws: list[Flaw] = []
    answer = _fill(laid.nodes, laid, source, ids, flaws)
    if flaws:
        raise _Refusal(flaws)
    return answer


def _fill(nodes: dict[str, Node], laid: Plan, source: Any, ids: Ids, flaws: list[Flaw]) -> dict[str, Any]:
    answer: dict[str, Any] = {}
    for name, node in nodes.items():
        if isinstance(node, Filled) and laid.direction == "to_legacy" and name in laid.tagged:
            answer.update(_value(node, laid, source, ids, flaws) or {})
        elif isinstance(node, Filled):
            answer[name] = _value(node, laid, source, ids, flaws)
        else:
            answer[name] = _fill(node, laid, source, ids, flaws)
    return answer


def _value(filled: Filled, laid: Plan, source: Any, ids: Ids, flaws: list[Flaw]) -> Any:
    values, flawed = [], len(flaws)
    for operation, step in filled.made:
        path = step.sources[0] if step.sources else step.target
        try:
            values.append(_perform(step, laid, source, ids))
        except _Refusal as refusal:
            within = "" if isinstance(step, Tagged) and laid.direction == "to_contract" else path
            flaws += [
                Flaw(within + flaw.path, flaw.operation, flaw.value, flaw.reason) for flaw in refusal.flaws
            ]
        except Exception as error:
            reason = _reason(error, step)
            if not any((flaw.path, flaw.reason) == (path, reason) for flaw in flaws):  # by another part of it
                flaws.append(Flaw(path, operation.name, _seen(step, laid, source), reason))
    if len(flaws) > flawed:
        return None
    if len(values) == 1:
        return values[0]
    try:
        return same(*values)
    except Exception as error:
        paths = ", ".join(step.sources[0] for _, step in filled.made)
        flaws.append(Flaw(paths, filled.made[0][0].name, values, str(error)))
        return None


def _perform(step: Step, laid: Plan, source: Any, ids: Ids) -> Any:
    if isinstance(step, Constant):
        return step.value
    if isinstance(step, Computed):
        return step.function(source)
    first: Any = _read(laid, source, step.sources[0]) if step.sources else None
    if step.null and first is None:
        return dict(step.empty) if isinstance(step, Tagged) and laid.direction == "to_legacy" else None
    match step:
        case Copy():
            return first
        case Call(sources=()):
            return step.function(*map(_argument, step.arguments))
        case Call():
            others = [_read(laid, source, path) for path in step.sources[1:]]
            return step.function(first, *others, *map(_argument, step.arguments))
        case Own():
            others = [_read(laid, source, path) for path in step.sources[1:]]
            answer = step.function(first, *others)
            return answer if step.item is None else answer[step.item]
        case Tagged():
            return _case(step, laid, source, first, ids)
        case Lookup():
            return dict(step.pairs)[first]
        case ResolveStep():
            return ids[step.ids][first]
        case Nested():
            return _members(step, laid.nested[step.target], several(first), ids)
        case _:
            raise AssertionError(f"unknown step {step!r}")


def _case(step: Tagged, laid: Plan, source: Any, first: Any, ids: Ids) -> dict[str, Any]:
    forth = laid.direction == "to_contract"
    said = first if forth else first[step.tag_field]
    for case, inner in laid.tagged[step.target]:
        if forth and said == case.code:
            return {step.tag_field: case.tag, **_translate(inner, source, ids)}
        if not forth and said == case.tag:
            try:
                row = _translate(inner, first, ids)
            except _Refusal as refusal:
                raise _Refusal([replace(flaw, path=f".{flaw.path}") for flaw in refusal.flaws]) from None
            return {step.target: case.code, **row, **dict(case.others)}
    raise ValueError(f"no case for {said!r}")


def _members(step: Nested, laid: Plan, members: list[Any], ids: Ids) -> list[dict[str, Any]]:
    answer, flaws = [], []
    for position, member in enumerate(members):
        try:
            answer.append(_translate(laid, member, ids))
        except _Refusal as refusal:
            flaws += [
                Flaw(f"[{position}].{flaw.path}", flaw.operation, flaw.value, flaw.reason)
                for flaw in refusal.flaws
            ]
    if flaws:
        raise _Refusal(flaws)
    return unique(answer, step.key) if laid.direction == "to_legacy" else answer


def _read(laid: Plan, source: Any, path: str) -> Any:
    *parents, name = laid.read_path(path)
    try:
        for parent in parents:
            source = source[parent]
        return source.get(name, laid.absent[path]) if path in laid.absent else source[name]
    except (KeyError, IndexError):
        raise _Unreadable("missing") from None
    except (TypeError, AttributeError):
        raise _Unreadable("what should hold it is no object") from None


def _seen(step: Step, laid: Plan, source: Any) -> Any:
    try:
        values = [_read(laid, source, path) for path in step.sources]
    except _Unreadable:
        return None
    return values[0] if len(values) == 1 else values


def _reason(error: Exception, step: Step) -> str:
    if isinstance(error, KeyError | TypeError):
        match step:
            case Lookup():
                return f"no partner; known are {', '.join(repr(code) for code, _ in step.pairs)}"
            case ResolveStep():
                return f"no id is known in {step.ids!r}"
            case Call() if isinstance(error, KeyError):
                return f"{error.args[0]!r} is missing in it"
    return str(error) or type(error).__name__


def _argument(argument: int | str | bool | Zone | None) -> Any:
    return ZoneInfo(argument.name) if isinstance(argument, Zone) else argument


def _kinds(laid: Plan) -> Iterator[str]:
    for filled in laid.fills:
        for _, step in filled.made:
            if isinstance(step, ResolveStep):
                yield step.ids
    for inner in laid.nested.values():
        yield from _kinds(inner)
    for cases in laid.tagged.values():
        for _, inner in cases:
            yield from _kinds(inner)


def _references(laid: Plan, source: Any) -> Iterator[tuple[str, Any]]:
    for filled in laid.fills:
        for _, step in filled.made:
            if isinstance(step, Tagged):
                yield from _references_of_case(step, laid, source)
            if not isinstance(step, ResolveStep | Nested):
                continue
            try:
                value = _read(laid, source, step.sources[0])
                if isinstance(step, Nested):
                    several(value)
            except Exception:  # noqa: S112 - whatever it is, the translation will refuse and explain it
                continue
            if isinstance(step, ResolveStep):
                if value is not None:
                    yield step.ids, value
            else:
                for member in value:
                    yield from _references(laid.nested[step.target], member)


def _references_of_case(step: Tagged, laid: Plan, source: Any) -> Iterator[tuple[str, Any]]:
    forth = laid.direction == "to_contract"
    try:
        first = _read(laid, source, step.sources[0])
        said = first if forth or first is None else first[step.tag_field]
    except Exception:
        return
    for case, inner in laid.tagged[step.target]:
        if said == (case.code if forth else case.tag):
            yield from _references(inner, source if forth else first)
            return
