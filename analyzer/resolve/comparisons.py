"""Comparisons: whether two values are the same, or one is in the other, where that is certain."""

from __future__ import annotations

from analyzer.extract import ir
from analyzer.resolve.machine import Machine
from analyzer.resolve.scope import Scope
from analyzer.resolve.values import (
    Chosen,
    Either,
    External,
    Items,
    Literal,
    Made,
    Map,
    Record,
    Unknown,
    Value,
    options,
)

RELATIONS = frozenset(["ManyToManyRel", "ManyToOneRel", "OneToOneRel"])
"""The classes of relation objects, as introspecting code asks for them."""
ON_DELETE = frozenset(["CASCADE", "DO_NOTHING", "PROTECT", "RESTRICT", "SET_DEFAULT", "SET_NULL"])


def compare(m: Machine, scope: Scope, node: ir.Compare) -> Value:
    """Whether a comparison holds, when that is certain."""
    left, right = m.evaluate(scope, node.left), m.evaluate(scope, node.right)
    if node.op in {"Eq", "Is", "NotEq", "IsNot"}:
        same = _all_same(left, right)
        if same is not None:
            return Literal(same == (node.op in {"Eq", "Is"}))
    if node.op in {"In", "NotIn"} and isinstance(left, External) and isinstance(right, Items):
        alike = [names_same(left, item) for item in right.items]
        if right.rest is None and (True in alike or None not in alike):
            return Literal((True in alike) == (node.op == "In"))
    if node.op in {"In", "NotIn"} and isinstance(left, Literal):
        if (
            isinstance(right, Items)
            and right.rest is None
            and all(isinstance(item, Literal) for item in right.items)
        ):
            found = any(isinstance(item, Literal) and item.value == left.value for item in right.items)
            return Literal(found == (node.op == "In"))
        if isinstance(right, Map) and right.rest is None and not m.tracing:
            return Literal((left.value in right.items) == (node.op == "In"))
    return Unknown("a comparison")


def names_same(left: Value, right: Value) -> bool | None:
    """Whether two names of Django's are the same: its kinds of relations, and what ``on_delete`` may be."""
    if not isinstance(left, External) or not isinstance(right, External):
        return None
    one, two = left.name.rpartition(".")[2], right.name.rpartition(".")[2]
    for known in (RELATIONS, ON_DELETE):
        if one in known and two in known:
            return one == two
    return None


def _all_same(left: Value, right: Value) -> bool | None:
    """Whether two values are the same, when it is certain: for each constant that either of them may be."""
    if not isinstance(left, Either) and not isinstance(right, Either):
        return _same(left, right)
    ones, others = options(left), options(right)
    if not all(isinstance(option, Literal) for option in (*ones, *others)):
        return None
    alike = [_same(one, other) for one in ones for other in others]
    return False if not any(alike) else None


def _same(left: Value, right: Value) -> bool | None:
    if isinstance(left, External):
        return names_same(left, right)
    if isinstance(left, Literal) and isinstance(right, Literal):
        return left.value == right.value
    if isinstance(left, Unknown | Either | Made | External | Chosen) or isinstance(
        right, Unknown | Either | Made | External | Chosen
    ):
        return None
    if isinstance(left, Literal) or isinstance(right, Literal):
        other, plain = (right, left) if isinstance(left, Literal) else (left, right)
        return (
            False
            if isinstance(plain, Literal) and plain.value is None and not isinstance(other, Record)
            else None
        )
    return True if left is right else None
