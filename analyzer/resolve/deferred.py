"""Values that come later: promises and what is chained to them, and what data loaders answer with."""

from __future__ import annotations

from analyzer.resolve.expressions import element
from analyzer.resolve.machine import Machine
from analyzer.resolve.scope import Scope
from analyzer.resolve.values import NONE, Items, Made, Unknown, Value, merge, options

PROMISE = "promise.Promise"
METHODS = frozenset({"catch", "done", "get", "then"})


def promised(value: Value) -> Value:
    """A promise of a value; a promise of a promise is one."""
    return Made(PROMISE, [kept(value)], {}, None, 0)


def is_promise(value: Value) -> bool:
    return isinstance(value, Made) and value.callee == PROMISE


def kept(value: Value) -> Value:
    """What a promise will hold, once it is kept; of anything else itself."""
    parts = options(value)
    if not any(is_promise(option) for option in parts):
        return value
    return merge(
        [option.args[0] if isinstance(option, Made) and is_promise(option) else option for option in parts]
    )


def method(m: Machine, scope: Scope, promise: Made, name: str, args: list[Value], line: int) -> Value:
    """``promise.then(work)``: the work gets the value, and its result is promised."""
    held = promise.args[0]
    if name == "get":
        return held
    error = Unknown("an exception")
    given = [held if name == "then" and position == 0 else error for position in range(len(args))]
    results = [m.call(scope, work, [value], {}, line) for work, value in zip(args, given, strict=True)]
    return promised(merge([kept(result) for result in results] or [held]))


def resolve(m: Machine, scope: Scope, args: list[Value], kwargs: dict[str, Value], line: int) -> Value:
    """``Promise.resolve(value)``."""
    return promised(args[0] if args else NONE)


def every(m: Machine, scope: Scope, args: list[Value], kwargs: dict[str, Value], line: int) -> Value:
    """``Promise.all([one, another])``: a promise of a list."""
    found = [
        Items("list", [kept(item) for item in option.items], kept(option.rest) if option.rest else None)
        if isinstance(option, Items)
        else Items("list", [], kept(element(m, option)))
        for option in (options(args[0]) if args else ())
    ]
    return promised(merge(found, "a list of promises"))


def one(m: Machine, scope: Scope, args: list[Value], kwargs: dict[str, Value], line: int) -> Value:
    """What a loader gives for one key: an item of what it loads for several."""
    return promised(element(m, kept(args[0])) if args else NONE)
