"""Functions and methods that no entry point reached: run with nothing known of their arguments."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from analyzer.resolve import filtersets
from analyzer.resolve.invoke import traced
from analyzer.resolve.machine import Machine
from analyzer.resolve.modules import ModuleState
from analyzer.resolve.names import Written
from analyzer.resolve.roots import root
from analyzer.resolve.values import Class, Function, Query, Record, Value


def candidates(states: Iterable[ModuleState], reached: set[Written]) -> list[Written]:
    """What nobody has reached in these modules: functions, and filter sets."""
    return [written for state in states for written in _of(state) if written not in reached]


def _of(state: ModuleState) -> Iterator[Written]:
    for value in list(state.definitions.values()):
        if isinstance(value, Class) and filtersets.is_one(value):
            yield filtersets.written(value)
    for function in _functions(state):
        yield function.written


def trace(m: Machine, states: Iterable[ModuleState], wanted: Iterable[Written]) -> None:
    """Run the candidates among what these modules define, each unless one before it has reached it."""
    left = set(wanted)
    for state in states:
        for cls in list(state.definitions.values()):
            if isinstance(cls, Class) and filtersets.written(cls) in left:
                filtersets.trace_unused(m, root(state), cls)
        for value in sorted(_functions(state), key=lambda function: function.node.line):
            if value.written in left and value.written not in m.ledger.reached:
                for receiver in _receivers(m, value):
                    traced(m, value, receiver, None, None)


def _functions(state: ModuleState) -> Iterator[Function]:
    for value in list(state.definitions.values()):
        inner: Value | None = value
        while isinstance(inner, Function):
            if inner.module is state:
                yield inner
            inner = inner.wraps


def _receivers(m: Machine, function: Function) -> list[Value | None]:
    owner = function.owner
    if owner is None or function.kind == "static":
        return [None]
    if function.kind == "class":
        return [owner]
    if m.registry.is_model(owner):
        info = m.registry.info(owner)
        if info is not None and info.abstract:
            concrete = [
                cls
                for cls, other in m.registry.infos.items()
                if other and not other.abstract and owner in cls.order()[0]
            ]
            return [Record(cls) for cls in concrete[:3]] or [Record(owner)]
        return [Record(owner)]
    if m.registry.is_queryset(owner) or m.registry.is_manager(owner):
        manager = m.registry.is_manager(owner)
        models = [cls for cls, manages in _managers(m) if manages is not None and owner in manages.order()[0]]
        return [Query(model, owner, manager) for model in models[:3]] or [Query(None, owner, manager)]
    return [owner.instance()]


def _managers(m: Machine) -> Iterator[tuple[Class, Class | None]]:
    for cls, info in list(m.registry.infos.items()):
        if info is None or info.abstract:
            continue
        for ancestor in cls.order()[0]:
            for value in ancestor.names.values():
                if isinstance(value, Query) and value.manager:
                    yield cls, value.cls
