"""A legacy key on the one side, the new system's id on the other."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from acl.contract import Shape, Table
from acl.errors import Problem
from acl.mapping.model import Direction, Operation, ResolveStep, Step, Verdict
from acl.mapping.operations.agreement import kind_problems, null_problems, sides

__all__ = ["Ref"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Ref(Operation):
    """`ref`: the two ids that the id map `ids` keeps together. A whole batch is looked up at once."""

    ids: str

    @property
    def name(self) -> str:
        return "ref"

    def problems(self, table: Table, shape: Shape) -> Iterator[Problem]:
        column, field = sides(self, table, shape)
        yield from kind_problems(self, column, field, {"int", "text"}, {"text", "uuid"})
        yield from null_problems(self, column, field)

    def steps(self, direction: Direction, table: Table, shape: Shape) -> tuple[Step, ...]:
        column, field = sides(self, table, shape)
        if direction == "to_contract":
            return (ResolveStep(self.path, self.columns, column.null, ids=self.ids),)
        return (ResolveStep(column.name, (self.path,), field.null, ids=self.ids),)

    def verdict(self, table: Table, shape: Shape) -> Verdict:
        return Verdict(
            "isomorphic", f"through the id map {self.ids!r}; an id that it does not know is refused"
        )
