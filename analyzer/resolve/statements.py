"""How each kind of statement is run."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from analyzer.extract import ir
from analyzer.resolve import definitions, expressions, members, narrowing, promises
from analyzer.resolve.machine import LateImport, Machine
from analyzer.resolve.names import beside
from analyzer.resolve.scope import UNDECIDED, Scope, Span
from analyzer.resolve.values import (
    Bound,
    Class,
    External,
    Function,
    Instance,
    Items,
    Literal,
    Made,
    Map,
    ModelField,
    Module,
    Query,
    Record,
    Unknown,
    Value,
    merge,
    options,
)

_ROUNDS = 8
ATOMIC = frozenset(
    {
        "django.db.transaction.atomic",
        "django.db.transaction.commit_on_success",
        "django.db.transaction.Atomic",
    }
)


def _import(m: Machine, scope: Scope, node: ir.Import) -> bool:
    name = m.index.absolute(node, scope.module)
    if not node.is_from:
        _import_module(m, scope, node, name)
        return False
    state = m.index.find(name, scope.module)
    if state is None:
        for attr, bound in node.names:
            if attr != "*":
                scope.names[bound] = m.external(f"{name}.{attr}")
        return False
    m.load(state)
    for attr, bound in node.names:
        if attr == "*":
            scope.names.update(_public(state.names))
            continue
        value = m.module_name(state, attr)
        if value is None:
            value = m.external(f"{name}.{attr}") if state.is_library else Unknown(f"{name} has no {attr}")
            if state.status == "running":
                m.late.append(LateImport(scope.names, bound, value, state, attr))
        if isinstance(value, Unknown) and bound in scope.names:
            continue  # the other branch of a try/except import already found it
        scope.names[bound] = value
    return False


def _import_module(m: Machine, scope: Scope, node: ir.Import, name: str) -> None:
    state = m.index.find(name, scope.module)
    if state is not None:
        m.load(state)
    if node.asname:
        scope.names[node.asname] = Module(state) if state else m.external(name)
        return
    top = name.partition(".")[0]
    first = m.index.find(top, scope.module)
    scope.names[top] = Module(first) if first and not first.is_library else External(top)


def _public(names: dict[str, Value]) -> dict[str, Value]:
    """What a star import takes: the names in ``__all__``, or those without a leading underscore."""
    listed = names.get("__all__")
    if isinstance(listed, Items) and listed.rest is None:
        wanted = {item.value for item in listed.items if isinstance(item, Literal)}
        return {name: value for name, value in names.items() if name in wanted}
    return {name: value for name, value in names.items() if not name.startswith("_")}


def _assign(m: Machine, scope: Scope, node: ir.Assign) -> bool:
    if node.value is None:
        if node.annotation is not None and not scope.is_class and isinstance(node.targets[0], ir.Name):
            scope.names.setdefault(node.targets[0].id, promises.annotated(m, scope, node.annotation))
        return False
    value = m.evaluate(scope, node.value)
    if node.annotation is not None and isinstance(value, Unknown):
        value = promises.annotated(m, scope, node.annotation)
    if scope.is_class and scope.cls is not None:
        for target in node.targets:
            if isinstance(target, ir.Name):
                scope.cls.line_of[target.id] = node.line
    for target in node.targets:
        assign(m, scope, target, value)
    return False


def assign(m: Machine, scope: Scope, target: ir.Expr, value: Value) -> None:
    """Bind a target: a name, an attribute, an item, or a pattern of these."""
    match target:
        case ir.Name():
            scope.names[target.id] = value
        case ir.Attr():
            for owner in options(m.evaluate(scope, target.value)):
                _assign_attribute(m, owner, target.attr, value)
        case ir.Sub():
            owner = m.evaluate(scope, target.value)
            if isinstance(owner, Map) and target.index is not None:
                index = m.evaluate(scope, target.index)
                old = owner.items.get(expressions.constant_key(index)) if m.tracing else None
                expressions.store(owner, index, value if old is None else merge([old, value]))
        case ir.Items():
            _unpack(m, scope, target, value)
        case ir.Star():
            assign(m, scope, target.value, value if isinstance(value, Items) else Items("list", [], value))
        case _:
            pass


def _assign_attribute(m: Machine, owner: Value, name: str, value: Value) -> None:
    if isinstance(owner, Instance):
        old = owner.attrs.get(name)
        owner.attrs[name] = value if old is None else merge([old, value])
    elif isinstance(owner, Module) and not m.tracing:
        owner.state.names[name] = value
    elif isinstance(owner, Class) and not m.tracing:
        owner.names.setdefault(name, value)
    elif (
        isinstance(owner, Record)
        and m.tracing
        and any(isinstance(option, Record | Query) for option in options(value))
    ):
        attrs = owner.model.instance().attrs
        attrs[name] = merge([attrs[name], value]) if name in attrs else value


def _unpack(m: Machine, scope: Scope, target: ir.Items, value: Value) -> None:
    options_ = [
        option
        for option in options(value)
        if isinstance(option, Items) and len(option.items) >= len(target.items)
    ]
    for position, item in enumerate(target.items):
        if options_:
            assign(m, scope, item, merge([option.items[position] for option in options_]))
        else:
            assign(m, scope, item, expressions.element(m, value))


def _augment(m: Machine, scope: Scope, node: ir.Augment) -> bool:
    old = m.evaluate(scope, node.target)
    value = m.evaluate(scope, node.value)
    if node.op == "Add" and isinstance(old, Items):
        more = value if isinstance(value, Items) else None
        if m.tracing:
            assign(m, scope, node.target, expressions.combine("Add", old, value))
            return False
        if more is not None:
            old.items.extend(more.items)
            old.rest = more.rest or old.rest
        elif not isinstance(value, Literal):
            old.items.append(value)  # a list that is made elsewhere, such as i18n_patterns(...)
        assign(m, scope, node.target, old)  # a class or function scope gets its own name for it
        return False
    assign(m, scope, node.target, expressions.combine(node.op, old, value))
    return False


def _do(m: Machine, scope: Scope, node: ir.Do) -> bool:
    m.evaluate(scope, node.value)
    return False


def _return(m: Machine, scope: Scope, node: ir.Return) -> bool:
    if node.value is not None:
        scope.returns.append(m.evaluate(scope, node.value))
    return True


def _stop(m: Machine, scope: Scope, node: ir.Stop) -> bool:
    if node.value is not None:
        m.evaluate(scope, node.value)
    return True


def _if(m: Machine, scope: Scope, node: ir.If) -> bool:
    test = m.evaluate(scope, node.test)
    known = expressions.truth(test)
    if known is not None and (scope.function is not None or _asks_for_main(node.test)):
        return m.run(scope, node.body if known else node.orelse)
    then, otherwise = narrowing.when(m, scope, node.test, True), narrowing.when(m, scope, node.test, False)
    return branches(m, scope, [(node.body, then), (node.orelse, otherwise)])


def _asks_for_main(test: ir.Expr) -> bool:
    """``__name__ == "__main__"``: what a script does when it is run is not what a module means."""
    return isinstance(test, ir.Compare) and isinstance(test.left, ir.Name) and test.left.id == "__name__"


def branches(m: Machine, scope: Scope, blocks: list[tuple[tuple[ir.Stmt, ...], dict[str, Value]]]) -> bool:
    """Run alternatives from the same start and merge what they leave. True when none reaches its end."""
    before = scope.names
    ends: list[dict[str, Value]] = []
    doubt = m.doubt
    for position, (body, narrowed) in enumerate(blocks):
        m.doubt = doubt if position and _is_elif(body) else doubt + UNDECIDED
        scope.names = beside(before, {**before, **narrowed})
        if not m.run(scope, body):
            ends.append(scope.names)
    m.doubt = doubt
    scope.names = before
    merged = _merge_names(ends, before)
    before.clear() if not ends and scope.function is None else None
    before.update(merged)
    return not ends and scope.function is not None


def _is_elif(body: tuple[ir.Stmt, ...]) -> bool:
    """Whether what follows ``else`` only decides between further branches: these are as likely as their neighbours."""
    return len(body) == 1 and isinstance(body[0], ir.If)


def _merge_names(ends: list[dict[str, Value]], before: dict[str, Value]) -> dict[str, Value]:
    if not ends:
        return dict(before)
    if len(ends) == 1:
        return ends[0]
    merged: dict[str, Value] = {}
    for names in ends:
        for name, value in names.items():
            old = merged.get(name)
            if old is None:
                merged[name] = value
            elif old is not value:
                merged[name] = merge([old, value])
    return merged


def _loop(m: Machine, scope: Scope, node: ir.Loop) -> bool:
    over = m.evaluate(scope, node.over)
    if node.target is None:
        _while(m, scope, node, over)
    else:
        for option in options(over):
            if isinstance(option, Query):
                m.read(scope, option, node.line)
        items = expressions.each_item(m, members.iterated(m, scope, over, node.line))
        perhaps = m.perhaps
        m.perhaps = perhaps or (len(items) > 1 and any(isinstance(item, ModelField) for item in items))
        doubt = expressions.doubt_of_loop(over)
        m.doubt += doubt
        for item in items:
            before = dict(scope.names)
            assign(m, scope, node.target, item)
            m.run(scope, node.body)
            scope.names.update(_merge_names([before, scope.names], before))
        m.doubt -= doubt
        m.perhaps = perhaps
    m.run(scope, node.orelse)
    return False


def _while(m: Machine, scope: Scope, node: ir.Loop, test: Value) -> None:
    """Round by round as long as a module that builds something knows its test; else the body runs perhaps."""
    for _ in range(_ROUNDS if not m.tracing and not isinstance(node.over, ir.Const) else 0):
        if not (isinstance(test, Instance) or expressions.truth(test)):
            break
        if m.run(scope, node.body):
            return
        test = m.evaluate(scope, node.over)
    if expressions.truth(test) is not False:
        branches(m, scope, [(node.body, {}), ((), {})])


def _with(m: Machine, scope: Scope, node: ir.With) -> bool:
    span: Span | None = None
    for expression, target in node.items:
        manager = m.evaluate(scope, expression)
        if span is None and _is_atomic(m, scope, manager):
            span = Span(node.line, m.doubt)
        if target is not None:
            assign(m, scope, target, _entered(m, scope, manager, node.line))
    if span is None:
        return m.run(scope, node.body)
    scope.context.enter(span)
    ended = m.run(scope, node.body)
    scope.context.leave()
    return ended


def _is_atomic(m: Machine, scope: Scope, manager: Value) -> bool:
    """``atomic()`` itself, or a context manager of the project that yields inside an atomic span."""
    for option in options(manager):
        if isinstance(option, Made) and option.callee in ATOMIC:
            return True
        if isinstance(option, External) and option.name in ATOMIC:
            return True
    return scope.context.atomic_yield and any(isinstance(option, Items) for option in options(manager))


def _entered(m: Machine, scope: Scope, manager: Value, line: int) -> Value:
    found = []
    for option in options(manager):
        if isinstance(option, Instance):
            enter = m.attribute(scope, option, "__enter__", line)
            entered = m.call(scope, enter, [], {}, line) if isinstance(enter, Bound | Function) else option
            found.append(option if isinstance(entered, Unknown) else entered)
        elif isinstance(option, Items):
            found.append(option.any())  # a generator function used as a context manager
        else:
            found.append(option)
    return merge(found)


def _try(m: Machine, scope: Scope, node: ir.Try) -> bool:
    before = dict(scope.names)
    ended = m.run(scope, node.body)
    if not ended:
        ended = m.run(scope, node.orelse)
    after = scope.names
    ends = [] if ended else [dict(after)]
    unusual, m.unusual = m.unusual, True
    for handler in node.handlers:
        known = {name: value for name, value in after.items() if not isinstance(value, Unknown)}
        scope.names = beside(after, {**before, **known})
        if not m.run(scope, handler) or scope.function is None:
            ends.append(scope.names)
    m.unusual = unusual
    scope.names = after
    if ends:
        after.update(_merge_names(ends, after))
    return m.run(scope, node.final) or (not ends and scope.function is not None)


def _function(m: Machine, scope: Scope, node: ir.Function) -> bool:
    scope.names[node.name] = definitions.function(m, scope, node)
    return False


def _class(m: Machine, scope: Scope, node: ir.Class) -> bool:
    scope.names[node.name] = definitions.class_(m, scope, node)
    if scope.is_class and scope.cls is not None:
        scope.cls.line_of[node.name] = node.line
    return False


STATEMENTS: dict[type, Callable[[Machine, Scope, Any], bool]] = {
    ir.Import: _import,
    ir.Assign: _assign,
    ir.Augment: _augment,
    ir.Do: _do,
    ir.Return: _return,
    ir.Stop: _stop,
    ir.If: _if,
    ir.Loop: _loop,
    ir.With: _with,
    ir.Try: _try,
    ir.Function: _function,
    ir.Class: _class,
}
