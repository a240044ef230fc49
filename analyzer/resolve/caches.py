"""What is kept in Django's cache, and the words that its key is made of: whose copy is it?"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec

from analyzer.extract import ir
from analyzer.model.facts import CacheUse, Location
from analyzer.resolve.machine import Machine
from analyzer.resolve.scope import Scope
from analyzer.resolve.values import Class, External, Function, Made, Value, View, options

KEEPING = frozenset({"add", "get_or_set", "set"})
"""Methods of a cache that put something in under one key."""
_PAGES = frozenset({"cache_page", "cache_page()"})
_VARIES = frozenset({"vary_on_cookie", "vary_on_headers", "vary_on_headers()"})
_DEEPEST = 4
"""How many assignments a key is followed back through."""


def note(m: Machine, scope: Scope, method: str, line: int) -> None:
    """Note that a cache is given something to keep; the key is read as it is written."""
    function = scope.function
    if not m.owned or function is None or scope.module.is_library:
        return
    for call in _calls(function.node.body):
        if call.line == line and isinstance(call.func, ir.Attr) and call.func.attr == method:
            words = frozenset(_words(_key(call), function.node.body, 0))
            place = Location(scope.module.file, line)
            m.ledger.caches[CacheUse(place, scope.module.name, function.local_name, tuple(sorted(words)))] = (
                None
            )


def pages(view: Value, module: str, name: str) -> Iterator[CacheUse]:
    """The cache that keeps whole answers of a view, unless they vary with who asks."""
    for option in options(view):
        if isinstance(option, View | Class):
            cls = option.cls if isinstance(option, View) else option
            decorated: list[tuple[Any, list[Value]]] = [(cls, cls.decorators)]
            methods = (found[0] for found in map(cls.find, ("dispatch", "get", "list")) if found)
            decorated += [(each, each.decorators) for each in methods if isinstance(each, Function)]
        elif isinstance(option, Function):
            decorated = [(option, option.decorators)]
        else:
            continue
        for holder, decorators in decorated:
            named = {each for decorator in decorators for each in _names(decorator)}
            if named & _PAGES and not named & _VARIES:
                yield CacheUse(Location(holder.module.file, holder.node.line), module, name, (), True)


def _names(decorator: Value) -> Iterator[str]:
    """The decorator, and those that ``method_decorator`` turns into one for methods."""
    for option in options(decorator):
        if isinstance(option, External):
            yield option.name.rpartition(".")[2]
        elif isinstance(option, Made):
            yield option.short
            for arg in option.args:
                yield from _names(arg)


def _key(call: ir.Call) -> ir.Expr | None:
    given = [value for name, value in call.kwargs if name == "key"]
    return call.args[0] if call.args else given[0] if given else None


def _words(node: Any, body: tuple[ir.Stmt, ...], depth: int) -> Iterator[str]:
    """The names that an expression is made of, those of the expressions that its local names stand for included."""
    if isinstance(node, ir.Name):
        values = [] if depth >= _DEEPEST else list(_assigned(body, node.id))
        for value in values:
            yield from _words(value, body, depth + 1)
        if not values:
            yield node.id
    elif isinstance(node, ir.Attr):
        yield node.attr
        yield from _words(node.value, body, depth)
    elif isinstance(node, tuple):
        for part in node:
            yield from _words(part, body, depth)
    elif isinstance(node, ir.Const):
        return
    elif isinstance(node, msgspec.Struct):
        for name in node.__struct_fields__:
            yield from _words(getattr(node, name), body, depth)


def _assigned(body: tuple[ir.Stmt, ...], name: str) -> Iterator[ir.Expr]:
    for node in _nodes(body):
        if isinstance(node, ir.Assign) and node.value is not None and ir.Name(name) in node.targets:
            yield node.value


def _calls(body: tuple[ir.Stmt, ...]) -> Iterator[ir.Call]:
    return (node for node in _nodes(body) if isinstance(node, ir.Call))


def _nodes(node: Any) -> Iterator[Any]:
    if isinstance(node, tuple):
        for part in node:
            yield from _nodes(part)
    elif isinstance(node, msgspec.Struct):
        yield node
        for name in node.__struct_fields__:
            yield from _nodes(getattr(node, name))
