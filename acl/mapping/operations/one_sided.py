"""What only one side knows, said aloud."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from acl.contract import Column, Field, Shape, Table
from acl.errors import Problem
from acl.mapping import support
from acl.mapping.model import Call, Computed, Constant, Direction, Operation, Row, Step, Verdict

__all__ = ["ComputedField", "ContractOnly", "Generated", "LegacyOnly"]


_LITERALS: dict[str, type] = {"int": int, "text": str, "bool": bool, "float": float}
_FROM_TEXT: dict[str, Callable[..., Any]] = {
    "date": support.as_date,
    "datetime": support.as_instant,
    "decimal": support.as_decimal,
    "time": support.as_time,
    "uuid": support.as_uuid,
}


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
        elif self.on_create is not None and not isinstance(self.on_create, Generated):
            yield from self._value_problems(column)

    def _value_problems(self, column: Column) -> Iterator[Problem]:
        expected = _LITERALS.get(column.kind, str)
        if type(self.on_create) is not expected or column.kind not in {*_LITERALS, *_FROM_TEXT}:
            yield self.problem(
                f"{self.on_create!r} is no value for column {column.name}, of kind {column.kind}",
                f"give on_create as {expected.__name__}, BY_DATABASE or BY_PARENT",
            )
            return
        try:
            self._from_text(column)
        except ValueError as error:
            yield self.problem(
                f"{self.on_create!r} for column {column.name}: {error}", "write it as ISO 8601 does"
            )

    def steps(self, direction: Direction, table: Table, shape: Shape) -> tuple[Step, ...]:
        column = table.column(self.columns[0])
        assert column is not None
        if direction == "to_contract" or isinstance(self.on_create, Generated):
            return ()
        return (self._from_text(column) or Constant(column.name, value=self.on_create),)

    def _from_text(self, column: Column) -> Call | None:
        """The step that makes a value which Python has no literal for; raises ValueError when it cannot."""
        if column.kind not in _FROM_TEXT or not isinstance(self.on_create, str):
            return None
        function = support.as_naive if column.naive else _FROM_TEXT[column.kind]
        places = (column.decimals,) if column.kind == "decimal" else ()
        function(self.on_create, *places)
        return Call(column.name, function=function, arguments=(self.on_create, *places))

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
        elif field.kind in {"list", "object"} and self.value is not None:
            yield self.problem(f"{field.path} is of kind {field.kind}", "use computed(...)")
        elif self.value is not None and type(self.value) is not _LITERALS.get(field.kind, str):
            yield self.problem(
                f"{self.value!r} is no value for {field.path}, of kind {field.kind}", "give one"
            )
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
