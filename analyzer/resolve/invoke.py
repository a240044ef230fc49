"""Calling functions of the project: once per call while modules run, once per context while effects are traced."""

from __future__ import annotations

from collections.abc import Hashable

from analyzer.extract import ir
from analyzer.resolve import promises, tenants
from analyzer.resolve.machine import Machine
from analyzer.resolve.scope import Context, Scope, Span
from analyzer.resolve.values import (
    NONE,
    OPEN,
    Class,
    Either,
    Function,
    Instance,
    Items,
    Literal,
    Made,
    Map,
    Query,
    Record,
    Unknown,
    Value,
    identity,
    key,
    merge,
    options,
    text,
)

_RECURSIONS = 6
"""How often a function may be inside itself while a module runs."""
_MORE = 4
"""How many times more contexts there may be that are told apart by nothing but the models in their arguments."""
_REENTRIES = 250
"""How often a function may be entered while it runs, below one call of a module's top level: two functions that call
each other from several places would otherwise run as often as the number of places to the power of the depth."""


def invoke(
    m: Machine,
    scope: Scope,
    function: Function,
    receiver: Value | None,
    args: list[Value],
    kwargs: dict[str, Value],
    line: int,
    after_commit: bool = False,
) -> Value:
    """Call a function and say what it returns; its effects are kept in its own context."""
    if scope.depth >= m.limits.depth:
        return Unknown("calls are nested too deeply")
    _note_call(m, scope, function, line)
    if not m.tracing:
        value = _within_bounds(m, scope, function, receiver, args, kwargs)
    else:
        context = traced(m, function, receiver, args, kwargs, scope.depth + 1)
        scope.context.call(context, line, m.doubted(after_commit))
        value = _result(m, function, context)
    return tenants.returned(m, scope, receiver, args, value, line) if m.owned else value


def _within_bounds(
    m: Machine,
    scope: Scope,
    function: Function,
    receiver: Value | None,
    args: list[Value],
    kwargs: dict[str, Value],
) -> Value:
    """Run a function at module level, unless it recurs without an end in sight."""
    if scope.depth == 0:
        m.reentries.clear()
    node = id(function.node)
    running = m.running.get(node, 0)
    state = (node, receiver_key(receiver), *(_sameness(value) for value in (*args, *kwargs.values())))
    if state in m.active:
        return Unknown(f"{function.node.name} calls itself")
    own = state[:2]
    if running:
        m.reentries[own] = m.reentries.get(own, 0) + 1
    if running >= _RECURSIONS or m.reentries.get(own, 0) > _REENTRIES or m.steps > m.limits.steps:
        return Unknown(f"{function.node.name} runs too long at module level")
    m.running[node] = running + 1
    m.active.add(state)
    value = _run_anew(m, scope, function, receiver, args, kwargs)
    m.active.discard(state)
    m.running[node] = running
    return value


def _sameness(value: Value) -> Hashable:
    """Equal for arguments with which a function does the same: nothing is known of any unknown."""
    return None if isinstance(value, Unknown) else identity(value)


def traced(
    m: Machine,
    function: Function,
    receiver: Value | None,
    args: list[Value] | None,
    kwargs: dict[str, Value] | None,
    depth: int = 0,
) -> Context:
    """The context for this kind of receiver and arguments, run when it is new. ``args`` of None: nothing is known."""
    where = _receiver_class(receiver)
    shared: tuple[Hashable, ...] = (id(function.node), id(function.scope), id(where), receiver_key(receiver))
    asked = function.module.asked
    if asked and args is not None:
        shared += _asked(asked, function, receiver, args, kwargs or {})
    contexts = m.ledger.contexts
    own: tuple[object, ...] = (*shared, _arguments_key(args, kwargs))
    context = contexts.get(own)
    if context is not None:
        return context
    counted: tuple[object, ...] = shared
    number = m.ledger.per_function.get(counted, 0)
    if number >= m.limits.contexts:
        counted = (*shared, "models")
        own, args, kwargs = _merged(m, counted, args, kwargs)
        context = contexts.get(own)
        if context is not None:
            return context
        number = m.ledger.per_function.get(counted, 0)
    m.ledger.per_function[counted] = number + 1
    contexts[own] = context = Context(function.module, function, where)
    m.ledger.reached.add(function.written)
    perhaps, unusual, doubt = m.perhaps, m.unusual, m.doubt
    m.perhaps = m.unusual = False  # judged without regard to where it is first called
    m.doubt = 0
    _execute(m, context, function, receiver, args, kwargs, depth)
    m.perhaps, m.unusual, m.doubt = perhaps, unusual, doubt
    context.finish()
    return context


def _merged(
    m: Machine, counted: tuple[object, ...], args: list[Value] | None, kwargs: dict[str, Value] | None
) -> tuple[tuple[object, ...], list[Value] | None, dict[str, Value] | None]:
    """The context for more kinds of arguments than are told apart: by the models in them, at last by nothing."""
    plain = [_without_constants(value) for value in args or ()]
    named = {name: _without_constants(value) for name, value in (kwargs or {}).items()}
    own = (*counted, *map(_models, plain), *((name, _models(value)) for name, value in sorted(named.items())))
    full = m.ledger.per_function.get(counted, 0) >= m.limits.contexts * _MORE
    if args is None or (full and own not in m.ledger.contexts):
        return (*counted, "any"), None, None
    return own, plain, named


def _without_constants(value: Value) -> Value:
    plain = isinstance(value, Literal | Items) and not (isinstance(value, Literal) and value.value is None)
    return Unknown("one of many constants") if plain else value


def _models(value: Value) -> Hashable:
    """The models that a value leads to, and of what kind it is."""
    match value:
        case Query():
            return (Query, id(value.model), value.manager)
        case Either():
            return frozenset(_models(option) for option in value.options)
        case _:
            return key(value)


def fresh(
    m: Machine,
    scope: Scope,
    function: Function,
    receiver: Value | None,
    args: list[Value],
    kwargs: dict[str, Value],
    line: int,
) -> Value:
    """Call a function in a context of its own, which no other call shares: its arguments tell more than keys do."""
    running = m.running.get(id(function.node), 0)
    if scope.depth >= m.limits.depth or running >= _RECURSIONS:
        return Unknown("calls are nested too deeply")
    m.running[id(function.node)] = running + 1
    context = Context(function.module, function, _receiver_class(receiver))
    m.ledger.contexts[id(context)] = context
    m.ledger.reached.add(function.written)
    with m.certainty():
        _execute(m, context, function, receiver, args, kwargs, scope.depth + 1)
    context.finish()
    m.running[id(function.node)] = running
    scope.context.call(context, line, m.doubted())
    return _result(m, function, context)


def receiver_key(receiver: Value | None) -> object:
    return key(receiver) if receiver is not None else None


def _arguments_key(args: list[Value] | None, kwargs: dict[str, Value] | None) -> object:
    if args is None:
        return "any"
    named = tuple([(name, key(kwargs[name])) for name in sorted(kwargs)]) if kwargs else ()
    return tuple([key(value) for value in args]), named


def _asked(
    names: tuple[str, ...],
    function: Function,
    receiver: Value | None,
    args: list[Value],
    kwargs: dict[str, Value],
) -> tuple[Hashable, ...]:
    """The strings that are given for parameters which hold the name of an attribute: each of them leads elsewhere."""
    params = [param for param in function.node.params if param.kind in {"plain", "keyword"}]
    if receiver is not None and function.kind != "static":
        params = params[1:]
    given = {param.name: value for param, value in zip(params, args, strict=False) if param.kind == "plain"}
    return tuple(text(given.get(name, kwargs.get(name))) for name in names)


def _receiver_class(receiver: Value | None) -> Class | None:
    if isinstance(receiver, Instance | Query):
        return receiver.cls
    if isinstance(receiver, Record):
        return receiver.model
    return receiver if isinstance(receiver, Class) else None


def _note_call(m: Machine, scope: Scope, function: Function, line: int) -> None:
    caller = scope.function
    if function.module.is_library or scope.module.is_library:
        return
    source = caller.qualname if caller is not None else scope.module.name
    m.ledger.calls[source, function.qualname, scope.module.file, line] = None


def _run_anew(
    m: Machine,
    scope: Scope,
    function: Function,
    receiver: Value | None,
    args: list[Value],
    kwargs: dict[str, Value],
) -> Value:
    context = Context(function.module, function, _receiver_class(receiver))
    return _finish(function, _execute(m, context, function, receiver, args, kwargs, scope.depth + 1), context)


def _execute(
    m: Machine,
    context: Context,
    function: Function,
    receiver: Value | None,
    args: list[Value] | None,
    kwargs: dict[str, Value] | None,
    depth: int,
) -> Scope:
    inner = Scope(
        function.module, {}, context, function.scope, function.owner, False, function, receiver, depth=depth
    )
    if receiver is None and function.scope is not None:
        inner.receiver, inner.cls = function.scope.receiver, inner.cls or function.scope.cls
    _bind(m, inner, function, receiver, args, kwargs or {})
    span = Span(function.node.line) if function.atomic else None
    if span is not None:
        context.enter(span)
    function.look_into()
    m.run(inner, function.node.body)
    if span is not None:
        context.leave()
    context.returns = _returned(m, inner, function)
    return inner


def _bind(
    m: Machine,
    inner: Scope,
    function: Function,
    receiver: Value | None,
    args: list[Value] | None,
    kwargs: dict[str, Value],
) -> None:
    given = list(args) if args is not None else []
    if receiver is not None and function.kind != "static":
        given.insert(0, receiver)
    named = dict(kwargs)
    more = named.pop(OPEN, None)
    unknown = args is None or more is not None
    for param in function.node.params:
        if param.kind == "plain":
            value = given.pop(0) if given else named.pop(param.name, None)
            inner.names[param.name] = _parameter(m, inner, param, value, unknown)
        elif param.kind == "keyword":
            inner.names[param.name] = _parameter(m, inner, param, named.pop(param.name, None), unknown)
        elif param.kind == "args":
            inner.names[param.name] = Items("tuple", given, Unknown("an argument") if args is None else None)
            given = []
        else:
            rest = more or (Unknown("a keyword argument") if args is None else None)
            inner.names[param.name] = Map(dict(named.items()), rest)


def _parameter(m: Machine, inner: Scope, param: ir.Param, value: Value | None, generic: bool) -> Value:
    if value is not None and not isinstance(value, Unknown):
        return value
    if value is None and param.default is not None and not generic:
        value = m.evaluate(inner, param.default)
        if param.annotation is None or not isinstance(value, Unknown):
            return value
    if param.annotation is not None:
        promised = promises.annotated(m, inner, param.annotation)
        if not isinstance(promised, Unknown):
            return promised
    if param.name == "request":
        request = m.stub_class("django.http.request", "HttpRequest")
        if request is not None:
            return request.instance()
    model = m.registry.named_like(param.name, inner.module) if m.tracing else None
    if model is not None:
        return Record(model)
    return value if value is not None else Unknown(f"the parameter {param.name}")


def _returned(m: Machine, inner: Scope, function: Function) -> Value:
    if function.node.generator:
        return Items("list", [], merge(inner.yields, "what is yielded"))
    found = merge(inner.returns) if inner.returns else NONE
    if isinstance(found, Unknown) and function.node.returns is not None:
        promised = promises.annotated(m, inner, function.node.returns)
        return promised if not isinstance(promised, Unknown) else found
    return found


def _result(m: Machine, function: Function, context: Context) -> Value:
    if context.returns is None:
        return Unknown(f"{function.node.name} calls itself")
    return _lend_span(context.returns, context)


def _finish(function: Function, inner: Scope, context: Context) -> Value:
    return _lend_span(context.returns or NONE, context)


def _lend_span(value: Value, context: Context) -> Value:
    """A generator that yields inside an atomic span is, as a context manager, an atomic span itself."""
    if not context.atomic_yield:
        return value
    return merge([*options(value), Made("django.db.transaction.atomic", [], {}, None, 0)])
