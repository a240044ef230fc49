"""Expressions other than calls."""

from __future__ import annotations

import ast

from analyzer.extract import ir
from analyzer.extract.walk import Handlers, Walk


def _name(walk: Walk, node: ast.Name) -> ir.Expr:
    return ir.Name(node.id)


def _constant(walk: Walk, node: ast.Constant) -> ir.Expr:
    value = node.value
    if isinstance(value, str) and not value.isascii():
        return ir.Const(value.encode("utf-8", "replace").decode("utf-8"))  # lone surrogates cannot be encoded
    if isinstance(value, str | float | bool) or value is None:
        return ir.Const(value)
    if isinstance(value, int) and abs(value) < 1 << 62:
        return ir.Const(value)
    return ir.Const(None)


def _attribute(walk: Walk, node: ast.Attribute) -> ir.Expr:
    return ir.Attr(walk.expr(node.value), node.attr, node.end_lineno or node.lineno)


def _items(walk: Walk, node: ast.List | ast.Tuple | ast.Set) -> ir.Expr:
    kind = "list" if isinstance(node, ast.List) else "tuple" if isinstance(node, ast.Tuple) else "set"
    return ir.Items(kind, walk.exprs(node.elts))  # type: ignore[arg-type]


def _dict(walk: Walk, node: ast.Dict) -> ir.Expr:
    return ir.Dict(
        tuple(
            [(walk.maybe(key), walk.expr(value)) for key, value in zip(node.keys, node.values, strict=True)]
        )
    )


def _subscript(walk: Walk, node: ast.Subscript) -> ir.Expr:
    index = None if isinstance(node.slice, ast.Slice) else walk.expr(node.slice)
    return ir.Sub(walk.expr(node.value), index)


def _binary(walk: Walk, node: ast.BinOp) -> ir.Expr:
    return ir.Bin(type(node.op).__name__, walk.expr(node.left), walk.expr(node.right))


def _logic(walk: Walk, node: ast.BoolOp) -> ir.Expr:
    return ir.Logic("and" if isinstance(node.op, ast.And) else "or", walk.exprs(node.values))


def _unary(walk: Walk, node: ast.UnaryOp) -> ir.Expr:
    if isinstance(node.op, ast.Not):
        return ir.Not(walk.expr(node.operand))
    if isinstance(node.op, ast.Invert):
        return walk.expr(node.operand)  # ~Q(...) asks the same question
    return ir.Parts((walk.expr(node.operand),))


def _compare(walk: Walk, node: ast.Compare) -> ir.Expr:
    if len(node.ops) == 1:
        return ir.Compare(type(node.ops[0]).__name__, walk.expr(node.left), walk.expr(node.comparators[0]))
    return ir.Parts(walk.exprs([node.left, *node.comparators]))


def _conditional(walk: Walk, node: ast.IfExp) -> ir.Expr:
    return ir.Cond(walk.expr(node.test), walk.expr(node.body), walk.expr(node.orelse))


def _comprehension(walk: Walk, node: ast.ListComp | ast.SetComp | ast.GeneratorExp | ast.DictComp) -> ir.Expr:
    loops = tuple([(walk.expr(g.target), walk.expr(g.iter), walk.exprs(g.ifs)) for g in node.generators])
    if isinstance(node, ast.DictComp):
        return ir.Comp("dict", walk.expr(node.key), walk.expr(node.value), loops)
    kind = {ast.ListComp: "list", ast.SetComp: "set", ast.GeneratorExp: "generator"}[type(node)]
    return ir.Comp(kind, walk.expr(node.elt), None, loops)  # type: ignore[arg-type]


def _starred(walk: Walk, node: ast.Starred) -> ir.Expr:
    return ir.Star(walk.expr(node.value))


def _text(walk: Walk, node: ast.JoinedStr) -> ir.Expr:
    return ir.Text(
        walk.exprs([part.value if isinstance(part, ast.FormattedValue) else part for part in node.values])
    )


def _yield(walk: Walk, node: ast.Yield | ast.YieldFrom) -> ir.Expr:
    if walk.generators:
        walk.generators[-1] = True
    value = walk.expr(node.value) if node.value is not None else ir.Const(None)
    return ir.Yield(value, isinstance(node, ast.YieldFrom))


def _await(walk: Walk, node: ast.Await) -> ir.Expr:
    return walk.expr(node.value)


def _walrus(walk: Walk, node: ast.NamedExpr) -> ir.Expr:
    return ir.Walrus(node.target.id, walk.expr(node.value))


HANDLERS: Handlers = {
    ast.Name: _name,
    ast.Constant: _constant,
    ast.Attribute: _attribute,
    ast.List: _items,
    ast.Tuple: _items,
    ast.Set: _items,
    ast.Dict: _dict,
    ast.Subscript: _subscript,
    ast.BinOp: _binary,
    ast.BoolOp: _logic,
    ast.UnaryOp: _unary,
    ast.Compare: _compare,
    ast.IfExp: _conditional,
    ast.ListComp: _comprehension,
    ast.SetComp: _comprehension,
    ast.GeneratorExp: _comprehension,
    ast.DictComp: _comprehension,
    ast.Starred: _starred,
    ast.JoinedStr: _text,
    ast.Yield: _yield,
    ast.YieldFrom: _yield,
    ast.Await: _await,
    ast.NamedExpr: _walrus,
}
