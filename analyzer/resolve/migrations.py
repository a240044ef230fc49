"""What data migrations do: the functions of ``RunPython``, which see models without their methods, and ``RunSQL``."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from analyzer.extract import ir
from analyzer.resolve import sql
from analyzer.resolve.invoke import traced
from analyzer.resolve.machine import Machine
from analyzer.resolve.modules import ModuleState, classes
from analyzer.resolve.registry import Registry
from analyzer.resolve.scope import Context, Scope
from analyzer.resolve.values import Bound, Class, Function, Items, Made, Value, options

_DATA = frozenset({"RunPython", "RunSQL", "SeparateDatabaseAndState"})
_PARTS = ("database_operations", "operations")


def moves_data(state: ModuleState) -> bool:
    """Whether a migration has an operation of its own making; most have none, and are not run at all."""
    if state.source is None or not state.source.is_migration or state.is_test or state.unit is None:
        return False
    return any(
        isinstance(statement, ir.Assign) and statement.value is not None and _names(statement.value) & _DATA
        for node in classes(state.unit.body)
        if node.name == "Migration"
        for statement in node.body
    )


def _names(value: ir.Expr) -> set[str]:
    """The names of the operations in a list."""
    if not isinstance(value, ir.Items):
        return _DATA if isinstance(value, ir.Bin) else set()  # type: ignore[return-value]
    calls = [item.func for item in value.items if isinstance(item, ir.Call)]
    return {func.attr if isinstance(func, ir.Attr) else getattr(func, "id", "") for func in calls}


def contexts(m: Machine, state: ModuleState) -> Iterator[tuple[str, int, Context]]:
    """The functions that a migration runs, with their lines and what they do."""
    m.tracing = False
    m.load(state)
    m.tracing = True
    cls = state.names.get("Migration")
    found = cls.find("operations") if isinstance(cls, Class) else None
    for operation in _operations(found[0]) if found is not None else ():
        if operation.short == "RunSQL":
            context = m.module_contexts[state.file]
            sql.statement(m, Scope(state, {}, context), operation.arg(0, "sql"), operation.line)
        for given in [*operation.args, *operation.kwargs.values()] if operation.short == "RunPython" else ():
            for option in options(given):
                function = option.function if isinstance(option, Bound) else option
                if isinstance(function, Function) and not function.module.is_library:
                    receiver = option.receiver if isinstance(option, Bound) else None
                    yield function.qualname, function.node.line, traced(m, function, receiver, None, None)


def _operations(value: Value) -> Iterator[Made]:
    for option in options(value):
        for item in option.items if isinstance(option, Items) else [option]:
            if isinstance(item, Made):
                yield item
                for name in _PARTS:
                    yield from _operations(item.kwargs[name]) if name in item.kwargs else ()


def historic(registry: Registry, model: Class) -> Class:
    """The model as ``apps.get_model()`` gives it to a migration: its fields, without its methods and managers."""
    info = registry.info(model)
    if info is None:
        return model
    found = registry.historic.get(model)
    if found is None:
        found = registry.historic[model] = Class(
            model.name, model.qualname, model.module, model.node, filled="yes"
        )
        registry.infos[found] = replace(info, cls=found)
    return found
