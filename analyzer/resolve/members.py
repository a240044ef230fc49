"""A class member as it is seen on an instance: methods get their receiver, properties run."""

from __future__ import annotations

import re
from collections.abc import Iterator

from analyzer.resolve.machine import Machine
from analyzer.resolve.scope import Scope
from analyzer.resolve.values import (
    PLACEHOLDER,
    Bound,
    Class,
    Function,
    Instance,
    Items,
    Map,
    Query,
    Record,
    Value,
    merge,
    options,
    strings,
)


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


def iterated(m: Machine, scope: Scope, value: Value, line: int) -> Value:
    """What is iterated over: of objects with an ``__iter__`` of their own, what that gives."""
    if not any(isinstance(option, Instance) for option in options(value)):
        return value
    found: list[Value] = []
    for option in options(value):
        own = option.cls.find("__iter__") if isinstance(option, Instance) else None
        if own is not None:
            option = m.call(scope, bind_member(m, scope, own[0], option, line), [], {}, line)
        found.append(option)
    return merge(found)


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


def of_computed_name(m: Machine, scope: Scope, owner: Value, name: str | None, line: int) -> list[Value]:
    """The methods that ``getattr(self, name)`` may give: those of the known shape (``do_...``), or those that the class
    lists by name (``actions = ("approve", "reject")``)."""
    found: list[Value] = []
    for option in options(owner):
        if not isinstance(option, Instance) or option.cls.module.is_library:
            continue
        for cls in option.cls.order()[0]:
            cls.lists()
        shape = (
            re.compile(re.escape(name).replace(PLACEHOLDER, ".+")) if name and name != PLACEHOLDER else None
        )
        listed = {
            each for cls in option.cls.order()[0] for value in cls.names.values() for each in _listed(value)
        }
        methods = {key: value for cls in option.cls.order()[0] for key, value in cls.names.items()}
        for key, value in sorted(methods.items()):
            wanted = shape.fullmatch(key) if shape is not None else key in listed
            if wanted and any(isinstance(each, Function) for each in options(value)):
                found.append(m.attribute(scope, option, key, line))
    return found


def _listed(value: Value) -> Iterator[str]:
    """The strings in a list, and in the keys and values of a dict."""
    if isinstance(value, Items):
        yield from strings(value)
    elif isinstance(value, Map):
        yield from (key for key in value.items if isinstance(key, str))
        yield from (each for item in value.items.values() for each in strings(item))
