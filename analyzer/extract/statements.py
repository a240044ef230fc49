"""Statements other than definitions and imports."""

from __future__ import annotations

import ast

from analyzer.extract import ir
from analyzer.extract.walk import Handlers, Walk


def _assign(walk: Walk, node: ast.Assign) -> ir.Stmt:
    return ir.Assign(node.lineno, walk.exprs(node.targets), walk.expr(node.value), None)


def _annotated(walk: Walk, node: ast.AnnAssign) -> ir.Stmt:
    return ir.Assign(
        node.lineno, (walk.expr(node.target),), walk.maybe(node.value), annotation(walk, node.annotation)
    )


def _augment(walk: Walk, node: ast.AugAssign) -> ir.Stmt:
    return ir.Augment(node.lineno, walk.expr(node.target), type(node.op).__name__, walk.expr(node.value))


def _do(walk: Walk, node: ast.Expr) -> ir.Stmt | None:
    if isinstance(node.value, ast.Constant):
        return None  # a docstring
    return ir.Do(node.lineno, walk.expr(node.value))


def _return(walk: Walk, node: ast.Return) -> ir.Stmt:
    return ir.Return(node.lineno, walk.maybe(node.value))


def _raise(walk: Walk, node: ast.Raise) -> ir.Stmt:
    return ir.Stop(node.lineno, walk.maybe(node.exc))


def _jump(walk: Walk, node: ast.Break | ast.Continue) -> ir.Stmt:
    return ir.Stop(node.lineno, None)


def _assert(walk: Walk, node: ast.Assert) -> ir.Stmt:
    return ir.Do(node.lineno, walk.expr(node.test))


def _if(walk: Walk, node: ast.If) -> ir.Stmt:
    test = walk.expr(node.test)
    if not _is_type_checking(node.test):
        return ir.If(node.lineno, test, walk.block(node.body), walk.block(node.orelse))
    walk.deferred += 1
    body = walk.block(node.body)
    walk.deferred -= 1
    return (
        ir.If(node.lineno, ir.Const(None), (), walk.block(node.orelse))
        if not body
        else ir.If(node.lineno, test, body, walk.block(node.orelse))
    )


def _is_type_checking(test: ast.expr) -> bool:
    return (isinstance(test, ast.Name) and test.id == "TYPE_CHECKING") or (
        isinstance(test, ast.Attribute) and test.attr == "TYPE_CHECKING"
    )


def _for(walk: Walk, node: ast.For | ast.AsyncFor) -> ir.Stmt:
    return ir.Loop(
        node.lineno,
        walk.expr(node.target),
        walk.expr(node.iter),
        walk.block(node.body),
        walk.block(node.orelse),
    )


def _while(walk: Walk, node: ast.While) -> ir.Stmt:
    return ir.Loop(node.lineno, None, walk.expr(node.test), walk.block(node.body), walk.block(node.orelse))


def _with(walk: Walk, node: ast.With | ast.AsyncWith) -> ir.Stmt:
    items = tuple([(walk.expr(item.context_expr), walk.maybe(item.optional_vars)) for item in node.items])
    return ir.With(node.lineno, items, walk.block(node.body))


def _try(walk: Walk, node: ast.Try) -> ir.Stmt:
    handlers = tuple([walk.block(handler.body) for handler in node.handlers])
    return ir.Try(
        node.lineno, walk.block(node.body), handlers, walk.block(node.orelse), walk.block(node.finalbody)
    )


def _match(walk: Walk, node: ast.Match) -> list[ir.Stmt]:
    chain: tuple[ir.Stmt, ...] = ()
    for case in reversed(node.cases):
        test = ir.Parts((walk.expr(case.guard),) if case.guard else ())
        chain = (ir.If(case.body[0].lineno, test, walk.block(case.body), chain),)
    return [ir.Do(node.lineno, walk.expr(node.subject)), *chain]


def annotation(walk: Walk, node: ast.expr | None) -> ir.Expr | None:
    """An annotation; what is written as a string in it is parsed."""
    return walk.maybe(_unquoted(node) if node is not None else None)


def _unquoted(node: ast.expr) -> ast.expr | None:
    match node:
        case ast.Constant(value=str()):
            try:
                return _unquoted(ast.parse(str(node.value), mode="eval").body)
            except (SyntaxError, ValueError):
                return None
        case ast.BinOp():
            return ast.copy_location(
                ast.BinOp(_unquoted(node.left) or node.left, node.op, _unquoted(node.right) or node.right),
                node,
            )
        case ast.Tuple():
            return ast.copy_location(
                ast.Tuple([_unquoted(item) or item for item in node.elts], node.ctx), node
            )
        case ast.Subscript() if not _is_literal(node.value):
            return ast.copy_location(
                ast.Subscript(node.value, _unquoted(node.slice) or node.slice, node.ctx), node
            )
        case _:
            return node


def _is_literal(node: ast.expr) -> bool:
    """``Literal["a"]``, whose strings are strings."""
    return (isinstance(node, ast.Name) and node.id == "Literal") or (
        isinstance(node, ast.Attribute) and node.attr == "Literal"
    )


HANDLERS: Handlers = {
    ast.Assign: _assign,
    ast.AnnAssign: _annotated,
    ast.AugAssign: _augment,
    ast.Expr: _do,
    ast.Return: _return,
    ast.Raise: _raise,
    ast.Break: _jump,
    ast.Continue: _jump,
    ast.Assert: _assert,
    ast.If: _if,
    ast.For: _for,
    ast.AsyncFor: _for,
    ast.While: _while,
    ast.With: _with,
    ast.AsyncWith: _with,
    ast.Try: _try,
    ast.Match: _match,
}
if hasattr(ast, "TryStar"):
    HANDLERS = {**HANDLERS, ast.TryStar: _try}
