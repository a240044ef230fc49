"""How each kind of expression is evaluated."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import Any

from analyzer.extract import ir
from analyzer.resolve import comparisons, content_types, generic, lazies, loaders, sites
from analyzer.resolve.machine import Machine
from analyzer.resolve.scope import REPEATED, UNDECIDED, Scope
from analyzer.resolve.values import (
    OPEN,
    PLACEHOLDER,
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
    Method,
    ModelField,
    Query,
    Record,
    Super,
    Unknown,
    Value,
    merge,
    options,
    text,
)


def _name(m: Machine, scope: Scope, node: ir.Name) -> Value:
    name = node.id
    here: Scope | None = scope
    while here is not None:
        value = here.names.get(name)
        if value is not None:
            return value
        here = here.outer
    found = m.module_name(scope.module, name)
    if found is not None:
        return found
    return m.builtin_names.get(name) or _of_star(m, scope, name) or Unknown(f"the name {name} is not defined")


def _of_star(m: Machine, scope: Scope, name: str) -> Value | None:
    """A name that nothing binds but ``from library import *``: of several libraries, the one that is described."""
    found: list[Value] = []
    for star in scope.module.stars:
        source = m.index.absolute(star, scope.module)
        state = m.index.find(source, scope.module)
        if (state is None and not star.level) or (state is not None and state.is_library):
            found.append(m.external(f"{source}.{name}"))
    described = [value for value in found if not isinstance(value, External)]
    return next(iter(described or _of_django(found) or found), None)


def _of_django(found: list[Value]) -> list[Value]:
    return [value for value in found if isinstance(value, External) and value.name.startswith("django.db.")]


def _const(m: Machine, scope: Scope, node: ir.Const) -> Value:
    return Literal(node.value)


def _attr(m: Machine, scope: Scope, node: ir.Attr) -> Value:
    inner = node.value
    if type(inner) is not ir.Attr:
        return m.attribute(scope, m.evaluate(scope, inner), node.attr, node.line)
    owner = m.evaluate(scope, inner.value)
    found = generic.towards(m, scope, owner, inner.attr, node.attr, inner.line) if m.tracing else None
    if found is None:
        found = m.attribute(scope, owner, inner.attr, inner.line)
    return m.attribute(scope, found, node.attr, node.line)


def _call(m: Machine, scope: Scope, node: ir.Call) -> Value:
    if isinstance(node.func, ir.Name) and node.func.id == "super":
        return _super(m, scope, node)
    if node.site:
        return sites.call(m, scope, node, _plain_call)
    return _plain_call(m, scope, node)


def _plain_call(m: Machine, scope: Scope, node: ir.Call) -> Value:
    function = m.evaluate(scope, node.func)
    hands_on = m.tracing and lazies.takes(m, function)
    args = arguments(m, scope, node.args, hands_on)
    kwargs: dict[str, Value] = {}
    for name, expression in node.kwargs:
        value = _handed(m, scope, expression) if hands_on else m.evaluate(scope, expression)
        if name is not None:
            kwargs[name] = value
        else:
            for option in options(value):
                if isinstance(option, Map):
                    kwargs.update({key: item for key, item in option.items.items() if isinstance(key, str)})
                    if option.rest is not None and all(_hands_on(each) for each in options(function)):
                        kwargs[OPEN] = Unknown("a keyword argument")
            if m.owned and not _is_whole(value) and _is_of_query(function):
                kwargs[OPEN] = Unknown("a condition")
    if m.chains and type(node.func) is ir.Attr:
        sites.note(m.chains[-1], m.registry, node.func.attr, function)
    loaded = loaders.load(m, scope, node, args) if args else None
    return loaded if loaded is not None else m.call(scope, function, args, kwargs, node.line)


def _is_whole(value: Value) -> bool:
    """Whether all that a mapping holds is known."""
    return all(isinstance(option, Map) and option.rest is None for option in options(value))


def _is_of_query(function: Value) -> bool:
    return any(
        isinstance(option, Method) and isinstance(option.receiver, Query) for option in options(function)
    )


def _hands_on(function: Value) -> bool:
    """Whether keyword arguments whose names are not known reach code of the project."""
    return isinstance(function, Function | Bound) or (
        isinstance(function, External) and function.name.endswith("partial")
    )


def _handed(m: Machine, scope: Scope, node: ir.Expr) -> Value:
    """The value of an expression that is only handed on."""
    if type(node) is ir.Attr:
        return lazies.handed(m, scope, m.evaluate(scope, node.value), node.attr, node.line)
    return m.evaluate(scope, node)


def arguments(m: Machine, scope: Scope, nodes: tuple[ir.Expr, ...], handed: bool = False) -> list[Value]:
    """Positional arguments, with literal ``*lists`` spread."""
    found: list[Value] = []
    for node in nodes:
        if type(node) is not ir.Star:
            found.append(_handed(m, scope, node) if handed else m.evaluate(scope, node))
            continue
        value = m.evaluate(scope, node.value)
        if isinstance(value, Items):
            found.extend(value.items)
        elif isinstance(value, Record | Query):
            found.append(value)
    return found


def _super(m: Machine, scope: Scope, node: ir.Call) -> Value:
    here: Scope | None = scope
    while here is not None and here.receiver is None:
        here = here.outer
    if here is None or here.cls is None or here.receiver is None:
        return Unknown("super() outside of a method")
    return Super(here.cls, here.receiver)


def _items(m: Machine, scope: Scope, node: ir.Items) -> Value:
    found: list[Value] = []
    rest: Value | None = None
    for item in node.items:
        value = m.evaluate(scope, item.value if isinstance(item, ir.Star) else item)
        if not isinstance(item, ir.Star):
            found.append(value)
            continue
        for option in options(value):
            if isinstance(option, Items):
                found.extend(option.items)
                rest = option.rest or rest
            elif isinstance(option, Instance):
                found.append(option)  # a router, which stands for its URLs
            else:
                rest = element(m, option)
    return Items(node.kind, found, rest)


def _dict(m: Machine, scope: Scope, node: ir.Dict) -> Value:
    found = Map({})
    for key, item in node.items:
        value = _handed(m, scope, item)
        if key is None:
            for option in options(value):
                if isinstance(option, Map):
                    found.items.update(option.items)
                    found.rest = option.rest or found.rest
            continue
        store(found, m.evaluate(scope, key), value)
    return found


def store(target: Map, key: Value, value: Value) -> None:
    """Put a value under a key; a key that is not known widens ``rest``."""
    index = constant_key(key)
    if index is None:
        target.rest = value if target.rest is None else merge([target.rest, value])
    else:
        target.items[index] = value


def constant_key(key: Value) -> Hashable:
    """The key, when it is a constant (or something that is told apart by identity, such as a class)."""
    if isinstance(key, Literal):
        return key.value
    if isinstance(key, Unknown | Either | Made | External | Record | Query):
        return None
    return key


def _subscript(m: Machine, scope: Scope, node: ir.Sub) -> Value:
    value = m.evaluate(scope, node.value)
    index = m.evaluate(scope, node.index) if node.index is not None else None
    return merge([_pick(m, scope, option, index) for option in options(value)])


def _pick(m: Machine, scope: Scope, value: Value, index: Value | None) -> Value:
    if isinstance(value, Items):
        if index is None:
            return value
        if (
            isinstance(index, Literal)
            and isinstance(index.value, int)
            and -len(value.items) <= index.value < len(value.items)
        ):
            return value.items[index.value]
        return value.any()
    if isinstance(value, Map):
        return pick_key(m, scope, value, index)
    if isinstance(value, Chosen) and value.kind == "query":
        return value if index is None else Chosen("record", value.models, value.every)
    if isinstance(value, Query):
        return (
            value
            if index is None or value.rows
            else Record(value.model)
            if value.model
            else Unknown("an item of a queryset")
        )
    if isinstance(value, Class) or (
        isinstance(value, External) and value.name.rpartition(".")[2][:1].isupper()
    ):
        return value  # QuerySet["Order"] is the class, for all we want to know
    if isinstance(value, External | Made):
        return External(f"{value.name if isinstance(value, External) else value.callee}[]")
    if isinstance(value, Unknown):
        return value
    getter = m.attribute(scope, value, "__getitem__", 0)
    if isinstance(getter, Unknown | External):
        return Unknown("an item of an object")
    return m.call(scope, getter, [index] if index is not None else [], {}, 0)


def pick_key(m: Machine, scope: Scope, value: Map, index: Value | None) -> Value:
    key = constant_key(index) if index is not None else None
    if key is not None:
        if key in value.items:
            return value.items[key]
        if value.make is not None:
            value.items[key] = m.call(scope, value.make, [], {}, 0)
            return value.items[key]
        return value.rest if value.rest is not None else Unknown("a key that the dict does not have")
    return value.any()


def _binary(m: Machine, scope: Scope, node: ir.Bin) -> Value:
    left, right = m.evaluate(scope, node.left), m.evaluate(scope, node.right)
    return combine(node.op, left, right)


def combine(op: str, left: Value, right: Value) -> Value:
    """``left op right`` for strings, lists and querysets; for anything else both operands may tell something."""
    if op == "Add" and isinstance(left, Items):
        more = (
            right.items
            if isinstance(right, Items)
            else []
            if isinstance(right, Literal | Unknown)
            else [right]
        )
        rest = left.rest or (
            right.rest if isinstance(right, Items) else right if isinstance(right, Unknown) else None
        )
        return Items(left.kind, [*left.items, *more], rest)
    if op == "Add" and isinstance(right, Items):
        before = [] if isinstance(left, Literal | Unknown) else [left]
        return Items(
            right.kind, [*before, *right.items], right.rest or (left if isinstance(left, Unknown) else None)
        )
    one, two = text(left), text(right)
    if op == "Add" and (one is not None or two is not None):
        return Literal(one + two) if one is not None and two is not None else left if one else right
    if op == "Mod" and one is not None:
        return Literal(fill_in(one, right))
    if op == "BitOr" and isinstance(left, Map):
        return Map({**left.items, **(right.items if isinstance(right, Map) else {})}, left.rest)
    if isinstance(left, Made) or isinstance(right, Made):
        return Made("operator", [left, right], {}, None, 0)
    return merge([left, right])


def fill_in(template: str, value: Value) -> str:
    """``template % value`` with what is known; the rest becomes an identifier that SQL and paths can carry."""
    given = value.items if isinstance(value, Items) else [value]
    if isinstance(value, Map):
        for key, item in value.items.items():
            template = template.replace(f"%({key})s", _shown(item))
        return template
    for item in given:
        template = template.replace("%s", _shown(item), 1)
    return template


def _shown(value: Value) -> str:
    known = text(value)
    return PLACEHOLDER if known is None else known


def _logic(m: Machine, scope: Scope, node: ir.Logic) -> Value:
    found: list[Value] = []
    doubt = m.doubt
    for part in node.values:
        value = m.evaluate(scope, part)
        m.doubt = doubt + UNDECIDED
        known = truth(value)
        if isinstance(value, Items | Map) and value.items and not m.tracing:
            known = True
        if known is not None and known == (node.op == "or"):
            found.append(value)
            break
        if known is None or part is node.values[-1]:
            found.append(value)
    m.doubt = doubt
    return merge(found)


def truth(value: Value) -> bool | None:
    """Whether a value is true, when that is certain."""
    if isinstance(value, Literal):
        return bool(value.value)
    return None


def _not(m: Machine, scope: Scope, node: ir.Not) -> Value:
    known = truth(m.evaluate(scope, node.value))
    return Unknown("a test") if known is None else Literal(not known)


def _conditional(m: Machine, scope: Scope, node: ir.Cond) -> Value:
    known = truth(m.evaluate(scope, node.test))
    if known is not None:
        return m.evaluate(scope, node.body if known else node.orelse)
    m.doubt += UNDECIDED
    found = [m.evaluate(scope, node.body), m.evaluate(scope, node.orelse)]
    m.doubt -= UNDECIDED
    return merge(found)


def _lambda(m: Machine, scope: Scope, node: ir.Lambda) -> Value:
    return Function(node.function, f"{scope.prefix}<lambda>", scope.module, scope)


def _comprehension(m: Machine, scope: Scope, node: ir.Comp) -> Value:
    inner = Scope(
        scope.module,
        {},
        scope.context,
        scope,
        scope.cls,
        False,
        scope.function,
        scope.receiver,
    )
    inner.yields, inner.depth = scope.yields, scope.depth
    if node.kind == "dict":
        found = Map({})
        for key, value in _each(m, inner, node, 0):
            store(found, key, value if value is not None else Unknown("a value"))
        return found
    listed, known = _listed(m, inner, node)
    kind = "set" if node.kind == "set" else "list"
    if known:
        return Items(kind, [value for value, _ in listed])  # type: ignore[arg-type]
    return Items(kind, [], merge([value for value, _ in listed]) if listed else Unknown("an item"))  # type: ignore[arg-type]


def _listed(m: Machine, scope: Scope, node: ir.Comp) -> tuple[list[tuple[Value, Value | None]], bool]:
    """What a comprehension gives, and whether it ran over a literal list, so that its items are known one by one."""
    if len(node.loops) != 1:
        return _each(m, scope, node, 0), False
    over = m.evaluate(scope, node.loops[0][1])
    known = isinstance(over, Items) and over.rest is None and len(over.items) <= _unrolled(m, over)
    return _round(m, scope, node, 0, over), known


def _each(m: Machine, scope: Scope, node: ir.Comp, depth: int) -> list[tuple[Value, Value | None]]:
    if depth == len(node.loops):
        value = m.evaluate(scope, node.value) if node.value is not None else None
        return [(m.evaluate(scope, node.element), value)]
    return _round(m, scope, node, depth, m.evaluate(scope, node.loops[depth][1]))


def _round(
    m: Machine, scope: Scope, node: ir.Comp, depth: int, over: Value
) -> list[tuple[Value, Value | None]]:
    target, _, tests = node.loops[depth]
    found: list[tuple[Value, Value | None]] = []
    doubt = doubt_of_loop(over)
    m.doubt += doubt
    for item in each_item(m, over):
        bind(m, scope, target, item)
        if not any(truth(m.evaluate(scope, test)) is False for test in tests):
            found.extend(_each(m, scope, node, depth + 1))
    m.doubt -= doubt
    return found


def doubt_of_loop(over: Value) -> int:
    """How much it adds to the doubt that something is done for each item: none where some item is known."""
    return 0 if isinstance(over, Items) and over.items else REPEATED


def each_item(m: Machine, value: Value) -> list[Value]:
    """What a loop variable takes: each item of a short literal list, else one value for all."""
    if isinstance(value, Items) and value.rest is None and len(value.items) <= _unrolled(m, value):
        return list(value.items)
    return [element(m, value)]


def _unrolled(m: Machine, value: Items) -> int:
    """How many items a loop takes one by one; models, their fields and querysets lead to other tables each."""
    if not m.tracing:
        return m.limits.unroll
    return 250 if any(_has_a_table(item) for item in value.items) else 12


def _has_a_table(item: Value) -> bool:
    if isinstance(item, Items) and item.kind == "tuple":  # a pair of a dict's, say
        return any(_has_a_table(part) for part in item.items)
    return isinstance(item, Class | ModelField | Query)


def element(m: Machine, value: Value) -> Value:
    """One value for any item of an iterable."""
    found: list[Value] = []
    for option in options(value):
        match option:
            case Items():
                found.append(option.any())
            case Map():
                found.append(merge([Literal(key) for key in option.items if isinstance(key, str)], "a key"))
            case Query():
                found.append(
                    content_types.element(m, option)
                    if option.model and not option.rows
                    else Unknown("a row of values")
                )
            case Chosen(kind="query"):
                found.append(Chosen("record", option.models, option.every))
            case Made() | External():
                found.append(External("iteration"))
            case Unknown():
                found.append(option)
            case _:
                found.append(Unknown("an item"))
    return merge(found)


def bind(m: Machine, scope: Scope, target: ir.Expr, value: Value) -> None:
    """Assign to a loop variable, which may be a pattern."""
    from analyzer.resolve.statements import assign

    assign(m, scope, target, value)


def _text(m: Machine, scope: Scope, node: ir.Text) -> Value:
    parts = []
    for part in node.parts:
        known = [
            str(option.value)
            for option in options(m.evaluate(scope, part))
            if isinstance(option, Literal) and PLACEHOLDER not in str(option.value)
        ]
        parts.append(known[0] if known else PLACEHOLDER)
    return Literal("".join(parts))


def _yield(m: Machine, scope: Scope, node: ir.Yield) -> Value:
    value = m.evaluate(scope, node.value)
    scope.yields.append(element(m, value) if node.all else value)
    if scope.context.open:
        scope.context.atomic_yield = True
    return Unknown("what is sent to a generator")


def _walrus(m: Machine, scope: Scope, node: ir.Walrus) -> Value:
    value = m.evaluate(scope, node.value)
    scope.names[node.name] = value
    return value


def _parts(m: Machine, scope: Scope, node: ir.Parts) -> Value:
    for part in node.values:
        m.evaluate(scope, part)
    return Unknown("an expression")


def _star(m: Machine, scope: Scope, node: ir.Star) -> Value:
    return m.evaluate(scope, node.value)


EXPRESSIONS: dict[type, Callable[[Machine, Scope, Any], Value]] = {
    ir.Name: _name,
    ir.Const: _const,
    ir.Attr: _attr,
    ir.Call: _call,
    ir.Items: _items,
    ir.Dict: _dict,
    ir.Sub: _subscript,
    ir.Bin: _binary,
    ir.Logic: _logic,
    ir.Not: _not,
    ir.Compare: comparisons.compare,
    ir.Cond: _conditional,
    ir.Lambda: _lambda,
    ir.Comp: _comprehension,
    ir.Text: _text,
    ir.Yield: _yield,
    ir.Walrus: _walrus,
    ir.Parts: _parts,
    ir.Star: _star,
}
