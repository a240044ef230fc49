"""The same value under another name, and at another depth."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from acl.contract import Column, Field, Shape, Table
from acl.errors import Problem
from acl.mapping import support
from acl.mapping.model import Call, Copy, Direction, Operation, Step, Verdict
from acl.mapping.operations.agreement import null_problems, sides

__all__ = ["Rename"]

_SAME_KINDS = {"int": "int", "text": "text", "bool": "bool", "float": "float", "json": "json"}
_INSTEAD = {name: name for name in ("datetime", "date", "time", "uuid", "decimal")}


@dataclass(frozen=True, slots=True, kw_only=True)
class Rename(Operation):
    """`rename`: the value passes as it is; text must fit into the column on the way back.

    `present` refuses a NULL: in a case of `when`, of a column that is NULL in the other cases only.
    """

    present: bool = False

    @property
    def name(self) -> str:
        return "rename"

    def problems(self, table: Table, shape: Shape) -> Iterator[Problem]:
        column, field = sides(self, table, shape)
        if _SAME_KINDS.get(column.kind) != field.kind:
            other = _INSTEAD.get(column.kind, "another operation")
            yield self.problem(
                f"column {column.name} is of kind {column.kind}, {field.path} of kind {field.kind}",
                f"use {other}(...), or declare both alike",
            )
        if field.choices and not (column.choices and set(column.choices) <= set(field.choices)):
            yield self.problem(
                f"{field.path} takes only {_listed(field.choices)}, column {column.name} holds other values",
                f"use enum({column.name!r}, {field.path!r}, {{...}})",
            )
        yield from null_problems(self, column, field)

    def steps(self, direction: Direction, table: Table, shape: Shape) -> tuple[Step, ...]:
        column, field = sides(self, table, shape)
        if direction == "to_contract":
            if column.kind == "float":
                return (Call(self.path, self.columns, column.null, function=support.finite),)
            if self.present:
                return (Call(self.path, self.columns, function=support.present),)
            return (Copy(self.path, self.columns),)
        if column.kind == "float":
            return (Call(column.name, (self.path,), field.null, function=support.finite),)
        room = _tight(column, field)
        if room is None:
            return (Copy(column.name, (self.path,)),)
        return (Call(column.name, (self.path,), field.null, function=support.fits, arguments=(room,)),)

    def verdict(self, table: Table, shape: Shape) -> Verdict:
        column, field = sides(self, table, shape)
        room = _tight(column, field)
        notes = (
            [f"text of more than {room} characters is refused on the way back"] if room is not None else []
        )
        if field.max_length is not None and (
            column.max_length is None or column.max_length > field.max_length
        ):
            notes.append(f"the contract refuses text of more than {field.max_length} characters")
        if field.rules:
            told = ", ".join(f"{name}={value!r}" for name, value in field.rules)
            notes.append(f"the contract demands {told}")
        return Verdict("partial", "; ".join(notes)) if notes else Verdict("isomorphic")


def _tight(column: Column, field: Field) -> int | None:
    """The column's length, if the contract allows longer text."""
    if column.max_length is None or field.choices:
        return None
    return column.max_length if field.max_length is None or field.max_length > column.max_length else None


def _listed(values: tuple[str | int, ...]) -> str:
    return ", ".join(repr(value) for value in values)
