"""Steps as expressions, with the constants and functions that those expressions name."""

from __future__ import annotations

import builtins
import keyword
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from acl.errors import CompileError
from acl.mapping import support
from acl.mapping.layout import Called, Choice, DictOf, Expression, ListOf, Text, literal
from acl.mapping.model import Call, Computed, Constant, Copy, Lookup, Mapping, Nested, ResolveStep, Step, Zone
from acl.mapping.paths import Filled, Node, Plan

__all__ = ["Names", "kinds", "read", "result", "wanted"]

_RESERVED = {
    *(*keyword.kwlist, *dir(builtins), *support.__all__, "Any", "UTC", "date", "datetime"),
    *("batch", "document", "documents", "existing", "position", "put", "refused", "resolve", "row", "rows"),
    *("to_contract", "to_legacy"),
}


@dataclass(slots=True)
class Names:
    """What a module's expressions refer to: constants, functions of `support`, users' functions, variables."""

    constants: dict[str, Expression] = field(default_factory=dict)
    support: set[str] = field(default_factory=set)
    computed: dict[str, Callable[..., Any]] = field(default_factory=dict)
    variables: dict[tuple[str, ...], str] = field(default_factory=dict)

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
    for inner in laid.nested.values():
        found += kinds(inner)
    return list(dict.fromkeys(found))


def wanted(laid: Plan, source: str, names: Names) -> Iterator[tuple[str, str, str]]:
    """(kind of ids, expression of the key, comprehension over children that binds it) of every reference."""
    for filled in laid.fills:
        for _, step in filled.made:
            if isinstance(step, ResolveStep):
                yield step.ids, read(laid, source, step.sources[0]), ""
            elif isinstance(step, Nested) and step.using is not None:
                member = names.member(step.using)
                loop = f" for {member} in {read(laid, source, step.sources[0])}"
                for ids, key, inner in wanted(laid.nested[step.target], member, names):
                    yield ids, key, loop + inner


def read(laid: Plan, source: str, path: str) -> str:
    """The source's value, read from the variable."""
    *parents, name = laid.read_path(path)
    holder = source + "".join(f"[{literal(parent)}]" for parent in parents)
    if path not in laid.absent:
        return f"{holder}[{literal(name)}]"
    absent = laid.absent[path]
    return f"{holder}.get({literal(name)}{'' if absent is None else f', {literal(absent)}'})"


def _object(nodes: dict[str, Node], laid: Plan, source: str, names: Names) -> Expression:
    return DictOf(
        tuple(
            (
                literal(name),
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
    return Choice(f"{reads[0]} is None", value) if step.null and not isinstance(step, Copy) else value


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
