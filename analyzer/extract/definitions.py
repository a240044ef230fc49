"""Functions, lambdas and classes."""

from __future__ import annotations

import ast

from analyzer.extract import ir
from analyzer.extract.statements import annotation
from analyzer.extract.walk import Handlers, Walk


def _function(walk: Walk, node: ast.FunctionDef | ast.AsyncFunctionDef) -> ir.Stmt:
    decorators = walk.exprs(node.decorator_list)
    params = _params(walk, node.args)
    returns = annotation(walk, node.returns)
    body, generator = _body(walk, node.body)
    return ir.Function(node.lineno, node.name, params, decorators, returns, body, generator)


def _lambda(walk: Walk, node: ast.Lambda) -> ir.Expr:
    params = _params(walk, node.args)
    body, generator = _body(walk, [ast.Return(node.body, lineno=node.lineno, col_offset=node.col_offset)])
    return ir.Lambda(ir.Function(node.lineno, "<lambda>", params, (), None, body, generator))


def _body(walk: Walk, nodes: list[ast.stmt]) -> tuple[tuple[ir.Stmt, ...], bool]:
    walk.deferred += 1
    walk.generators.append(False)
    body = walk.block(nodes)
    walk.deferred -= 1
    return body, walk.generators.pop()


def _params(walk: Walk, args: ast.arguments) -> tuple[ir.Param, ...]:
    plain = [*args.posonlyargs, *args.args]
    defaults: list[ast.expr | None] = [None] * (len(plain) - len(args.defaults))
    defaults.extend(args.defaults)
    found = [
        ir.Param(arg.arg, "plain", annotation(walk, arg.annotation), walk.maybe(default))
        for arg, default in zip(plain, defaults, strict=True)
    ]
    if args.vararg:
        found.append(ir.Param(args.vararg.arg, "args", None, None))
    for arg, default in zip(args.kwonlyargs, args.kw_defaults, strict=True):
        found.append(ir.Param(arg.arg, "keyword", annotation(walk, arg.annotation), walk.maybe(default)))
    if args.kwarg:
        found.append(ir.Param(args.kwarg.arg, "kwargs", None, None))
    return tuple(found)


def _class(walk: Walk, node: ast.ClassDef) -> ir.Stmt:
    keywords = tuple([(keyword.arg, walk.expr(keyword.value)) for keyword in node.keywords])
    bases = walk.exprs(node.bases)
    decorators = walk.exprs(node.decorator_list)
    return ir.Class(node.lineno, node.name, bases, keywords, decorators, walk.block(node.body))


HANDLERS: Handlers = {
    ast.FunctionDef: _function,
    ast.AsyncFunctionDef: _function,
    ast.Lambda: _lambda,
    ast.ClassDef: _class,
}
