"""The source of functions that a compiled module carries: those of `support`, and those that users compute with."""

from __future__ import annotations

import ast
import builtins
import inspect
import textwrap
from collections.abc import Callable, Iterable
from typing import Any

from acl.errors import CompileError
from acl.mapping import support

__all__ = ["imports_of", "source_of_computed", "source_of_support", "with_dependencies"]

_MODULES = {
    "UTC": "datetime",
    "date": "datetime",
    "datetime": "datetime",
    "time": "datetime",
    "Decimal": "decimal",
    "Fraction": "fractions",
    "UUID": "uuid",
    "isfinite": "math",
    "ZoneInfo": "zoneinfo",
}
_ALONE = "give it everything through its parameter, the row"


def with_dependencies(functions: Iterable[str]) -> list[str]:
    """The named functions of `support` and those they call, in the order of that module."""
    wanted, found = list(functions), set[str]()
    while wanted:
        name = wanted.pop()
        if name not in found:
            found.add(name)
            wanted += [used for used in _names(source_of_support(name)) if used in support.__all__]
    order = list(vars(support))
    return sorted(found, key=order.index)


def source_of_support(name: str) -> str:
    """The source of a function of `support`."""
    return inspect.getsource(getattr(support, name)).rstrip()


def imports_of(source: str) -> dict[str, set[str]]:
    """What the source needs from the standard library: names by module."""
    needed: dict[str, set[str]] = {}
    for name in _names(source) & set(_MODULES):
        needed.setdefault(_MODULES[name], set()).add(name)
    return needed


def source_of_computed(function: Callable[..., Any], name: str) -> str:
    """A user's function as `def name(row)`, verbatim.

    Raises CompileError when its source cannot be read, or when it uses a name that it does not carry with it.
    """
    node, lines = _find(function)
    if isinstance(node, ast.Lambda):
        names = [argument.arg for argument in node.args.args]
        if not names or any((node.args.vararg, node.args.kwarg, node.args.kwonlyargs, node.args.defaults)):
            raise CompileError(f"{name} does not take plain values", "declare it as `lambda row: ...`")
        typed = ", ".join(f"{argument}: Any" for argument in names)
        body = ast.get_source_segment(lines, node.body) or ""
        answer = f"({body})" if "\n" in body else body
        source = f"def {name}({typed}) -> Any:\n    return {answer}"
    else:
        segment = textwrap.dedent(" " * node.col_offset + (ast.get_source_segment(lines, node) or ""))
        source = segment.replace(f"def {node.name}(", f"def {name}(", 1)
    _stands_alone(source, name)
    return source


def _find(function: Callable[..., Any]) -> tuple[ast.Lambda | ast.FunctionDef, str]:
    try:
        lines = "".join(inspect.findsource(function)[0])
    except (OSError, TypeError) as error:
        raise CompileError(f"the source of {function!r} cannot be read", "declare it in a file") from error
    first = function.__code__.co_firstlineno
    found = [
        node
        for node in ast.walk(ast.parse(lines))
        if isinstance(node, ast.Lambda | ast.FunctionDef) and node.lineno == first
    ]
    if len(found) != 1:
        raise CompileError(f"line {first} declares several functions", "give each a line of its own")
    return found[0], lines


def _stands_alone(source: str, name: str) -> None:
    tree = ast.parse(source)
    bound = {
        node.id for node in ast.walk(tree) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)
    }
    bound |= {node.arg for node in ast.walk(tree) if isinstance(node, ast.arg)}
    outside = _names(source) - bound - set(dir(builtins)) - {"Any", "Row", name}
    if outside:
        raise CompileError(f"{name} uses {', '.join(sorted(outside))} from outside itself", _ALONE)


def _names(source: str) -> set[str]:
    return {node.id for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Name)}
