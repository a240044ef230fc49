"""Tasks: work that is sent to a queue, by its function or by its name, and is done elsewhere."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from analyzer.extract import ir
from analyzer.resolve.machine import Machine
from analyzer.resolve.scope import Scope
from analyzer.resolve.values import Class, Function, Made, Method, Value, options, strings, text

CALLS = frozenset(
    {
        "apply",
        "apply_async",
        "delay",
        "delay_on_commit",
        "apply_async_on_commit",
        "enqueue",
        "message",
        "message_with_options",
        "s",
        "schedule",
        "send",
        "send_with_options",
        "si",
        "signature",
        "subtask",
    }
)
"""Methods of a task that send it, or that say how it is to be sent."""
SENDERS = frozenset(
    {
        "async_task",
        "enqueue",
        "enqueue_at",
        "enqueue_call",
        "enqueue_in",
        "send_task",
        "signature",
        "subtask",
    }
)
"""Functions and methods that send a task which is named by a string."""
_NAMES = ("name", "actor_name")
_BASES = frozenset({"celery.Task", "celery.app.task.Task", "celery.task.Task", "dramatiq.GenericActor"})


def note(m: Machine, scope: Scope, function: Function, line: int) -> None:
    """To send a task is a call of it, but its effects are not the sender's."""
    source = scope.function.qualname if scope.function else scope.module.name
    if not scope.module.is_library:
        m.ledger.calls[source, function.qualname, scope.module.file, line] = None


def note_named(m: Machine, scope: Scope, args: Iterable[Value], line: int) -> None:
    """``app.send_task("shop.tasks.mail")``: the task that one of the arguments names."""
    for arg in args:
        target = _named(m, scope, text(arg) or "")
        if target is not None:
            note(m, scope, target, line)


def note_callback(m: Machine, scope: Scope, value: Value, line: int) -> None:
    """``on_commit(task.delay)``, ``on_commit(partial(task.delay, 1))``."""
    if isinstance(value, Made) and value.short == "partial" and value.args:
        value = value.args[0]
    for option in options(value):
        if isinstance(option, Method) and isinstance(option.receiver, Function) and option.name in CALLS:
            note(m, scope, option.receiver, line)


def classes(m: Machine, made: Iterable[Value]) -> Iterator[Class]:
    """Those of the classes that are tasks, with a method ``run`` of their own."""
    for cls in made:
        if isinstance(cls, Class) and cls.bases and _BASES.intersection(cls.order()[1]):
            found = cls.find("run") or cls.find("perform")
            if found is not None and not found[1].module.is_library:
                yield cls


def takes(task: Function | Class) -> tuple[str, ...]:
    """The names of what a task is sent with; a default that is a number, a flag or a text makes an option of it."""
    found = (task.find("run") or task.find("perform")) if isinstance(task, Class) else (task, None)
    if found is None or not isinstance(found[0], Function):
        return ()
    params = found[0].node.params
    return tuple(param.name for param in params if param.name != "self" and not _is_option(param))


def _is_option(param: ir.Param) -> bool:
    return isinstance(param.default, ir.Const) and param.default.value is not None


def _named(m: Machine, scope: Scope, name: str) -> Function | None:
    if not name:
        return None
    for registration in m.ledger.registrations:
        if registration.kind == "task" and isinstance(registration.value, Function):
            function = registration.value
            given = (d.kwargs.get(key) for d in function.decorators if isinstance(d, Made) for key in _NAMES)
            if any(name in strings(value) for value in given if value is not None):
                return function
    target = m.by_dotted_name(name, scope.module) if "." in name else None
    return target if isinstance(target, Function) else None
