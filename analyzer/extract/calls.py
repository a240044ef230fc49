"""Calls, and which of them are ORM call sites.

A site is an outermost call chain that contains a manager or queryset method. Some of those names (``get``, ``update``,
``count``) are methods of dicts and lists as well: whether such a chain is a site depends on its receiver, so it is only
*possible* here, unless the arguments give it away.
"""

from __future__ import annotations

import ast

from analyzer.extract import ir
from analyzer.extract.walk import Handlers, Walk

SURE = frozenset(
    [
        "aggregate",
        "alias",
        "annotate",
        "bulk_create",
        "bulk_update",
        "complex_filter",
        "dates",
        "datetimes",
        "defer",
        "exclude",
        "filter",
        "get_or_create",
        "in_bulk",
        "order_by",
        "prefetch_related",
        "select_for_update",
        "select_related",
        "update_or_create",
        "values_list",
        "aaggregate",
        "abulk_create",
        "abulk_update",
        "acreate",
        "adelete",
        "aexists",
        "afirst",
        "aget",
        "aget_or_create",
        "alast",
        "aupdate",
        "aupdate_or_create",
    ]
)
POSSIBLE = frozenset(
    [
        "add",
        "aadd",
        "aadd",
        "all",
        "acount",
        "ain_bulk",
        "aset",
        "clear",
        "contains",
        "count",
        "create",
        "delete",
        "difference",
        "distinct",
        "earliest",
        "exists",
        "explain",
        "extra",
        "first",
        "get",
        "intersection",
        "iterator",
        "last",
        "latest",
        "none",
        "only",
        "raw",
        "remove",
        "reverse",
        "save",
        "set",
        "union",
        "update",
        "using",
        "values",
    ]
)
MANAGERS = frozenset({"_base_manager", "_default_manager", "objects"})


def _call(walk: Walk, node: ast.Call) -> ir.Expr:
    return _lower(walk, node, outer=True)


def _lower(walk: Walk, node: ast.Call, outer: bool) -> ir.Call:
    func = node.func
    if isinstance(func, ast.Attribute):
        lowered: ir.Expr = ir.Attr(_receiver(walk, func.value), func.attr, func.end_lineno or func.lineno)
    else:
        lowered = walk.expr(func)
        if type(func) is ast.Name and func.id == "getattr" and len(node.args) > 1:
            walk.asked.update(part.id for part in ast.walk(node.args[1]) if isinstance(part, ast.Name))
    args = walk.exprs(node.args)
    kwargs = tuple([(keyword.arg, walk.expr(keyword.value)) for keyword in node.keywords])
    site = _site(walk, node) if outer else 0
    line = func.end_lineno or node.lineno  # of the method's name: chains are written one method per line
    return ir.Call(lowered, args, kwargs, line, site, outer)


def _receiver(walk: Walk, node: ast.expr) -> ir.Expr:
    """The receiver of a method: a call in it belongs to the same chain."""
    if isinstance(node, ast.Call):
        return _lower(walk, node, outer=False)
    if isinstance(node, ast.Attribute):
        return ir.Attr(_receiver(walk, node.value), node.attr, node.end_lineno or node.lineno)
    return walk.expr(node)


def _site(walk: Walk, node: ast.Call) -> int:
    """Number the chain that ends in this call, or 0 when no method of it can be an ORM method."""
    found, sure = False, False
    here: ast.expr = node
    while isinstance(here, ast.Call | ast.Attribute):
        if isinstance(here, ast.Attribute):
            if here.attr in MANAGERS:
                found = sure = True
            here = here.value
            continue
        if isinstance(here.func, ast.Attribute):
            if here.func.attr in SURE:
                found = sure = True
            elif here.func.attr in POSSIBLE:
                found = True
                sure = sure or _looks_like_a_query(here, here.func.attr)
        here = here.func
    if not found:
        return 0
    walk.sites.append(ir.Site(node.lineno, walk.text(node), sure))
    return len(walk.sites)


def _looks_like_a_query(node: ast.Call, method: str) -> bool:
    """Arguments that a dict's or list's method of the same name cannot have."""
    names = {keyword.arg for keyword in node.keywords}
    if method in {"get", "exists", "first", "last"}:
        return not node.args and (method != "get" or bool(names - {None, "default"}))
    return any(name is not None and "__" in name.strip("_") for name in names)


HANDLERS: Handlers = {ast.Call: _call}
