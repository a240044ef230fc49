"""Unique constraints and indexes that a model's ``Meta`` declares."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from analyzer.model.facts import Key, Location
from analyzer.resolve.registry import Info, Registry
from analyzer.resolve.values import Items, Literal, Made, Value

_OPTIONS = (("unique_together", True), ("index_together", False), ("constraints", True), ("indexes", False))


def keys_of(registry: Registry, info: Info) -> tuple[Key, ...]:
    """In the order of ``Meta``'s options; what is not literal is left out."""
    return tuple(
        key for name, unique in _OPTIONS for key in _keys(registry.option(info.cls, name), info, unique)
    )


def _keys(items: Sequence[Value], info: Info, unique: bool) -> Iterator[Key]:
    here = Location(info.cls.module.file, info.cls.node.line)
    if fields := _names(items):  # one group without the list around it
        yield Key(fields, here, unique)
    for item in items:
        if isinstance(item, Items) and (fields := _names(item.items)):
            yield Key(fields, here, unique)
        elif isinstance(item, Made) and (not unique or item.short == "UniqueConstraint"):
            listed = item.kwargs.get("fields")
            if isinstance(listed, Items) and (fields := _names(listed.items)):
                yield Key(fields, Location(item.module.file, item.line) if item.module else here, unique)


def _names(items: Sequence[Value]) -> tuple[str, ...]:
    """Names of fields; empty where they are not all literal."""
    names = [item.value for item in items if isinstance(item, Literal) and isinstance(item.value, str)]
    return tuple(name.lstrip("-") for name in names) if len(names) == len(items) else ()
