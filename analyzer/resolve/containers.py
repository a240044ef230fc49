"""Methods of lists, dicts and strings, as far as module-level code builds registries and paths with them."""

from __future__ import annotations

from analyzer.resolve.expressions import constant_key, element, fill_in, pick_key, store
from analyzer.resolve.machine import Machine
from analyzer.resolve.scope import Scope
from analyzer.resolve.values import NONE, External, Instance, Items, Literal, Map, Unknown, Value, merge

CONTEXT_VARIABLE = "contextvars.ContextVar"


def call(
    m: Machine, scope: Scope, receiver: Value, name: str, args: list[Value], kwargs: dict[str, Value]
) -> Value:
    """Call a method of a container or a constant."""
    match receiver:
        case Items():
            return _list(m, receiver, name, args)
        case Map():
            return _dict(m, scope, receiver, name, args, kwargs)
        case Literal():
            return _constant(receiver, name, args, kwargs)
        case _:
            return Unknown(f"the method {name}")


def _list(m: Machine, items: Items, name: str, args: list[Value]) -> Value:
    if name in {"append", "add", "appendleft"} and args:
        _put(m, items, [args[0]], None)
    elif name == "insert" and len(args) > 1:
        if m.tracing:
            _put(m, items, [args[1]], None)
        else:
            at = (
                args[0].value
                if isinstance(args[0], Literal) and isinstance(args[0].value, int)
                else len(items.items)
            )
            items.items.insert(at, args[1])
    elif name in {"extend", "update", "extendleft"} and args:
        more = args[0]
        if isinstance(more, Items):
            _put(m, items, list(more.items), more.rest)
        elif isinstance(more, Instance):
            _put(m, items, [more], None)  # a router, which stands for its URLs
        elif not isinstance(more, Literal):
            _put(m, items, [], element(m, more))
    elif name in {"pop", "popleft"}:
        return items.any()
    elif name in {"copy", "union"}:
        return Items(items.kind, list(items.items), items.rest)
    elif name in {"index", "count"}:
        return External("builtins.int()")
    return (
        NONE if name in {"append", "add", "insert", "extend", "update", "remove", "sort", "clear"} else items
    )


def _put(m: Machine, items: Items, more: list[Value], rest: Value | None) -> None:
    if m.tracing:  # a list of a traced function stands for all the lists that this line makes
        items.rest = merge(
            [*([items.rest] if items.rest is not None else []), *more, *([rest] if rest is not None else [])]
        )
        return
    items.items.extend(more)
    if rest is not None:
        items.rest = rest if items.rest is None else merge([items.rest, rest])


def _dict(
    m: Machine, scope: Scope, found: Map, name: str, args: list[Value], kwargs: dict[str, Value]
) -> Value:
    if name in {"get", "pop"} and args:
        value = pick_key(m, scope, found, args[0])
        return merge([value, args[1]]) if len(args) > 1 and isinstance(value, Unknown) else value
    if name == "setdefault" and args:
        key = constant_key(args[0])
        if key is None or key not in found.items:
            store(found, args[0], args[1] if len(args) > 1 else NONE)
        return pick_key(m, scope, found, args[0])
    if name == "update":
        for more in args:
            if isinstance(more, Map):
                found.items.update(more.items)
                found.rest = more.rest or found.rest
        found.items.update(kwargs)
        return NONE
    if name == "values":
        return Items("list", list(found.items.values()), found.rest)
    keys: list[Value] = [
        Literal(key) if isinstance(key, str | int) else key if isinstance(key, Value) else NONE
        for key in found.items
    ]
    if name == "keys":
        return Items("list", keys, Unknown("a key") if found.rest is not None else None)
    if name == "items":
        pairs: list[Value] = [
            Items("tuple", [key, value]) for key, value in zip(keys, found.items.values(), strict=True)
        ]
        rest = Items("tuple", [Unknown("a key"), found.rest]) if found.rest is not None else None
        return Items("list", pairs, rest)
    return (
        Map(dict(found.items), found.rest, found.make)
        if name == "copy"
        else Unknown(f"the method {name} of a dict")
    )


def _constant(value: Literal, name: str, args: list[Value], kwargs: dict[str, Value]) -> Value:
    if not isinstance(value.value, str):
        return Unknown(f"the method {name} of a constant")
    plain = value.value
    known = [
        argument.value
        for argument in args
        if isinstance(argument, Literal) and isinstance(argument.value, str)
    ]
    if name in {
        "lower",
        "upper",
        "strip",
        "lstrip",
        "rstrip",
        "title",
        "capitalize",
        "removesuffix",
        "removeprefix",
        "replace",
    }:
        if len(known) == len(args) and len(args) <= 2:
            return Literal(_apply(plain, name, known))
    elif name == "format":
        for position, argument in enumerate(args):
            shown = str(argument.value) if isinstance(argument, Literal) else "unknown"
            plain = plain.replace("{}", shown, 1).replace(f"{{{position}}}", shown)
        for key, argument in kwargs.items():
            plain = plain.replace(
                f"{{{key}}}", str(argument.value) if isinstance(argument, Literal) else "unknown"
            )
        return Literal(plain)
    elif name in {"split", "rsplit", "partition", "rpartition"} and len(known) <= 1:
        return _split(plain, name, known, args)
    elif name == "join" and args and isinstance(args[0], Items):
        return Literal(
            plain.join(str(item.value) if isinstance(item, Literal) else "unknown" for item in args[0].items)
        )
    return External("builtins.str()")


def _split(plain: str, name: str, known: list[str], args: list[Value]) -> Value:
    most = next(
        (
            argument.value
            for argument in args
            if isinstance(argument, Literal) and isinstance(argument.value, int)
        ),
        -1,
    )
    separator = known[0] if known else None
    if name in {"split", "rsplit"}:
        parts = plain.split(separator, most) if name == "split" else plain.rsplit(separator, most)
    elif not separator:
        return External("builtins.list()")
    else:
        parts = list(plain.partition(separator) if name == "partition" else plain.rpartition(separator))
    return Items("list", [Literal(part) for part in parts])


def _apply(plain: str, name: str, known: list[str]) -> str:
    if name == "replace":
        return plain.replace(known[0], known[1]) if len(known) == 2 else plain
    result = (
        getattr(plain, name)(*known[:1]) if known or name not in {"removesuffix", "removeprefix"} else plain
    )
    return str(result)


__all__ = ["call", "fill_in"]
