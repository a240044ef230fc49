"""One quantity in two units, kept at a declared number of decimals on either side."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction

from acl.contract import Column, Shape, Table
from acl.errors import Problem
from acl.mapping import support
from acl.mapping.model import Call, Direction, Operation, Step, Verdict
from acl.mapping.operations.agreement import kind_problems, null_problems, sides

__all__ = ["Unit"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Unit(Operation):
    """`unit`: contract value = legacy value x factor + offset, rounded half to even at `places` decimals.

    Factor and offset are exact, as text: "0.45359237" or "5/9". The way back is rounded at the column's decimals.
    """

    factor: str
    offset: str = "0"
    places: int = 0

    @property
    def name(self) -> str:
        return "unit"

    def problems(self, table: Table, shape: Shape) -> Iterator[Problem]:
        column, field = sides(self, table, shape)
        yield from kind_problems(self, column, field, {"decimal", "int"}, {"decimal", "int", "text"})
        yield from null_problems(self, column, field)
        if column.kind == "decimal" and column.decimals is None:
            yield self.problem(
                f"column {column.name} does not say its decimals", "add decimals= to the snapshot"
            )
        if field.kind == "int" and self.places:
            yield self.problem(
                f"{field.path} is a whole number", "leave places= out, or declare it as Decimal"
            )
        try:
            if not Fraction(self.factor):
                yield self.problem("the factor is zero", "give the size of the legacy unit in the new one")
            Fraction(self.offset)
        except (ValueError, ZeroDivisionError):
            yield self.problem(
                f"{self.factor!r} and {self.offset!r} are not both numbers",
                "write them as '0.45359237' or '5/9'",
            )

    def steps(self, direction: Direction, table: Table, shape: Shape) -> tuple[Step, ...]:
        column, field = sides(self, table, shape)
        decimals = _decimals(column)
        scale: tuple[str | int, ...] = (self.factor, self.offset, self.places)
        if direction == "to_contract":
            function = support.to_unit if field.kind == "int" else support.to_unit_text
            return (Call(field.path, self.columns, column.null, function=function, arguments=scale),)
        if column.kind == "int":
            return (
                Call(column.name, (field.path,), field.null, function=support.of_unit_whole, arguments=scale),
            )
        scale = (*scale, decimals)
        return (Call(column.name, (field.path,), field.null, function=support.of_unit, arguments=scale),)

    def verdict(self, table: Table, shape: Shape) -> Verdict:
        column, _ = sides(self, table, shape)
        factor, legacy, contract = abs(Fraction(self.factor)), _decimals(column), self.places
        # A rounding moves a value by half a step at most: a column value comes back when a step of the contract is,
        # in the legacy unit, shorter than a step of the column; both ways nothing moves when the steps are equal.
        step = Fraction(10) ** (legacy - contract) / factor
        if step == 1 and not Fraction(self.offset) * 10**contract % 1:
            return Verdict("isomorphic")
        if step < 1:
            note = "contract values between two steps of the column come back rounded; column values as they were"
            return Verdict("lossy", note, loses="documents")
        note = f"a step of the contract is {float(step):.3g} of the column's: column values come back rounded"
        return Verdict("lossy", note, loses="rows")


def _decimals(column: Column) -> int:
    return column.decimals or 0 if column.kind == "decimal" else 0
