"""Null on one side only."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from acl.contract import Shape, Table
from acl.errors import Problem
from acl.mapping import support
from acl.mapping.model import Call, Direction, Operation, Step, Verdict
from acl.mapping.operations.agreement import sides

__all__ = ["Default"]

_KINDS = {"int": int, "text": str, "bool": bool, "float": float}


@dataclass(frozen=True, slots=True, kw_only=True)
class Default(Operation):
    """`default`: null on the side that has it <-> `value` on the side that has not."""

    value: int | str | bool

    @property
    def name(self) -> str:
        return "default"

    def problems(self, table: Table, shape: Shape) -> Iterator[Problem]:
        column, field = sides(self, table, shape)
        if column.kind != field.kind or column.kind not in _KINDS:
            yield self.problem(
                f"column {column.name} is of kind {column.kind}, {field.path} of kind {field.kind}",
                f"both must be one of {', '.join(_KINDS)}",
            )
        elif type(self.value) is not _KINDS[column.kind]:
            yield self.problem(f"{self.value!r} is not of kind {column.kind}", "give a value of that kind")
        if column.null == field.null:
            both = "both sides may be null" if column.null else "neither side may be null"
            yield self.problem(both, f"use rename({column.name!r}, {field.path!r})")

    def steps(self, direction: Direction, table: Table, shape: Shape) -> tuple[Step, ...]:
        column, _ = sides(self, table, shape)
        fills = column.null == (direction == "to_contract")
        function = support.or_value if fills else support.or_null
        if direction == "to_contract":
            return (Call(self.path, self.columns, function=function, arguments=(self.value,)),)
        return (Call(self.columns[0], (self.path,), function=function, arguments=(self.value,)),)

    def verdict(self, table: Table, shape: Shape) -> Verdict:
        column, field = sides(self, table, shape)
        side = f"column {column.name}" if column.null else field.path
        loses: Literal["rows", "documents"] = "rows" if column.null else "documents"
        return Verdict("lossy", f"{self.value!r} in {side} comes back as null", loses)
