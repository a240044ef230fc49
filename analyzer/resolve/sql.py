"""Raw SQL to tables, through sqlglot."""

from __future__ import annotations

import re
from functools import cache

from analyzer.model.facts import Location, RawSQL
from analyzer.resolve.machine import Machine
from analyzer.resolve.scope import Scope
from analyzer.resolve.values import Items, Literal, Map, Value, is_sql, options, strings, text

_PLACEHOLDERS = re.compile(r"%\((\w+)\)s|%s|\{\w*\}")


def looks_like_sql(value: Value | None) -> bool:
    """Whether a value is a string that begins like a statement."""
    return any(
        isinstance(option, Literal) and isinstance(option.value, str) and is_sql(option.value)
        for option in _all(value)
    )


def statement(m: Machine, scope: Scope, value: Value | None, line: int) -> None:
    """Note the tables that a raw statement reads and writes."""
    for option in _all(value):
        if not (isinstance(option, Literal) and isinstance(option.value, str)) or not is_sql(option.value):
            continue
        read, written, parsed = tables(option.value)
        for table in read:
            m.effect(scope, line, table, "read", "raw", 0.9, "raw SQL")
        for table in written:
            m.effect(scope, line, table, "write", "raw", 0.9, "raw SQL")
        for left in read:
            for right in read:
                if left < right:
                    m.join(scope, line, left, right)
        where = Location(scope.module.file, line)
        function = scope.function.local_name if scope.function else ""
        if scope.module.source is not None:
            m.ledger.raw_sql[RawSQL(where, function, read, written, parsed)] = None


def extra_tables(m: Machine, scope: Scope, own: str, given: dict[str, Value], line: int) -> None:
    """``QuerySet.extra()``: further tables, which are joined, and fragments that may hold subqueries."""
    for table in strings(given.get("tables")):
        named = table.strip('"').lower()
        m.effect(scope, line, named, "read", "raw", 0.9, "extra")
        m.join(scope, line, own, named)
    selected = given.get("select")
    where = given.get("where")
    fragments = [
        *(where.items if isinstance(where, Items) else ()),
        *(selected.items.values() if isinstance(selected, Map) else ()),
    ]
    for fragment in fragments:
        if "select" in (text(fragment) or "").lower():
            statement(m, scope, Literal(f"SELECT 1 WHERE ({text(fragment)})"), line)


def _all(value: Value | None) -> list[Value]:
    if value is None:
        return []
    return (
        [each for item in value.items for each in options(item)]
        if isinstance(value, Items)
        else list(options(value))
    )


@cache
def tables(text: str) -> tuple[tuple[str, ...], tuple[str, ...], bool]:
    """The tables that a statement reads and writes, sorted, in lower case; the flag says whether it could be parsed."""
    import sqlglot  # costs more to import than most projects' SQL costs to parse
    from sqlglot import exp
    from sqlglot.errors import SqlglotError

    try:
        trees = [
            tree
            for tree in sqlglot.parse(_PLACEHOLDERS.sub("NULL", text), error_level=sqlglot.ErrorLevel.RAISE)
            if tree
        ]
    except (SqlglotError, RecursionError):
        return (), (), False
    read: set[str] = set()
    written: set[str] = set()
    for tree in trees:
        named = {cte.alias_or_name.lower() for cte in tree.find_all(exp.CTE)}
        target = (
            tree.this
            if isinstance(tree, exp.Insert | exp.Update | exp.Delete | exp.Merge | exp.Create | exp.Drop)
            else None
        )
        if isinstance(target, exp.Schema):
            target = target.this
        targets = [target] if isinstance(target, exp.Table) else []
        if isinstance(tree, exp.TruncateTable):
            targets = [table for table in tree.expressions if isinstance(table, exp.Table)]
        written.update(table.name.lower() for table in targets)
        found = {
            table.name.lower()
            for table in tree.find_all(exp.Table)
            if table not in targets or table.name.lower() not in written
        }
        read.update(name for name in found - named if name and name != "unknown")
    written.discard("unknown")
    return tuple(sorted(read)), tuple(sorted(written)), True
