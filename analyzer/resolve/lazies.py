"""Django's ``SimpleLazyObject``: made where it is looked at, not where it is handed on."""

from __future__ import annotations

from analyzer.resolve.machine import Machine
from analyzer.resolve.scope import LAZY, NOWHERE, Scope
from analyzer.resolve.values import Bound, Class, Either, Function, Instance, Made, Value, merge, options

_LAZY = frozenset({"LazyObject", "SimpleLazyObject"})


def made(m: Machine, scope: Scope, value: Value, line: int) -> Value:
    """What a value is when it is looked at; what making it touches is touched there."""
    if not m.tracing or type(value) not in (Made, Either):
        return value
    found: list[Value] = []
    for option in options(value):
        if isinstance(option, Made) and is_lazy(option) and option.args:
            m.doubt += LAZY
            option = m.call(scope, option.args[0], [], {}, line)
            m.doubt -= LAZY
        found.append(option)
    return found[0] if len(found) == 1 else merge(found)


def is_lazy(value: Made) -> bool:
    """Whether it is a lazy object, not made yet."""
    return value.short in _LAZY


def handed(m: Machine, scope: Scope, owner: Value, name: str, line: int) -> Value:
    """``owner.name`` where it is only handed on: what is lazy stays so, though it is known what it will be."""
    lazy = unmade(owner, name) if m.tracing and type(owner) is Instance else None
    return m.attribute(scope, owner, name, line) if lazy is None else made(m, scope, lazy, NOWHERE)


def takes(m: Machine, function: Value) -> bool:
    """Whether what is called takes its arguments as they are: it is code that is followed, and no model."""
    if isinstance(function, Either):
        return all(takes(m, option) for option in function.options)
    return isinstance(function, Function | Bound) or (
        isinstance(function, Class) and not m.registry.is_model(function)
    )


def unmade(owner: Instance, name: str) -> Made | None:
    """The lazy object that an attribute holds."""
    found = owner.attrs.get(name)
    if found is None:
        member = owner.cls.find(name)
        found = member[0] if member is not None else None
    return found if isinstance(found, Made) and is_lazy(found) else None
