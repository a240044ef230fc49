"""How the sections of a document are read: strictly, each fault told with its path. Pure.

A reader takes a value and the place where it stands, returns what the table holds, and raises ``BadDocument``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from difflib import get_close_matches
from typing import Any

from strangler.errors import BadDocument

Reader = Callable[[object, str], Any]


def read_fields(value: object, where: str, readers: Mapping[str, Reader]) -> dict[str, Any]:
    fields = read_section(value, where)
    refuse_unknown(fields, tuple(readers), where)
    return {key: readers[key](content, f"{where}.{key}") for key, content in fields.items()}


def refuse_unknown(fields: Mapping[str, object], known: tuple[str, ...], where: str) -> None:
    for key in fields:
        if key in known:
            continue
        place = f"{where}.{key}" if where else key
        if key in _LATER:
            raise BadDocument(
                f"{key!r} is not something that this version of strangler can do",
                where=place,
                remedy="Remove it: a setting is never ignored in silence.",
            )
        near = get_close_matches(key, known, n=1)
        hint = f"Did you mean {near[0]!r}?" if near else f"Known here: {', '.join(known)}."
        raise BadDocument(f"unknown key {key!r}", where=place, remedy=hint)


def read_section(value: object, where: str) -> dict[str, Any]:
    if not isinstance(value, dict) or not all(isinstance(key, str) for key in value):
        place = where or "the document"
        raise BadDocument(f"{place} is not a table", where=where, remedy="Write keys and values.")
    return value


def read_list(value: object, where: str) -> list[Any]:
    if not isinstance(value, list):
        raise BadDocument(f"{value!r} is not a list", where=where, remedy="Put it in brackets.")
    return value


def each(reader: Reader) -> Reader:
    def read(value: object, where: str) -> tuple[Any, ...]:
        return tuple(reader(item, f"{where}[{i}]") for i, item in enumerate(read_list(value, where)))

    return read


def one_of(choices: tuple[str, ...]) -> Reader:
    def read(value: object, where: str) -> str:
        if value not in choices:
            raise BadDocument(
                f"{value!r} is none of {', '.join(choices)}", where=where, remedy="Choose one of them."
            )
        return str(value)

    return read


def read_truth(value: object, where: str) -> bool:
    if not isinstance(value, bool):
        raise BadDocument(f"{value!r} is neither true nor false", where=where, remedy="Write true or false.")
    return value


_LATER = frozenset(
    {
        "roles",
        "rollout",
        "boundaries",
        "headers",
    }
)
"""Keys that the design gives to what is not built yet."""
