"""The one walk over a tree: dispatch by node type to the handlers of ``EXTRACTORS``, collecting facts on the way."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from analyzer.extract import ir

Handler: TypeAlias = Callable[["Walk", Any], Any]
Handlers: TypeAlias = Mapping[type[ast.AST], Handler]


@dataclass(slots=True)
class Walk:
    """The state of one walk: the file's lines, the imports and ORM sites so far, and how deep in functions it is."""

    table: Handlers
    lines: list[str]
    imports: list[ir.Import] = field(default_factory=list)
    sites: list[ir.Site] = field(default_factory=list)
    asked: set[str] = field(default_factory=set)
    deferred: int = 0
    generators: list[bool] = field(default_factory=list)

    def expr(self, node: ast.expr) -> ir.Expr:
        """Lower an expression; kinds that no extractor knows keep only their parts."""
        handler = self.table.get(type(node))
        if handler is None:
            return self.parts(node)
        lowered: ir.Expr = handler(self, node)
        return lowered

    def maybe(self, node: ast.expr | None) -> ir.Expr | None:
        return None if node is None else self.expr(node)

    def exprs(self, nodes: Iterable[ast.expr]) -> tuple[ir.Expr, ...]:
        return tuple([self.expr(node) for node in nodes])

    def block(self, nodes: Iterable[ast.stmt]) -> tuple[ir.Stmt, ...]:
        """Lower a list of statements; a handler gives one statement, several, or none."""
        found: list[ir.Stmt] = []
        for node in nodes:
            handler = self.table.get(type(node))
            if handler is None:
                continue
            lowered = handler(self, node)
            if type(lowered) is list:
                found.extend(lowered)
            elif lowered is not None:
                found.append(lowered)
        return tuple(found)

    def parts(self, node: ast.AST) -> ir.Parts:
        return ir.Parts(
            tuple([self.expr(child) for child in ast.iter_child_nodes(node) if isinstance(child, ast.expr)])
        )

    def text(self, node: ast.expr) -> str:
        """The source of an expression, on one line, at most 100 characters."""
        last = (node.end_lineno or node.lineno) - 1
        first = node.lineno - 1
        if first == last:
            raw = self.lines[first].encode()[node.col_offset : node.end_col_offset].decode(errors="replace")
        else:
            head = self.lines[first].encode()[node.col_offset :].decode(errors="replace")
            tail = self.lines[last].encode()[: node.end_col_offset].decode(errors="replace")
            raw = " ".join(part.strip() for part in [head, *self.lines[first + 1 : last], tail])
        raw = raw.encode("utf-8", "replace").decode("utf-8")
        return raw if len(raw) <= 100 else raw[:99] + "…"
