"""Which attributes the methods of a class assign on ``self``: what the class says of them is only where they begin."""

from __future__ import annotations

from collections.abc import Iterator

from analyzer.extract import ir
from analyzer.resolve.values import Class, Either, Literal, Unknown, Value, merge, options


def names(cls: Class) -> frozenset[str]:
    """The attributes that the class, its bases or its subclasses assign on their instances."""
    if cls.assigned is None:
        family = [*cls.order()[0], *_below(cls)]
        cls.assigned = frozenset().union(*map(_own, family))
    return cls.assigned


def either_way(name: str, default: Literal, assigned: Value | None) -> Value:
    """The attribute where a constant default may have been assigned over: no test of it has a known outcome."""
    known = [value for value in (assigned, default) if value is not None and _tells(value)]
    unknown = Unknown(f"the attribute {name}")
    return Either((*options(merge(known)), unknown)) if known else unknown


def _tells(value: Value) -> bool:
    """Whether a value says more than that something is there or not: flags and numbers do not lead anywhere."""
    if isinstance(value, Literal):
        return isinstance(value.value, str) and value.value != ""
    return not isinstance(value, Unknown)


def question(owner: str) -> str:
    """What is noted as asked for where the methods of a class are gone through for what they assign."""
    return f"{owner} assigns"


def by_method(node: ir.Function) -> frozenset[str]:
    """The attributes that a method assigns on its first parameter."""
    return frozenset(_assigned(node.body, node.params[0].name)) if node.params else frozenset()


def _below(cls: Class) -> Iterator[Class]:
    for sub in cls.subclasses:
        yield sub
        yield from _below(sub)


def _own(cls: Class) -> frozenset[str]:
    if cls.assigns is None:
        cls.module.consulted.names.add(question(cls.qualname))
        cls.assigns = frozenset(
            name
            for statement in cls.node.body
            if isinstance(statement, ir.Function)
            for name in by_method(statement)
        )
    return cls.assigns


def _assigned(body: tuple[ir.Stmt, ...], receiver: str) -> Iterator[str]:
    """The attributes of one name that statements assign, those of inner blocks and functions included."""
    for statement in body:
        for target in _targets(statement):
            if isinstance(target, ir.Items):
                targets = target.items
            else:
                targets = (target,)
            for one in targets:
                if isinstance(one, ir.Attr) and isinstance(one.value, ir.Name) and one.value.id == receiver:
                    yield one.attr
        for block in _blocks(statement):
            yield from _assigned(block, receiver)


def _targets(statement: ir.Stmt) -> tuple[ir.Expr, ...]:
    match statement:
        case ir.Assign():
            return statement.targets
        case ir.Augment():
            return (statement.target,)
        case ir.Loop() if statement.target is not None:
            return (statement.target,)
        case ir.With():
            return tuple(target for _, target in statement.items if target is not None)
        case _:
            return ()


def _blocks(statement: ir.Stmt) -> tuple[tuple[ir.Stmt, ...], ...]:
    match statement:
        case ir.If() | ir.Loop():
            return statement.body, statement.orelse
        case ir.With() | ir.Function():
            return (statement.body,)
        case ir.Try():
            return statement.body, *statement.handlers, statement.orelse, statement.final
        case _:
            return ()
