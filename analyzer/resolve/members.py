"""A class member as it is seen on an instance: methods get their receiver, properties run."""

from __future__ import annotations

from analyzer.resolve.machine import Machine
from analyzer.resolve.scope import Scope
from analyzer.resolve.values import Bound, Class, Function, Instance, Query, Record, Value, merge, options


def bind_member(m: Machine, scope: Scope, found: Value, receiver: Value, line: int) -> Value:
    """Bind what a class holds under a name to an instance of it."""
    results: list[Value] = []
    for option in options(found):
        if not isinstance(option, Function) or option.kind == "static":
            results.append(option)
        elif option.kind == "class":
            results.append(Bound(option, class_of(receiver)))
        elif option.kind == "property":
            results.append(m.call(scope, Bound(option, receiver), [], {}, line))
        else:
            results.append(Bound(option, receiver))
    return results[0] if len(results) == 1 else merge(results)


def class_of(receiver: Value) -> Value:
    """The class of an instance, where it is known; else the value itself."""
    match receiver:
        case Instance():
            return receiver.cls
        case Record():
            return receiver.model
        case Query() if receiver.cls is not None:
            return receiver.cls
        case Class():
            return receiver
        case _:
            return receiver
