"""What only one side knows, said aloud."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from acl.contract import Field, Shape, Table
from acl.errors import Problem
from acl.mapping.model import Computed, Constant, Direction, Operation, Row, Step, Verdict

__all__ = ["ComputedField", "ContractOnly", "Generated", "LegacyOnly"]


@dataclass(frozen=True, slots=True)
class Generated:
    """The value of a column that is left out on create, because `by` supplies it: the database, or the parent."""

    by: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LegacyOnly(Operation):
    """`legacy_only`: dropped on the way to the contract; `on_create` on the way back, kept on update."""

    on_create: object = None

    @property
    def name(self) -> str:
        return "legacy_only"

    def problems(self, table: Table, shape: Shape) -> Iterator[Problem]:
        column = table.column(self.columns[0])
        assert column is not None
        if self.on_create is None and not column.null:
            yield self.problem(
                f"column {column.name} is NOT NULL and has no source on the way back",
                "give on_create=<value>, BY_DATABASE or BY_PARENT",
            )
        elif self.on_create is not None and not isinstance(self.on_create, Generated | int | str | bool):
            yield self.problem(f"{self.on_create!r} cannot be written down", "give text, a number or a bool")

    def steps(self, direction: Direction, table: Table, shape: Shape) -> tuple[Step, ...]:
        if direction == "to_contract" or isinstance(self.on_create, Generated):
            return ()
        return (Constant(self.columns[0], value=self.on_create),)

    def verdict(self, table: Table, shape: Shape) -> Verdict:
        if isinstance(self.on_create, Generated):
            return Verdict("legacy only", f"set by the {self.on_create.by} on create, kept on update")
        return Verdict("legacy only", f"{self.on_create!r} on create, kept on update")


@dataclass(frozen=True, slots=True, kw_only=True)
class ContractOnly(Operation):
    """`contract_only`: always `value` in a document; ignored on the way back."""

    value: int | str | bool | None = None

    @property
    def name(self) -> str:
        return "contract_only"

    def problems(self, table: Table, shape: Shape) -> Iterator[Problem]:
        field = shape.field(self.path)
        assert field is not None
        if self.value is None and not field.null:
            yield self.problem(f"{field.path} may not be null", "give value=..., or use computed(...)")
        if field.choices and self.value is not None and self.value not in field.choices:
            yield self.problem(f"{field.path} cannot be {self.value!r}", "give one of its values")

    def steps(self, direction: Direction, table: Table, shape: Shape) -> tuple[Step, ...]:
        return (Constant(self.path, value=self.value),) if direction == "to_contract" else ()

    def verdict(self, table: Table, shape: Shape) -> Verdict:
        return Verdict("contract only", f"always {self.value!r}")


@dataclass(frozen=True, slots=True, kw_only=True)
class ComputedField(Operation):
    """`computed`: a function of the legacy row; ignored on the way back."""

    function: Callable[[Row], Any]

    @property
    def name(self) -> str:
        return "computed"

    def problems(self, table: Table, shape: Shape) -> Iterator[Problem]:
        field: Field | None = shape.field(self.path)
        if field is None:
            yield self.problem(f"{self.path} is an object", "compute each of its fields")

    def steps(self, direction: Direction, table: Table, shape: Shape) -> tuple[Step, ...]:
        return (Computed(self.path, function=self.function),) if direction == "to_contract" else ()

    def verdict(self, table: Table, shape: Shape) -> Verdict:
        return Verdict("forward only", "computed from the row; ignored on the way back")
