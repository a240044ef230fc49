"""A table as the live database has it: what its catalogue tells, and for the rest what the snapshot says."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from acl.contract import Column, Outline, Table, outline_of_legacy
from acl.stores.database import Database

__all__ = ["outline_of_database"]


@dataclass(frozen=True, slots=True)
class _Found:
    """A column of the catalogue. `kinds` are those that its type may stand for, the likeliest first."""

    name: str
    kinds: tuple[str, ...]
    null: bool
    has_default: bool
    primary_key: bool
    told: tuple[tuple[str, Any], ...] = ()


_INTEGERS = {"smallint": 16, "integer": 32, "int": 32, "bigint": 64}
_TYPES: dict[str, tuple[str, ...]] = {
    "smallint": ("int",),
    "integer": ("int",),
    "int": ("int",),
    "bigint": ("int", "duration"),
    "interval": ("duration",),
    "bool": ("bool",),
    "boolean": ("bool",),
    "varchar": ("text",),
    "character varying": ("text",),
    "character": ("text", "uuid"),
    "char": ("text", "uuid"),
    "text": ("text", "json"),
    "inet": ("text",),
    "citext": ("text",),
    "uuid": ("uuid",),
    "decimal": ("decimal",),
    "numeric": ("decimal",),
    "real": ("float",),
    "double precision": ("float",),
    "datetime": ("datetime",),
    "timestamp with time zone": ("datetime",),
    "timestamp without time zone": ("datetime",),
    "date": ("date",),
    "time": ("time",),
    "time without time zone": ("time",),
    "blob": ("bytes",),
    "bytea": ("bytes",),
    "json": ("json",),
    "jsonb": ("json",),
    "hstore": ("json",),
    "array": ("json",),
}


def outline_of_database(database: Database, table: Table, prefix: str = "") -> Outline:
    """The outline of a table and of its children; a table that is missing has none.

    Raises StoreError when the catalogue cannot be read.
    """
    found = list(_sqlite(database, table.name) if database.is_sqlite else _postgresql(database, table.name))
    if not found:
        return {}
    snapshot = outline_of_legacy(table, prefix)
    inside = f"{prefix}." if prefix else ""
    known = {column.stored_as: column for column in table.columns}
    outline: Outline = {prefix: snapshot[prefix]}
    targets = _targets(database, table)
    for one in found:
        column = known.get(one.name)
        if column is None:
            outline[inside + one.name] = _new(one)
        else:
            outline[inside + column.name] = _merged(one, column, snapshot[inside + column.name], targets)
    for children in table.children:
        name = f"{inside}{children.name}[]"
        inner = outline_of_database(database, children.table, name)
        if inner:
            inner[name]["column"] = children.column
        outline |= inner
    return outline


def _new(found: _Found) -> dict[str, Any]:
    told: dict[str, Any] = {"kind": found.kinds[0]}
    if found.null:
        told["null"] = True
    if found.has_default:
        told["optional"] = True
    return told | dict(found.told)


def _merged(
    found: _Found, column: Column, snapshot: dict[str, Any], targets: dict[str, str]
) -> dict[str, Any]:
    """The snapshot's word, with what the catalogue knows better in its place."""
    told = dict(snapshot)
    if column.kind not in (*found.kinds, "unknown"):
        told["kind"] = found.kinds[0]
    for name, value in (("null", found.null), ("primary_key", found.primary_key)):
        told.pop(name, None)
        if value:
            told[name] = True
    for name, value in found.told:
        if name == "unique":
            told.pop("unique", None)
            if value and not column.primary_key:
                told["unique"] = True
        elif name == "naive" and column.kind == "datetime":
            told.pop("naive", None)
            if value:
                told["naive"] = True
        elif name == "max_length" and (column.kind != "text" or value is None):
            told.pop("max_length", None) if column.kind == "text" else None
        elif name not in {"naive", "unique"}:
            told[name] = value
    if column.target is not None and found.name in targets:
        told["target"] = targets[found.name]
    return told


def _sqlite(database: Database, table: str) -> Iterator[_Found]:
    unique = set()
    for row in database.rows('SELECT name, "unique", partial FROM pragma_index_list(?)', (table,)):
        columns = database.rows("SELECT name FROM pragma_index_info(?)", (row[0],))
        if row[1] and not row[2] and len(columns) == 1:
            unique.add(columns[0][0])
    query = 'SELECT name, type, "notnull", dflt_value, pk FROM pragma_table_info(?)'
    for name, type_, notnull, default, key in database.rows(query, (table,)):
        base, numbers = _parsed(type_)
        told: list[tuple[str, Any]] = [("unique", name in unique)]
        if base in _INTEGERS and not key:
            told.append(("bits", _INTEGERS[base]))
        if base in {"varchar", "text"}:
            told.append(("max_length", numbers[0] if numbers else None))
        yield _Found(name, _kinds(base), not notnull and not key, default is not None, bool(key), tuple(told))


def _postgresql(database: Database, table: str) -> Iterator[_Found]:
    query = (
        "SELECT column_name, data_type, is_nullable, column_default IS NOT NULL OR is_identity = 'YES',"
        " character_maximum_length, numeric_precision, numeric_scale FROM information_schema.columns"
        " WHERE table_schema = current_schema() AND table_name = ? ORDER BY ordinal_position"
    )
    keys = _indexed(database, table, primary=True)
    unique = _indexed(database, table, primary=False)
    for name, type_, null, has_default, length, digits, decimals in database.rows(query, (table,)):
        base = type_.lower()
        told: list[tuple[str, Any]] = [("unique", name in unique)]
        if base in _INTEGERS:
            told.append(("bits", _INTEGERS[base]))
        if base in {"character varying", "text"}:
            told.append(("max_length", length))
        if base == "numeric" and decimals is not None:
            told += [("digits", digits), ("decimals", decimals)]
        if base.startswith("timestamp"):
            told.append(("naive", base == "timestamp without time zone"))
        yield _Found(name, _kinds(base), null == "YES", has_default, name in keys, tuple(told))


def _indexed(database: Database, table: str, *, primary: bool) -> set[str]:
    """The columns that have a unique index for themselves alone."""
    query = (
        "SELECT a.attname FROM pg_index i JOIN pg_class c ON c.oid = i.indrelid"
        " JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = i.indkey[0]"
        " WHERE c.relname = ? AND c.relnamespace = current_schema()::regnamespace AND i.indnatts = 1"
        " AND i.indisvalid AND i.indisunique AND i.indpred IS NULL AND i.indisprimary = ?"
    )
    return {name for (name,) in database.rows(query, (table, primary))}


def _targets(database: Database, table: Table) -> dict[str, str]:
    """The model label that a foreign key leads to, where it is another than the snapshot says.

    Labels are compared by the table that Django would name after them; a table of another name is no proof.
    """
    if database.is_sqlite:
        keys = database.rows('SELECT "from", "table" FROM pragma_foreign_key_list(?)', (table.name,))
        tables = {name for (name,) in database.rows("SELECT name FROM sqlite_master WHERE type = 'table'")}
    else:
        keys = database.rows(
            "SELECT a.attname, t.relname FROM pg_constraint k JOIN pg_class c ON c.oid = k.conrelid"
            " JOIN pg_class t ON t.oid = k.confrelid"
            " JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = k.conkey[1]"
            " WHERE k.contype = 'f' AND c.relname = ? AND c.relnamespace = current_schema()::regnamespace",
            (table.name,),
        )
        tables = {
            name
            for (name,) in database.rows(
                "SELECT table_name FROM information_schema.tables WHERE table_schema = current_schema()"
            )
        }
    expected = {
        column.stored_as: column.target.replace(".", "_").lower() for column in table.columns if column.target
    }
    return {
        name: f"table {target}"
        for name, target in keys
        if name in expected and expected[name] in tables and target != expected[name]
    }


def _parsed(type_: str) -> tuple[str, list[int]]:
    base = re.sub(r"\(.*\)| unsigned", "", type_.lower()).strip()
    return base, [int(number) for number in re.findall(r"\d+", type_)]


def _kinds(base: str) -> tuple[str, ...]:
    return _TYPES.get(base, ("text",))
