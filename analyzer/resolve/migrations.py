"""What data migrations do: the functions of ``RunPython``, which see models without their methods, and ``RunSQL``."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from analyzer.resolve import sql
from analyzer.resolve.machine import Machine
from analyzer.resolve.modules import ModuleState, has_data_operations
from analyzer.resolve.registry import Registry
from analyzer.resolve.scope import Scope
from analyzer.resolve.values import Bound, Class, Function, Items, Made, Value, options

_PARTS = ("database_operations", "operations")


def moves_data(state: ModuleState) -> bool:
    """Whether a module is a migration with an operation of its own making; most have none, and are not even read."""
    is_migration = state.is_migration and not state.is_test
    return is_migration and state.lowered is not None and has_data_operations(state.lowered)


def functions(m: Machine, state: ModuleState) -> Iterator[tuple[Function, Value | None]]:
    """The functions that a migration runs, each with what it is bound to; its SQL is read at once."""
    m.load(state)
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
                    yield function, option.receiver if isinstance(option, Bound) else None


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
