"""Calls that load something by a name in a string: ``get_model("app", "Model")``, ``get_class("app.views", "View")``.

Django has two of them, and large projects add their own, whose bodies cannot be followed (they ask the app registry).
They are recognised by the shape of the call: a name like ``get_..._class``, literal strings, and a unique answer.
"""

from __future__ import annotations

import re
from functools import cache

from analyzer.extract import ir
from analyzer.resolve import tasks
from analyzer.resolve.machine import Machine
from analyzer.resolve.migrations import historic
from analyzer.resolve.scope import Scope
from analyzer.resolve.values import Class, Items, Literal, Unknown, Value, text

_LOADER = re.compile(
    r"^_?(get|load|import|resolve|require|locate)_?([a-z_]*_)?(model|class|view|form|string|object)(e?s)?(_class)?$"
)


def load(m: Machine, scope: Scope, node: ir.Call, args: list[Value]) -> Value | None:
    """What a loader call gives, or None when this is not one, or it names nothing that is known."""
    function = node.func
    name = function.attr if isinstance(function, ir.Attr) else getattr(function, "id", "")
    if name in tasks.SENDERS:
        tasks.note_named(m, scope, args, node.line)
    if not _is_loader(name):
        return None
    found = _load(m, scope, args)
    if isinstance(found, Class) and scope.module.is_migration and name == "get_model":
        return historic(m.registry, found)
    return found


def _load(m: Machine, scope: Scope, args: list[Value]) -> Value | None:
    first = text(args[0])
    if first is None:
        return None
    if len(args) == 1:
        return _single(m, scope, first)
    second = args[1]
    if isinstance(second, Items):
        found = [_pair(m, first, text(item) or "") for item in second.items]
        if any(value is not None for value in found):
            return Items("list", [value or Unknown(f"{first} is not known") for value in found])
        return None
    last = text(second)
    return _pair(m, first, last) if last is not None else None


@cache
def _is_loader(name: str) -> bool:
    return _LOADER.match(name) is not None


def _single(m: Machine, scope: Scope, dotted: str) -> Value | None:
    if dotted.count(".") == 1:
        model = m.registry.by_label(dotted)
        if model is not None:
            return model
    return m.by_dotted_name(dotted, scope.module) if "." in dotted else None


def _pair(m: Machine, label: str, name: str) -> Value | None:
    """``name`` in the module or application ``label``."""
    if not name.isidentifier():
        return None
    model = m.registry.by_label(f"{label}.{name}") if "." not in label else None
    if model is not None:
        return model
    for state in m.index.ending(label):
        value = m.module_name(state, name)
        if value is not None and not isinstance(value, Unknown | Literal):
            return value
    return None
