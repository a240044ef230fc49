"""Rows that belong to a root, and the list of members that they become."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from acl.contract import Shape, Table, did_you_mean
from acl.errors import Problem
from acl.mapping.model import Direction, Grade, Mapping, Nested, Operation, Step, Verdict

__all__ = ["Each"]

_WORST: tuple[Grade, ...] = ("forward only", "lossy", "partial")


@dataclass(frozen=True, slots=True, kw_only=True)
class Each(Operation):
    """`each`: every child through another mapping. `key` is the child's column that tells siblings apart."""

    using: Mapping
    key: str

    @property
    def name(self) -> str:
        return "each"

    @property
    def inner(self) -> tuple[Mapping, ...]:
        return (self.using,)

    def problems(self, table: Table, shape: Shape) -> Iterator[Problem]:
        children, field = table.child(self.columns[0]), shape.field(self.path)
        assert children is not None
        assert field is not None
        if children.table != self.using.table:
            yield self.problem(
                f"mapping {self.using.name!r} is of {self.using.table.name}, the children of {children.table.name}",
                "name the mapping of the children",
            )
        if field.kind != "list" or field.null or field.item is None:
            yield self.problem(f"{field.path} is no list of objects", "declare it as list[<type>]")
        elif field.item != self.using.shape:
            yield self.problem(
                f"mapping {self.using.name!r} makes {self.using.shape.name}, {field.path} lists {field.item.name}",
                "name the mapping of that type",
            )
        mapped = {step.target for _, step in self.using.steps("to_legacy")}
        if self.key not in mapped:
            remedy = did_you_mean(self.key, mapped)
            yield self.problem(
                f"the key {self.key!r} is no column that {self.using.name!r} writes back", remedy
            )

    def steps(self, direction: Direction, table: Table, shape: Shape) -> tuple[Step, ...]:
        source, target = (self.columns[0], self.path)
        if direction == "to_legacy":
            source, target = target, source
        return (Nested(target, (source,), using=self.using, key=self.key),)

    def verdict(self, table: Table, shape: Shape) -> Verdict:
        grades = {
            operation.verdict(self.using.table, self.using.shape).grade for operation in self.using.operations
        }
        worst: Grade = next((grade for grade in _WORST if grade in grades), "isomorphic")
        note = f"as {self.using.name!r}; members with the same {self.key} are refused on the way back"
        return Verdict(worst, note)
