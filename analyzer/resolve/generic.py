"""Generic foreign keys: the models that one may lead to."""

from __future__ import annotations

from analyzer.resolve import content_types
from analyzer.resolve.declarations import Link
from analyzer.resolve.machine import Machine
from analyzer.resolve.scope import PERHAPS, Scope
from analyzer.resolve.values import Class, Record, Unknown, Value, merge

_MOST = 12
"""A generic key that more models than these have a relation to is taken to lead anywhere."""


def targets(m: Machine, link: Link) -> list[Class]:
    """The models that its content type is limited to, else those with a generic relation to its own model."""
    info = m.registry.info(link.source_model) if link.source_model is not None else None
    keyed = info.links.get(link.content_type_field) if info is not None else None
    found = list(content_types.limited(m, keyed)) if keyed is not None else []
    return found or (info.generic if info is not None else [])


def follow(m: Machine, scope: Scope, link: Link, models: list[Class], line: int) -> Value:
    """The record behind the key, which is read: one of these models."""
    if not models or len(models) > _MOST:
        return Unknown("a generic relation")
    for target in models:
        m.effect(scope, line, m.registry.table(target), "read", "related", PERHAPS, "generic relation")
    return merge([Record(target) for target in models])


def towards(m: Machine, scope: Scope, owner: Value, name: str, wanted: str, line: int) -> Value | None:
    """``owner.key.wanted``: of the models that the key may lead to, those that have what is wanted of them."""
    found = m.registry.accessor(owner.model, name) if type(owner) is Record else None
    if found is None or found[0].kind != "gfk":
        return None
    models = targets(m, found[0])
    if not 0 < len(models) <= _MOST:
        return None
    return follow(m, scope, found[0], [cls for cls in models if _has(m, cls, wanted)] or models, line)


def _has(m: Machine, cls: Class, name: str) -> bool:
    return (
        cls.find(name) is not None
        or m.registry.accessor(cls, name) is not None
        or m.registry.has_field(cls, name)
        or name in _OF_ALL
    )


_OF_ALL = frozenset({"__class__", "_meta", "_state", "delete", "pk", "refresh_from_db", "save"})
