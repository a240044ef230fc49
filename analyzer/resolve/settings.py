"""Finds the settings modules of a project, and which one is its main one."""

from __future__ import annotations

from collections.abc import Iterator

from analyzer.extract import ir
from analyzer.resolve.machine import Machine
from analyzer.resolve.modules import TELLING, ModuleIndex, ModuleState
from analyzer.resolve.scope import Context, Scope
from analyzer.resolve.values import Class, Items


def settings_modules(index: ModuleIndex) -> list[ModuleState]:
    """The settings modules, the main one first: the one that ``manage.py`` names, else the most complete.

    A settings module assigns ``INSTALLED_APPS`` or ``ROOT_URLCONF``, or is named in ``DJANGO_SETTINGS_MODULE``.
    """
    named: list[ModuleState] = []
    for state in index.states:
        stem = state.name.rpartition(".")[2]
        if state.is_test or stem not in {"manage", "wsgi", "asgi", "celery", "__main__", "cli"}:
            continue
        if state.unit is None:
            continue
        _look_into(state, state.unit.body)
        for dotted in _named_settings(state.unit.body):
            found = index.find(dotted, state)
            if found is not None and found.unit is not None and found not in named:
                named.append(found)
    marked = [state for state in index.states if not state.is_test and _marks(state) and _is_settings(state)]
    marked.sort(key=_preference)
    return [*named, *(state for state in marked if state not in named)]


def _look_into(state: ModuleState, body: tuple[ir.Stmt, ...]) -> None:
    """Note that all functions of a module are looked into."""
    state.consulted.names.add(f"{state.name}.*")
    for node in body:
        if isinstance(node, ir.Function):
            state.consulted.functions.add((state.file, node.line, node.name))


def test_settings(index: ModuleIndex) -> list[ModuleState]:
    """The settings modules that the tests run under: a library that is no site of its own has only these."""
    return [state for state in index.states if state.is_test and "INSTALLED_APPS" in _marks(state)]


def spread(m: Machine, state: ModuleState) -> None:
    """Bind what a class of a settings module holds to the module's names, as libraries for such settings do.

    The last class counts that has, or inherits, a telling name; its properties are run. What the others install may be
    installed as well.
    """
    found = [
        cls
        for cls in state.definitions.values()
        if isinstance(cls, Class) and any(cls.find(name) is not None for name in TELLING)
    ]
    if not found or TELLING & state.names.keys():
        return
    scope = Scope(state, state.names, Context(state, None))
    holder = found[-1].instance()
    for ancestor in holder.cls.order()[0]:
        for name in ancestor.names:
            if name.isupper() and not name.startswith("_") and name not in state.names:
                state.names[name] = m.attribute(scope, holder, name, 0)
    apps = [
        m.attribute(scope, cls.instance(), "INSTALLED_APPS", 0) for cls in found if cls.find("INSTALLED_APPS")
    ]
    if len(apps) > 1:
        state.names["INSTALLED_APPS"] = Items("list", apps)


def _marks(state: ModuleState) -> frozenset[str]:
    """The telling names that a module binds."""
    return TELLING & state.bindings.keys()


def _is_settings(state: ModuleState) -> bool:
    parts = state.name.split(".")
    return _marks(state) >= TELLING or any("settings" in part or "conf" in part for part in parts)


def _preference(state: ModuleState) -> tuple[int, int, str]:
    """Modules that define more come first; local and development variants last."""
    last = state.name.rpartition(".")[2]
    variant = any(word in last for word in ("local", "dev", "test", "ci", "example", "docker"))
    return (variant, -len(_marks(state)), state.name)


def _named_settings(body: tuple[ir.Stmt, ...]) -> Iterator[str]:
    """The value in ``os.environ.setdefault("DJANGO_SETTINGS_MODULE", value)`` and its like, anywhere in a module."""
    for statement in body:
        match statement:
            case ir.Do() if isinstance(statement.value, ir.Call):
                yield from _second(statement.value)
            case ir.Assign() if isinstance(statement.targets[0], ir.Sub) and isinstance(
                statement.value, ir.Const
            ):
                index = statement.targets[0].index
                if (
                    isinstance(index, ir.Const)
                    and index.value == "DJANGO_SETTINGS_MODULE"
                    and isinstance(statement.value.value, str)
                ):
                    yield statement.value.value
            case ir.If() | ir.Loop():
                yield from _named_settings((*statement.body, *statement.orelse))
            case ir.Function() | ir.With():
                yield from _named_settings(statement.body)
            case ir.Try():
                for block in (statement.body, *statement.handlers, statement.orelse, statement.final):
                    yield from _named_settings(block)
            case _:
                pass


def _second(call: ir.Call) -> Iterator[str]:
    if (
        len(call.args) == 2
        and isinstance(call.args[0], ir.Const)
        and call.args[0].value == "DJANGO_SETTINGS_MODULE"
    ):
        value = call.args[1]
        if isinstance(value, ir.Const) and isinstance(value.value, str):
            yield value.value
