"""Multi-table inheritance: which of the tables that a record is spread over a query looks into."""

from __future__ import annotations

from collections.abc import Iterable

from analyzer.resolve.declarations import Link
from analyzer.resolve.machine import Machine
from analyzer.resolve.registry import Info
from analyzer.resolve.scope import Scope
from analyzer.resolve.values import Class

_RULE = "multi-table inheritance"


def read_parents(m: Machine, scope: Scope, model: Class, line: int) -> None:
    """A whole record is read from its own table joined with those of all its parents."""
    info = m.registry.info(model)
    if info is None or not info.parents:
        return
    here = m.registry.info(m.registry.concrete(info))
    for cls in here.parents if here is not None else ():
        parent = m.registry.info(cls)
        if parent is not None and here is not None:
            m.effect(scope, line, parent.table, "read", "join", rule=_RULE)
            m.join(scope, line, here.table, parent.table)
            read_parents(m, scope, cls, line)


def climb(m: Machine, scope: Scope, model: Class, link: Link, backwards: bool, line: int) -> Class:
    """The ancestor that a relation belongs to; its table has to be joined to follow it."""
    owner = link.target if backwards else link.source_model
    info = m.registry.info(model)
    if owner is None or info is None or not info.parents or m.registry.table(owner) == info.table:
        return model
    return _join_up(m, scope, info, owner, line)


def reach_column(m: Machine, scope: Scope, model: Class, name: str, line: int) -> None:
    """The tables that have to be joined for a column which a parent of the model may hold."""
    info = m.registry.info(model)
    if info is not None and info.parents and name not in info.fields:
        owner = m.registry.owner(model, name)
        if owner is not None:
            _join_up(m, scope, info, owner, line)


def updated(m: Machine, model: Class, names: Iterable[str]) -> list[str]:
    """The tables that ``update(**names)`` writes: each column's own."""
    owners = dict.fromkeys(m.registry.owner(model, name) or model for name in names)
    return [m.registry.table(owner) for owner in owners] or [m.registry.table(model)]


def _join_up(m: Machine, scope: Scope, info: Info, owner: Class, line: int) -> Class:
    """Join the tables on the way from a model up to one of its ancestors."""
    for cls in info.parents:
        parent = m.registry.info(cls)
        if parent is None or (cls is not owner and owner not in cls.order()[0]):
            continue
        if parent.table != info.table:
            m.effect(scope, line, parent.table, "read", "join", rule=_RULE)
            m.join(scope, line, info.table, parent.table)
        return cls if cls is owner else _join_up(m, scope, parent, owner, line)
    return owner
