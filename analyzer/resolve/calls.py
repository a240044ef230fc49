"""``function(...)`` for every kind of callable value."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from analyzer.model.facts import Location
from analyzer.resolve import chosen, containers, deferred, externals, orm, promises, sql, tasks
from analyzer.resolve import options as model_options
from analyzer.resolve.attributes import ORDERINGS
from analyzer.resolve.invoke import invoke
from analyzer.resolve.machine import Machine, Registration
from analyzer.resolve.scope import Scope
from analyzer.resolve.signals import send_signal
from analyzer.resolve.templates import render as rendering
from analyzer.resolve.values import (
    Bound,
    Chosen,
    Class,
    Either,
    External,
    Function,
    Instance,
    Items,
    Literal,
    Made,
    Map,
    Meta,
    Method,
    Query,
    Record,
    Super,
    Unknown,
    Value,
    View,
    merge,
    options,
)

LATER_CALLS = frozenset({"async_to_sync", "database_sync_to_async", "partial", "sync_to_async"})
"""What they return calls their first argument."""
_DICTS = frozenset(
    {"builtins.dict", "collections.OrderedDict", "collections.UserDict", "collections.defaultdict"}
)


def call(
    m: Machine, scope: Scope, function: Value, args: list[Value], kwargs: dict[str, Value], line: int
) -> Value:
    """Call each thing that the function may be."""
    known = _CALLS.get(type(function))
    if known is None:
        return Unknown("a call of something that is no function")
    return known(m, scope, function, args, kwargs, line)


def _either(
    m: Machine, scope: Scope, function: Either, args: list[Value], kwargs: dict[str, Value], line: int
) -> Value:
    return merge([call(m, scope, option, args, kwargs, line) for option in function.options])


def _bound(
    m: Machine, scope: Scope, function: Bound, args: list[Value], kwargs: dict[str, Value], line: int
) -> Value:
    return invoke(m, scope, function.function, function.receiver, args, kwargs, line)


def _external(
    m: Machine, scope: Scope, function: External, args: list[Value], kwargs: dict[str, Value], line: int
) -> Value:
    return externals.call(m, scope, function.name, args, kwargs, line)


def _unknown(
    m: Machine, scope: Scope, function: Unknown, args: list[Value], kwargs: dict[str, Value], line: int
) -> Value:
    externals.run_callbacks(m, scope, args, line)
    return function


def _function(
    m: Machine, scope: Scope, function: Function, args: list[Value], kwargs: dict[str, Value], line: int
) -> Value:
    receiver = None
    if (
        function.owner is not None
        and function.kind == "plain"
        and args
        and not isinstance(args[0], Unknown | Literal)
    ):
        receiver, args = args[0], args[1:]  # Class.method(instance)
    if m.owned and args and function.module.is_library and function.node.name.endswith("_or_404"):
        orm.ask_or_404(m, scope, args[0], args[1:], kwargs, line)
    return invoke(m, scope, function, receiver, args, kwargs, line)


def _new(
    m: Machine, scope: Scope, cls: Class, args: list[Value], kwargs: dict[str, Value], line: int
) -> Value:
    m.fill(cls)
    made = orm.construct(m, scope, cls, args, kwargs)
    if made is not None:
        if isinstance(made, Record):
            _initialize(m, scope, made, cls, args, kwargs, line)
        return made
    if _DICTS & set(cls.order()[1]):
        filled = externals.KNOWN["builtins.dict"](m, scope, args, kwargs, line)
        return Map(dict(filled.items), filled.rest, None, cls) if isinstance(filled, Map) else filled
    other = _made_instead(m, scope, cls, args, kwargs, line)
    if other is not None:
        return other
    if m.tracing:
        instance = cls.instance_with(args, kwargs)
    else:
        instance = Instance(cls, args=args, kwargs=kwargs, line=line)
    _initialize(m, scope, instance, cls, args, kwargs, line)
    return instance


def _made_instead(
    m: Machine, scope: Scope, cls: Class, args: list[Value], kwargs: dict[str, Value], line: int
) -> Value | None:
    """What a ``__new__`` of the project gives that makes an instance of another class."""
    found = cls.find("__new__")
    if found is None or not isinstance(found[0], Function) or found[1].module.is_library:
        return None
    made = invoke(m, scope, found[0], cls, args, kwargs, line)
    others = [
        option
        for option in options(made)
        if isinstance(option, Query | Record)
        or (isinstance(option, Instance) and cls not in option.cls.order()[0])
    ]
    return merge(others) if others else None


def _initialize(
    m: Machine, scope: Scope, made: Value, cls: Class, args: list[Value], kwargs: dict[str, Value], line: int
) -> None:
    found = cls.find("__init__")
    if found is not None and isinstance(found[0], Function) and not found[1].is_a("enum.Enum"):
        invoke(m, scope, found[0], made, args, kwargs, line)
    elif found is None and isinstance(made, Instance) and (args or kwargs):
        promises.fill_in(m, made, args, kwargs)
    after = cls.find("__post_init__") if found is None else None
    if after is not None and isinstance(after[0], Function):
        invoke(m, scope, after[0], made, [], {}, line)


def _method(
    m: Machine, scope: Scope, method: Method, args: list[Value], kwargs: dict[str, Value], line: int
) -> Value:
    receiver, name = method.receiver, method.name
    match receiver:
        case Query() | Record():
            if name == "raw" and args:
                if sql.looks_like_sql(args[0]):
                    sql.statement(m, scope, args[0], line)
                else:
                    sql.unread(m, scope, line, "it is computed")
            return orm.call(m, scope, method, args, kwargs, line)
        case Chosen():
            return chosen.call(m, scope, method, args, kwargs, line)
        case Meta():
            return model_options.call(m, receiver, name, args)
        case Class() if name == "as_view":
            m.fill(receiver)
            given = {**kwargs, "actions": args[0]} if args else kwargs
            return View(receiver.with_attributes({k: v for k, v in given.items() if k != "actions"}), given)
        case Class():
            return orm.class_method(m, scope, method, args)
        case Function():
            return _of_function(m, scope, receiver, name, args, kwargs, line)
        case Super():
            if isinstance(receiver.receiver, Instance):
                receiver.receiver.args, receiver.receiver.kwargs = args, kwargs
            return Unknown("what __init__ returns")
        case Made() if name in ORDERINGS:
            return receiver
        case Made() if name == "format":
            return sql.composed(receiver, args, kwargs)
        case Made(callee=containers.CONTEXT_VARIABLE):
            default = receiver.kwargs.get("default")
            return default if isinstance(default, Items | Map) else Unknown("a context variable")
        case Made() if name == "render":
            return rendering.loaded(m, scope, receiver, args, kwargs, line)
        case Made() if deferred.is_promise(receiver):
            return deferred.method(m, scope, receiver, name, args, line)
        case Made():
            return send_signal(m, scope, receiver, name, args, kwargs, line)
        case View():
            return Unknown(f"the method {name} of a view function")
        case _:
            return containers.call(m, scope, receiver, name, args, kwargs)


def _of_function(
    m: Machine,
    scope: Scope,
    function: Function,
    name: str,
    args: list[Value],
    kwargs: dict[str, Value],
    line: int,
) -> Value:
    if name in tasks.CALLS:
        tasks.note(m, scope, function, line)
    return Unknown(f"what {name}() returns")


def _made(
    m: Machine, scope: Scope, made: Made, args: list[Value], kwargs: dict[str, Value], line: int
) -> Value:
    """Call what something external returned: a decorator, a partial."""
    if made.short in LATER_CALLS and made.args:
        return m.call(scope, made.args[0], [*made.args[1:], *args], {**made.kwargs, **kwargs}, line)
    if made.short == "wraps" and made.args and args and isinstance(args[0], Function):
        wrapper = args[0]
        return Function(
            wrapper.node, wrapper.qualname, wrapper.module, wrapper.scope, wrapper.owner, wrapper.kind,
            wrapper.decorators, made.args[0], wrapper.atomic,
        )  # fmt: skip
    if made.short == "register" and ".admin" in made.callee and args:
        where = Location(scope.module.file, line)
        m.ledger.registrations.append(Registration("admin", args[0], where, tuple(made.args)))
    return Made(f"{made.callee}()", args, kwargs, scope.module, line)


def _dispatch(
    m: Machine, scope: Scope, view: View, args: list[Value], kwargs: dict[str, Value], line: int
) -> Value:
    handler = m.attribute(scope, view.cls.instance(), "dispatch", line)
    return (
        m.call(scope, handler, args, {}, line)
        if isinstance(handler, Bound)
        else Unknown("what a view returns")
    )


def _manager(
    m: Machine, scope: Scope, query: Query, args: list[Value], kwargs: dict[str, Value], line: int
) -> Value:
    if query.manager and "manager" in kwargs:
        return orm.called_manager(m, query, kwargs)
    return Unknown("a call of something that is no function")


def _instance(
    m: Machine, scope: Scope, function: Instance, args: list[Value], kwargs: dict[str, Value], line: int
) -> Value:
    found = function.cls.find("__call__")
    if found is not None and isinstance(found[0], Function):
        return invoke(m, scope, found[0], function, args, kwargs, line)
    return Unknown(f"a call of a {function.cls.name}")


_CALLS: dict[type, Callable[[Machine, Scope, Any, list[Value], dict[str, Value], int], Value]] = {
    Unknown: _unknown,
    Either: _either,
    Function: _function,
    Bound: _bound,
    Class: _new,
    Method: _method,
    External: _external,
    Made: _made,
    View: _dispatch,
    Instance: _instance,
    Chosen: lambda m, scope, function, args, kwargs, line: chosen.made(function),
    Query: _manager,
}
