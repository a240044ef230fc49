"""Raw SQL to tables, through sqlglot."""

from __future__ import annotations

import re

from analyzer.model.facts import Location, RawSQL
from analyzer.resolve.constants import is_sql
from analyzer.resolve.machine import Machine
from analyzer.resolve.scope import PERHAPS, Scope
from analyzer.resolve.tables_of_sql import DIALECTS, tables
from analyzer.resolve.values import (
    PLACEHOLDER,
    Items,
    Literal,
    Made,
    Map,
    Value,
    options,
    strings,
    text,
)

_KEY = re.compile(r"\b\w+_id\b")


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
        read, written, parsed, computed = tables(option.value, dialect(m))
        sure = 0.9 if parsed else PERHAPS
        for table in read:
            m.effect(scope, line, table, "read", "raw", sure, "raw SQL")
        for table in written:
            m.effect(scope, line, table, "write", "raw", sure, "raw SQL")
        if computed:
            unread(m, scope, line, "the name of a table in it is computed")
        for left in read:
            for right in read:
                if left < right:
                    m.join(scope, line, left, right)
        where = Location(scope.module.file, line)
        function = scope.function.local_name if scope.function else ""
        if scope.module.source is not None:
            m.ledger.raw_sql[RawSQL(where, function, read, written, parsed, _keys(option.value))] = None


def _keys(sql: str) -> tuple[str, ...]:
    return tuple(sorted(set(_KEY.findall(sql.lower()))))


def unread(m: Machine, scope: Scope, line: int, why: str) -> None:
    """Note raw SQL whose tables are not known here; another call of the same line may still tell them."""
    if scope.module.source is not None:
        m.ledger.unread_sql.setdefault(Location(scope.module.file, line), why)


def dialect(m: Machine) -> str | None:
    """The language of the default database, if its ENGINE is known."""
    databases = m.setting("DATABASES")
    default = databases.items.get("default") if isinstance(databases, Map) else None
    engine = text(default.items.get("ENGINE")) if isinstance(default, Map) else None
    return DIALECTS.get((engine or "").rpartition(".")[2])


def composed(made: Made, args: list[Value], kwargs: dict[str, Value]) -> Value:
    """``sql.SQL("... {}").format(sql.Identifier("name"))``."""
    plain = text(made.args[0]) if made.args else None
    if plain is None:
        return made
    for value in args:
        plain = plain.replace("{}", _identifier(value), 1)
    for name, value in kwargs.items():
        plain = plain.replace(f"{{{name}}}", _identifier(value))
    return Made(made.callee, [Literal(plain)], {}, made.module, made.line)


def _identifier(value: Value) -> str:
    known = value.args if isinstance(value, Made) and value.short == "Identifier" else ()
    return ".".join(f'"{part}"' for part in map(text, known) if part) or PLACEHOLDER


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
    if isinstance(value, Made) and value.short == "SQL" and value.args:
        value = value.args[0]
    return (
        [each for item in value.items for each in options(item)]
        if isinstance(value, Items)
        else list(options(value))
    )
