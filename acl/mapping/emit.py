"""Steps as expressions, with the constants and functions that those expressions name."""

from __future__ import annotations

import builtins
import keyword
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from typing import Any

from acl.errors import CompileError
from acl.mapping import support
from acl.mapping.layout import Called, Choice, DictOf, Expression, ListOf, Text, literal, one_line
from acl.mapping.model import (
    Call,
    Case,
    Computed,
    Constant,
    Copy,
    Direction,
    Lookup,
    Mapping,
    Nested,
    Own,
    ResolveStep,
    Step,
    Tagged,
    Zone,
)
from acl.mapping.paths import Filled, Node, Plan

__all__ = ["Cases", "Names", "Wanted", "kinds", "read", "result", "wanted"]

_RESERVED = {
    *(*keyword.kwlist, *dir(builtins), *support.__all__, "Any", "UTC", "date", "datetime", "time"),
    *("Decimal", "Fraction", "UUID", "ZoneInfo", "isfinite"),
    *("batch", "document", "documents", "existing", "position", "put", "refused", "resolve", "row", "rows"),
    *("to_contract", "to_legacy"),
}


@dataclass(frozen=True, slots=True)
class Cases:
    """The function that makes the object of a union, or its columns: what it is given, and an answer for each case."""

    direction: Direction
    parameters: tuple[str, ...]
    said: str
    answers: tuple[tuple[str, Expression], ...]
    empty: Expression | None


@dataclass(frozen=True, slots=True)
class Wanted:
    """A reference: the kind of ids, the expression of its key, the comprehension over children that binds it, and
    the condition under which it is there."""

    kind: str
    key: str
    loop: str = ""
    condition: str = ""


@dataclass(slots=True)
class Names:
    """What a module's expressions refer to: constants, functions of `support`, users' functions, variables."""

    constants: dict[str, Expression] = field(default_factory=dict)
    support: set[str] = field(default_factory=set)
    computed: dict[str, Callable[..., Any]] = field(default_factory=dict)
    variables: dict[tuple[str, ...], str] = field(default_factory=dict)
    cases: dict[str, Cases] = field(default_factory=dict)

    def constant(self, name: str, value: Expression) -> str:
        """The name under which the value stands at the top of the module."""
        chosen, count = name, 1
        while self.constants.setdefault(chosen, value) != value:
            count += 1
            chosen = f"{name}_{count}"
        return chosen

    def function(self, name: str) -> str:
        """The name of a function of `support`, which the module then carries."""
        self.support.add(name)
        return name

    def ids(self, kind: str) -> str:
        """The variable that holds the ids of a kind."""
        return self._variable("ids", kind)

    def member(self, mapping: Mapping) -> str:
        """The variable that runs through members which that mapping translates."""
        return self._variable("member", mapping.name, mapping.table.name)

    def _variable(self, *key: str) -> str:
        if key not in self.variables:
            name = _plain(key[1])
            while name in _RESERVED or name in self.variables.values():
                name += "_"
            self.variables[key] = name
        return self.variables[key]

    def own(self, name: str, function: Callable[..., Any]) -> str:
        """The name of a user's function, which the module then carries."""
        if self.computed.setdefault(name, function) is not function:
            raise CompileError(f"two computed fields are called {name}", "name their mappings differently")
        return name


def result(laid: Plan, source: str, names: Names) -> Expression:
    """The object that a plan makes of the variable `source`."""
    return _object(laid.nodes, laid, source, names)


def kinds(laid: Plan) -> list[str]:
    """The kinds of ids that a plan resolves, its children's included, each once."""
    found = [step.ids for filled in laid.fills for _, step in filled.made if isinstance(step, ResolveStep)]
    inner = [*laid.nested.values(), *(one for cases in laid.tagged.values() for _, one in cases)]
    found += [kind for one in inner for kind in kinds(one)]
    return list(dict.fromkeys(found))


def wanted(laid: Plan, source: str, names: Names) -> Iterator[Wanted]:
    """Every reference of a plan that reads the variable `source`."""
    for filled in laid.fills:
        for _, step in filled.made:
            if isinstance(step, ResolveStep):
                yield Wanted(step.ids, read(laid, source, step.sources[0]))
            elif isinstance(step, Nested) and step.using is not None:
                member = names.member(step.using)
                loop = f" for {member} in {read(laid, source, step.sources[0])}"
                for one in wanted(laid.nested[step.target], member, names):
                    yield replace(one, loop=loop + one.loop)
            elif isinstance(step, Tagged):
                yield from _wanted_of_cases(step, laid, source, names)


def _wanted_of_cases(step: Tagged, laid: Plan, source: str, names: Names) -> Iterator[Wanted]:
    first = read(laid, source, step.sources[0])
    forth = laid.direction == "to_contract"
    for case, inner in laid.tagged[step.target]:
        said, value = (first, case.code) if forth else (f"{first}[{literal(step.tag_field)}]", case.tag)
        condition = f"{said} == {literal(value)}"
        if step.null and not forth:
            condition = f"{first} is not None and {condition}"
        for one in wanted(inner, source if forth else first, names):
            yield replace(one, condition=condition)


def read(laid: Plan, source: str, path: str) -> str:
    """The source's value, read from the variable."""
    *parents, name = laid.read_path(path)
    holder = source + "".join(f"[{literal(parent)}]" for parent in parents)
    if path not in laid.absent:
        return f"{holder}[{literal(name)}]"
    absent = laid.absent[path]
    return f"{holder}.get({literal(name)}{'' if absent is None else f', {literal(absent)}'})"


def _cases(step: Tagged, first: str, laid: Plan, source: str, names: Names) -> Expression:
    forth = laid.direction == "to_contract"
    parameter = "row" if forth else "document"
    ids = tuple(
        names.ids(kind)
        for kind in dict.fromkeys(k for _, one in laid.tagged[step.target] for k in kinds(one))
    )
    said = f"row[{literal(step.sources[0])}]" if forth else f"document[{literal(step.tag_field)}]"
    answers = tuple(
        (literal(case.code if forth else case.tag), _case(step, case, inner, parameter, names))
        for case, inner in laid.tagged[step.target]
    )
    empty = _literals(step.empty) if step.null and not forth else None
    about = step.target if forth else f"{step.sources[0]}_row"
    name = f"_{_plain(laid.mapping.name)}_{_plain(about)}"
    names.cases[name] = Cases(laid.direction, ids, said, answers, empty)
    return Called(name, tuple(map(Text, (source if forth else first, *ids))))


def _case(step: Tagged, case: Case, inner: Plan, parameter: str, names: Names) -> Expression:
    made = _object(inner.nodes, inner, parameter, names)
    assert isinstance(made, DictOf)
    if inner.direction == "to_contract":
        return DictOf(((literal(step.tag_field), Text(literal(case.tag))), *made.items))
    others = _literals(case.others)
    return DictOf(((literal(step.target), Text(literal(case.code))), *made.items, *others.items))


def _literals(pairs: tuple[tuple[str, str | int | bool | None], ...]) -> DictOf:
    return DictOf(tuple((literal(name), Text(literal(value))) for name, value in pairs))


def _object(nodes: dict[str, Node], laid: Plan, source: str, names: Names) -> Expression:
    return DictOf(
        tuple(
            (
                "**" if laid.direction == "to_legacy" and name in laid.tagged else literal(name),
                _filled(node, laid, source, names)
                if isinstance(node, Filled)
                else _object(node, laid, source, names),
            )
            for name, node in nodes.items()
        )
    )


def _filled(filled: Filled, laid: Plan, source: str, names: Names) -> Expression:
    values = tuple(_value(step, laid, source, names) for _, step in filled.made)
    return values[0] if len(values) == 1 else Called(names.function("same"), values)


def _value(step: Step, laid: Plan, source: str, names: Names) -> Expression:
    reads = tuple(read(laid, source, path) for path in step.sources)
    value = _made(step, reads, laid, source, names)
    passes = isinstance(step, Copy) or (isinstance(step, Tagged) and laid.direction == "to_legacy")
    return Choice(f"{reads[0]} is None", value) if step.null and not passes else value


def _made(step: Step, reads: tuple[str, ...], laid: Plan, source: str, names: Names) -> Expression:
    match step:
        case Constant():
            return Text(literal(step.value))
        case Copy():
            return Text(reads[0])
        case Computed():
            name = f"{_plain(laid.mapping.name)}_{_plain(step.target)}"
            return Called(names.own(name, step.function), (Text(source),))
        case Call():
            arguments = [_argument(argument, names) for argument in step.arguments]
            return Called(names.function(step.function.__name__), tuple(map(Text, (*reads, *arguments))))
        case Own():
            about = step.sources[0] if step.label == "apart" else step.target
            name = f"{_plain(laid.mapping.name)}_{_plain(about)}_{step.label}"
            called = Called(names.own(name, step.function), tuple(map(Text, reads)))
            return called if step.item is None else Text(f"{one_line(called)}[{step.item}]")
        case Tagged():
            return _cases(step, reads[0], laid, source, names)
        case Lookup():
            table = DictOf(tuple((literal(a), Text(literal(b))) for a, b in step.pairs), always=False)
            name = f"_{_capitals(step.sources[0])}_TO_{_capitals(step.target)}"
            return Text(f"{names.constant(name, table)}[{reads[0]}]")
        case ResolveStep():
            return Text(f"{names.ids(step.ids)}[{reads[0]}]")
        case Nested() if step.using is not None:
            return _members(step, reads[0], laid.nested[step.target], names.member(step.using), names)
        case _:
            raise AssertionError(f"unknown step {step!r}")


def _members(step: Nested, source: str, laid: Plan, member: str, names: Names) -> Expression:
    members = ListOf(result(laid, member, names), member, Called(names.function("several"), (Text(source),)))
    if laid.direction == "to_contract":
        return members
    return Called(names.function("unique"), (members, Text(literal(step.key))))


def _argument(argument: int | str | bool | Zone | None, names: Names) -> str:
    if not isinstance(argument, Zone):
        return literal(argument)
    zone = Called("ZoneInfo", (Text(literal(argument.name)),))
    return names.constant(f"_{_capitals(argument.name)}", zone)


def _plain(name: str) -> str:
    return re.sub(r"\W", "_", name.lower(), flags=re.ASCII).lstrip("_0123456789") or "item"


def _capitals(name: str) -> str:
    return re.sub(r"\W", "_", name, flags=re.ASCII).upper()
