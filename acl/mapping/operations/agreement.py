"""Checks that several operations share: do both sides hold the same kind of value, and may both be null?"""

from __future__ import annotations

from collections.abc import Iterator

from acl.contract import Column, Field, Shape, Table
from acl.errors import Problem
from acl.mapping.model import Operation

__all__ = ["kind_problems", "null_problems", "sides"]


def sides(operation: Operation, table: Table, shape: Shape) -> tuple[Column, Field]:
    """The first column and the field of an operation whose names were checked before."""
    column, field = table.column(operation.columns[0]), shape.field(operation.path)
    assert column is not None
    assert field is not None
    return column, field


def null_problems(operation: Operation, column: Column, field: Field) -> Iterator[Problem]:
    """A null that one side may say and the other may not."""
    remedy = f"use default({column.name!r}, {field.path!r}, <value>)"
    if column.null and not field.null:
        yield operation.problem(
            f"column {column.name} may be NULL, but {field.path} may not",
            f"declare {field.path} as `... | None`, or {remedy}",
        )
    if field.null and not column.null and field.kind != "json":  # null is a value of JSON
        yield operation.problem(
            f"{field.path} may be null, but column {column.name} is NOT NULL",
            f"declare {field.path} without None, or {remedy}",
        )


def kind_problems(
    operation: Operation, column: Column, field: Field, columns: set[str], fields: set[str]
) -> Iterator[Problem]:
    """A column or a field of a kind that the operation cannot read or write."""
    if column.kind not in columns:
        yield operation.problem(
            f"column {column.name} is of kind {column.kind}", f"it takes {' or '.join(sorted(columns))}"
        )
    if field.kind not in fields:
        yield operation.problem(
            f"{field.path} is of kind {field.kind}", f"it makes {' or '.join(sorted(fields))}"
        )
