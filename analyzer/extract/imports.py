"""Imports, wherever they stand. One that is inside a function or under ``TYPE_CHECKING`` is *deferred*."""

from __future__ import annotations

import ast

from analyzer.extract import ir
from analyzer.extract.walk import Handlers, Walk


def _import(walk: Walk, node: ast.Import) -> list[ir.Stmt]:
    found = [
        ir.Import(node.lineno, alias.name, 0, (), alias.asname, False, walk.deferred > 0)
        for alias in node.names
    ]
    walk.imports.extend(found)
    return list(found)


def _import_from(walk: Walk, node: ast.ImportFrom) -> ir.Stmt:
    names = tuple([(alias.name, alias.asname or alias.name) for alias in node.names])
    found = ir.Import(node.lineno, node.module or "", node.level, names, None, True, walk.deferred > 0)
    walk.imports.append(found)
    return found


HANDLERS: Handlers = {ast.Import: _import, ast.ImportFrom: _import_from}
