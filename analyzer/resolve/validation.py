"""What validating and serializing a record reads, as Django's own code does it."""

from __future__ import annotations

from collections.abc import Iterator

from analyzer.resolve.declarations import Link
from analyzer.resolve.machine import Machine
from analyzer.resolve.registry import Info
from analyzer.resolve.scope import Scope
from analyzer.resolve.values import NONE, External, Record, Value, options


def clean_fields(m: Machine, scope: Scope, args: list[Value], kwargs: dict[str, Value], line: int) -> Value:
    """``Model.clean_fields()``: each foreign key looks whether the record that it names is there."""
    for info in _infos(m, args):
        for link in _links(m, info, ("fk", "o2o")):
            if link.target is not None:
                m.effect(scope, line, m.registry.table(link.target), "read", "query", 0.8, "validation")
    return NONE


def validate_unique(
    m: Machine, scope: Scope, args: list[Value], kwargs: dict[str, Value], line: int
) -> Value:
    """``Model.validate_unique()``: the table is asked for the values of its unique columns."""
    for info in _infos(m, args):
        for here in (info, *_parents(m, info)):
            if m.registry.unique_columns(here):
                m.effect(scope, line, here.table, "read", "query", 0.8, "validation")
    return NONE


def validate_constraints(
    m: Machine, scope: Scope, args: list[Value], kwargs: dict[str, Value], line: int
) -> Value:
    """``Model.validate_constraints()``: the same for ``UniqueConstraint``."""
    for info in _infos(m, args):
        if m.registry.unique_constraints(info):
            m.effect(scope, line, info.table, "read", "query", 0.8, "validation")
    return NONE


def serialize(m: Machine, scope: Scope, args: list[Value], kwargs: dict[str, Value], line: int) -> Value:
    """``django.core.serializers.serialize()``: the records, with the keys in their many-to-many tables."""
    from analyzer.resolve.expressions import element

    for option in options(args[1]) if len(args) > 1 else ():
        for info in _infos(m, [element(m, option)]):
            for link in _links(m, info, ("m2m",)):
                if link.through is None and link.target is not None and link.through_table:
                    table = m.registry.table(link.target)
                    m.effect(scope, line, link.through_table, "read", "related", 0.9, "serialization")
                    m.effect(scope, line, table, "read", "related", 0.9, "serialization")
                    m.join(scope, line, link.through_table, table)
    return External("builtins.str()")


def _infos(m: Machine, args: list[Value]) -> Iterator[Info]:
    for option in options(args[0]) if args else ():
        info = m.registry.info(option.model) if isinstance(option, Record) else None
        if info is not None:
            yield info


def _parents(m: Machine, info: Info) -> Iterator[Info]:
    for cls in info.parents:
        parent = m.registry.info(cls)
        if parent is not None:
            yield parent
            yield from _parents(m, parent)


def _links(m: Machine, info: Info, kinds: tuple[str, ...]) -> Iterator[Link]:
    for here in (info, *_parents(m, info)):
        for link in here.links.values():
            if link.kind in kinds:
                m.registry.resolve_link(link)
                yield link
