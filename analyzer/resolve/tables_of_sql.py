"""The tables in one piece of SQL: by sqlglot's tree, and by the words around them where there is none."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator
from functools import cache
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from sqlglot import exp

DIALECTS = {
    "mysql": "mysql",
    "oracle": "oracle",
    "postgis": "postgres",
    "postgresql": "postgres",
    "postgresql_psycopg2": "postgres",
    "mssql": "tsql",
    "spatialite": "sqlite",
    "sqlite3": "sqlite",
}
"""The last part of a database's ENGINE -> sqlglot's name for its language."""
_PLACEHOLDERS = re.compile(r"%\((\w+)\)s|%s|\{\w*\}")
_COMPUTED = frozenset({"null", "unknown"})
"""What stands where the name of a table is computed."""
_EXPLAIN = re.compile(r"^\s*explain\s+(?:\([^)]*\)\s*|analyze\s+|verbose\s+)*", re.IGNORECASE)
_REPLACE = re.compile(r"^\s*replace\s+into\b", re.IGNORECASE)
_NAME = r'((?:[\w$]+|"[^"]+"|`[^`]+`)(?:\.(?:[\w$]+|"[^"]+"|`[^`]+`))*)'
_READS = re.compile(rf"\b(?:from|join|using|lock\s+tables?)\s+(?:only\s+)?{_NAME}", re.IGNORECASE)
_WRITES = re.compile(
    r"\b(?:insert\s+(?:ignore\s+)?into|update|delete\s+from|merge\s+into|truncate(?:\s+table)?"
    rf"|refresh\s+materialized\s+view(?:\s+concurrently)?)\s+(?:only\s+)?{_NAME}",
    re.IGNORECASE,
)
_HARMLESS = re.compile(
    r"^\s*(?:analyze|begin|comment|commit|discard|grant|lock|notify|listen|pragma|refresh|release|reset|rollback"
    r"|savepoint|set|show|use|vacuum)\b",
    re.IGNORECASE,
)
_NO_NAMES = frozenset({"select", "set", "values", "where", "only", "lateral", "unnest", "generate_series"})


class Named(NamedTuple):
    """The tables that a text reads and writes, sorted, in lower case."""

    read: tuple[str, ...]
    written: tuple[str, ...]
    parsed: bool
    """Whether its grammar was understood; if not, the tables are those that words like FROM stand before."""
    computed: bool
    """Whether the name of some table is not in the text."""


@cache
def tables(text: str, dialect: str | None = None) -> Named:
    """The tables that one or several statements read and write."""
    import sqlglot  # costs more to import than most projects' SQL costs to parse
    from sqlglot import exp
    from sqlglot.errors import SqlglotError

    logging.getLogger("sqlglot").setLevel(logging.ERROR)  # it warns on stderr of what we tell in findings
    plain = _REPLACE.sub("INSERT INTO", _EXPLAIN.sub("", _PLACEHOLDERS.sub("NULL", text)))
    for language in dict.fromkeys((dialect, None, "postgres", "mysql")):
        try:
            trees = [tree for tree in sqlglot.parse(plain, read=language) if tree is not None]
        except (SqlglotError, RecursionError, ValueError):
            continue
        read: set[str] = set()
        written: set[str] = set()
        understood = True
        for tree in trees:
            if isinstance(tree, exp.Command):
                understood = understood and _HARMLESS.match(plain) is not None
                _by_words(f"{tree.this} {tree.args.get('expression') or ''}".replace("'", " "), read, written)
            else:
                _of_tree(tree, read, written)
        return _named(read, written, understood)
    read, written = set(), set()
    _by_words(plain, read, written)
    return _named(read, written, parsed=False)


def _named(read: set[str], written: set[str], parsed: bool) -> Named:
    computed = bool(_COMPUTED & (read | written))
    return Named(tuple(sorted(read - _COMPUTED)), tuple(sorted(written - _COMPUTED)), parsed, computed)


def _of_tree(tree: exp.Expr, read: set[str], written: set[str]) -> None:
    from sqlglot import exp

    named = {cte.alias_or_name.lower() for cte in tree.find_all(exp.CTE)}
    changed = {id(table): table.name.lower() for table in _changed(tree)}
    if any(tree.find_all(exp.TemporaryProperty)):
        named.update(changed.values())
    written.update(name for name in changed.values() if name and name not in named)
    read.update(
        table.name.lower()
        for table in tree.find_all(exp.Table)
        if table.name
        and id(table) not in changed
        and table.name.lower() not in named
        and not (table.name.lower() in changed.values() and isinstance(tree, exp.Delete))
    )


def _changed(tree: exp.Expr) -> Iterator[exp.Table]:
    """What the statements that write, also those in a WITH, write to."""
    from sqlglot import exp

    for node in tree.find_all(
        exp.Insert,
        exp.Update,
        exp.Delete,
        exp.Merge,
        exp.Create,
        exp.Drop,
        exp.Alter,
        exp.TruncateTable,
        exp.Copy,
    ):
        targets: list[object] = [node.this, *(node.args.get("tables") or ())]
        if isinstance(node, exp.TruncateTable | exp.Drop):
            targets.extend(node.find_all(exp.Table))
        if isinstance(node, exp.Copy) and not node.args.get("kind"):
            continue  # COPY table TO
        for target in targets:
            if isinstance(target, exp.Schema):
                target = target.this
            if isinstance(target, exp.Table):
                yield target


def _by_words(text: str, read: set[str], written: set[str]) -> None:
    for pattern, found in ((_WRITES, written), (_READS, read)):
        for match in pattern.finditer(text):
            name = match[1].rpartition(".")[2].strip('"`').lower()
            if name not in _NO_NAMES and name not in written:
                found.add(name)
