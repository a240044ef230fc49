"""Numbers with a scale: minor units or decimals on the one side, exact decimal text on the other."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from acl.contract import Field, Shape, Table
from acl.errors import Problem
from acl.mapping import support
from acl.mapping.model import Call, Copy, Direction, Operation, Step, Verdict
from acl.mapping.operations.agreement import kind_problems, null_problems, sides

__all__ = ["DecimalText", "Money"]

_TEXT = {"text", "decimal"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Money(Operation):
    """`money`: (minor units, currency) <-> {"amount": "12.34", "currency": "EUR"}, or minor units <-> "12.34".

    `places` is the number of decimals: 2 for scale 100. Several amounts may share one currency column; then the
    way back refuses a document whose currencies differ.
    """

    places: int

    @property
    def name(self) -> str:
        return "money"

    @property
    def shared(self) -> tuple[str, ...]:
        return self.columns[1:]

    @property
    def whole(self) -> bool:
        return len(self.columns) == 2

    def problems(self, table: Table, shape: Shape) -> Iterator[Problem]:
        minor = table.column(self.columns[0])
        assert minor is not None
        if minor.kind != "int":
            yield self.problem(
                f"column {minor.name} is of kind {minor.kind}", "money counts minor units in an int column"
            )
        if len(self.columns) == 1:
            column, field = sides(self, table, shape)
            yield from kind_problems(self, column, field, {"int"}, _TEXT)
            yield from null_problems(self, column, field)
            return
        leaves = {leaf.path.removeprefix(self.path + "."): leaf for leaf in self._leaves(shape)}
        if set(leaves) != {"amount", "currency"} or any(leaf.kind not in _TEXT for leaf in leaves.values()):
            yield self.problem(
                f"{self.path} is not {{amount: text, currency: text}}",
                "declare it so, or name one column only",
            )
        yield from self._null_problems(table, shape)

    def _null_problems(self, table: Table, shape: Shape) -> Iterator[Problem]:
        minor, currency = (table.column(name) for name in self.columns)
        assert minor is not None
        assert currency is not None
        if currency.kind != "text":
            yield self.problem(
                f"currency column {currency.name} is of kind {currency.kind}", "name a text column"
            )
        optional = shape.field(self.path)
        yield from null_problems(self, minor, optional or Field(self.path, "object"))
        if currency.null:
            yield self.problem(
                f"currency column {currency.name} may be NULL", "an amount without a currency says nothing"
            )

    def steps(self, direction: Direction, table: Table, shape: Shape) -> tuple[Step, ...]:
        null = self._null(shape)
        places = (self.places,)
        if len(self.columns) == 1:
            minor = self.columns[0]
            if direction == "to_contract":
                return (Call(self.path, (minor,), null, function=support.amount, arguments=places),)
            return (Call(minor, (self.path,), null, function=support.minor, arguments=places),)
        minor, currency = self.columns
        if not null:
            amount_at, currency_at = f"{self.path}.amount", f"{self.path}.currency"
            if direction == "to_contract":
                return (
                    Call(amount_at, (minor,), function=support.amount, arguments=places),
                    Copy(currency_at, (currency,)),
                )
            return (
                Call(minor, (amount_at,), function=support.minor, arguments=places),
                Copy(currency, (currency_at,)),
            )
        if direction == "to_contract":
            return (Call(self.path, self.columns, True, function=support.money_of, arguments=places),)
        return (
            Call(minor, (self.path,), True, function=support.minor_of, arguments=places),
            Call(currency, (self.path,), True, function=support.currency_of),
        )

    def verdict(self, table: Table, shape: Shape) -> Verdict:
        return Verdict("isomorphic")

    def _leaves(self, shape: Shape) -> tuple[Field, ...]:
        whole = shape.field(self.path)
        if whole is not None and whole.item is not None and whole.kind == "object":
            return whole.item.fields
        return shape.below(self.path)

    def _null(self, shape: Shape) -> bool:
        whole = shape.field(self.path)
        return whole is not None and whole.null


@dataclass(frozen=True, slots=True, kw_only=True)
class DecimalText(Operation):
    """`decimal`: a decimal column <-> exact decimal text, with the column's number of decimals."""

    @property
    def name(self) -> str:
        return "decimal"

    def problems(self, table: Table, shape: Shape) -> Iterator[Problem]:
        column, field = sides(self, table, shape)
        yield from kind_problems(self, column, field, {"decimal"}, _TEXT)
        yield from null_problems(self, column, field)
        if column.kind == "decimal" and column.decimals is None:
            yield self.problem(
                f"column {column.name} does not say its decimals", "add decimals= to the snapshot"
            )

    def steps(self, direction: Direction, table: Table, shape: Shape) -> tuple[Step, ...]:
        column, field = sides(self, table, shape)
        places = (column.decimals,)
        if direction == "to_contract":
            return (
                Call(self.path, self.columns, column.null, function=support.decimal_text, arguments=places),
            )
        return (Call(column.name, (self.path,), field.null, function=support.as_decimal, arguments=places),)

    def verdict(self, table: Table, shape: Shape) -> Verdict:
        return Verdict("isomorphic")
