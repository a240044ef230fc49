"""What a test says of the names in it, on the side where it holds and on the side where it does not."""

from __future__ import annotations

from analyzer.extract import ir
from analyzer.resolve import chosen, promises
from analyzer.resolve.machine import Machine
from analyzer.resolve.scope import Scope
from analyzer.resolve.values import Chosen, Unknown, Value, text

_SAME = {"Eq": True, "Is": True, "IsNot": False, "NotEq": False}


def when(m: Machine, scope: Scope, test: ir.Expr, holds: bool) -> dict[str, Value]:
    """The names that are known better where the test holds, or where it does not."""
    if isinstance(test, ir.Not):  # what is known already tells more than a guard that turns others away
        found = when(m, scope, test.value, not holds)
        return {
            name: value
            for name, value in found.items()
            if isinstance(scope.names.get(name), Unknown | Chosen | None)
        }
    if isinstance(test, ir.Logic):
        if (test.op == "and") != holds:
            return {}
        return {name: value for part in test.values for name, value in when(m, scope, part, holds).items()}
    if isinstance(test, ir.Compare) and _SAME.get(test.op) == holds:
        return _identical(m, scope, test)
    return _called(m, scope, test) if holds and isinstance(test, ir.Call) else {}


def _called(m: Machine, scope: Scope, test: ir.Call) -> dict[str, Value]:
    """``isinstance(x, Model)``, and for models that are chosen ``issubclass(x, Base)`` and ``hasattr(x, "name")``."""
    if not isinstance(test.func, ir.Name) or len(test.args) != 2 or not isinstance(test.args[0], ir.Name):
        return {}
    name, question = test.args[0].id, test.func.id
    found: Value = Unknown("a test")
    if question == "isinstance":
        found = promises.instance_of(m, scope, m.evaluate(scope, test.args[1]))
    elif question in {"hasattr", "issubclass"}:
        value = scope.names.get(name)
        if isinstance(value, Chosen):
            given = m.evaluate(scope, test.args[1])
            known = text(given)
            found = chosen.having(m, value, known) if known else chosen.derived(value, given)
    return {} if isinstance(found, Unknown) else {name: found}


def _identical(m: Machine, scope: Scope, test: ir.Compare) -> dict[str, Value]:
    """``chosen is known``: also by what leads from a model to itself, such as ``_meta.concrete_model``."""
    for side in (test.left, test.right):
        name = _root(side)
        if name is not None and isinstance(scope.names.get(name), Chosen):
            found = chosen.is_same(m.evaluate(scope, test.left), m.evaluate(scope, test.right))
            return {name: found} if found is not None else {}
    return {}


def _root(node: ir.Expr) -> str | None:
    while isinstance(node, ir.Attr):
        node = node.value
    return node.id if isinstance(node, ir.Name) else None
