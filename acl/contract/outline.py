"""Both sides as flat, printable outlines: name -> what is not as by default. Compiled modules carry them, so that a
later check can tell what has changed since, without anything else being kept."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields
from hashlib import sha256
from typing import Any

from acl.contract.shape import Shape
from acl.contract.table import Table

__all__ = ["Change", "Outline", "changes", "fingerprint", "outline_of_contract", "outline_of_legacy"]

Outline = dict[str, dict[str, Any]]
"""`lines[].sku` -> {"kind": "text", "max_length": 32}; the table itself, or the type, stands under "" or `lines[]`."""


@dataclass(frozen=True, slots=True)
class Change:
    """One difference: the name, which of its attributes, and its values; "added" and "dropped" are of the whole."""

    name: str
    attribute: str
    before: Any
    after: Any


def outline_of_legacy(table: Table, prefix: str = "") -> Outline:
    """The columns of a table and of its children."""
    outline: Outline = {prefix: {"table": table.name, "model": table.model}}
    inside = f"{prefix}." if prefix else ""
    for column in table.columns:
        outline[inside + column.name] = _told(column, skip={"name"})
    for children in table.children:
        name = f"{inside}{children.name}[]"
        outline |= outline_of_legacy(children.table, name)
        outline[name]["column"] = children.column
    return outline


def outline_of_contract(shape: Shape, prefix: str = "") -> Outline:
    """The leaves of a contract, of its list members, its objects that may be null, and its unions."""
    outline: Outline = {}
    for field in shape.fields:
        name = prefix + field.path
        outline[name] = _told(field, skip={"path", "item", "variants"})
        if field.item is not None:
            outline |= outline_of_contract(field.item, f"{name}[]." if field.kind == "list" else f"{name}.")
        for tag, variant in field.variants:
            outline[f"{name}<{tag}>"] = {"kind": "object"}
            outline |= outline_of_contract(variant, f"{name}<{tag}>.")
    return outline


def fingerprint(*outlines: Outline) -> str:
    """Sixteen hexadecimal digits of the outlines' SHA-256; the order of names does not count."""
    text = json.dumps(outlines, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return sha256(text.encode()).hexdigest()[:16]


def changes(
    before: Mapping[str, Mapping[str, Any]], after: Mapping[str, Mapping[str, Any]]
) -> Iterator[Change]:
    """Every difference of two outlines, in the order of the names before, new ones last.

    What one of them does not record (a size in bits, say) is no difference.
    """
    for name, old in before.items():
        if name not in after:
            yield Change(name, "dropped", dict(old), None)
            continue
        new = after[name]
        for attribute in dict.fromkeys([*old, *new]):
            first, second = old.get(attribute), new.get(attribute)
            recorded = attribute not in _MAY_BE_UNKNOWN or (first is not None and second is not None)
            if first != second and recorded:
                yield Change(name, attribute, first, second)
    for name, new in after.items():
        if name not in before:
            yield Change(name, "added", None, dict(new))


_MAY_BE_UNKNOWN = {"bits", "digits", "table", "model"}


def _told(one: Any, skip: set[str]) -> dict[str, Any]:
    """The attributes that are not as by default, as JSON would have them."""
    told = {}
    for field in fields(one):
        value = getattr(one, field.name)
        if field.name in skip or value == field.default:
            continue
        if field.name == "default":
            told["optional"] = True
        if field.name == "choices":
            value = tuple(sorted(value, key=str))
        if value is not None:
            told[field.name] = _plain(value)
    return told


def _plain(value: Any) -> Any:
    if isinstance(value, tuple | list):
        return [_plain(one) for one in value]
    return value if isinstance(value, str | int | float | bool | None) else repr(value)
