"""Contract types become flat, frozen shapes; what no document can carry is refused."""

from __future__ import annotations

import dataclasses
import enum
from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Any, Literal
from uuid import UUID

import pytest
from msgspec import Meta, Struct
from msgspec import field as struct_field

from acl.contract import NO_DEFAULT, Column, Field, Shape, Table, describe, did_you_mean, json_schema
from acl.errors import ContractError


class Colour(enum.Enum):
    RED = "red"
    BLUE = "blue"


class Money(Struct):
    amount: Decimal
    currency: str


class Item(Struct):
    id: UUID


class Doc(Struct, rename="camel"):
    name: Annotated[str, Meta(max_length=5)]
    total: Money
    the_refund: Money | None
    items: list[Item]
    colour: Colour
    level: Literal[1, 2]
    made: datetime
    due: date | None = None
    tags: list[str] = struct_field(default_factory=list)
    extra: Any = 3


class Loop(Struct):
    again: Loop


@pytest.mark.parametrize(
    ("annotation", "what"),
    [
        (int | str, "several types"),
        (Literal["a", 1], "several types"),
        (bytes, "BytesType"),
        (set[int], "SetType"),
    ],
)
def test_a_type_that_documents_cannot_carry_is_refused(annotation: Any, what: str) -> None:
    with pytest.raises(ContractError, match=what):
        describe(dataclasses.make_dataclass("Bad", [("field", annotation)]))


@pytest.mark.parametrize("kind", [int, list[int]])
def test_a_type_without_fields_is_refused(kind: Any) -> None:
    with pytest.raises(ContractError, match="no type with fields"):
        describe(kind)


def test_a_type_with_an_unknown_name_is_refused() -> None:
    class Lost(Struct):
        nowhere: Nowhere  # noqa: F821

    with pytest.raises(ContractError, match="'Nowhere' is not defined"):
        describe(Lost)


def test_a_type_that_contains_itself_is_refused() -> None:
    with pytest.raises(ContractError, match="contains itself"):
        describe(Loop)


def test_a_table_that_names_a_column_twice_is_refused() -> None:
    with pytest.raises(ContractError, match="names id twice"):
        Table("t", "a.T", "m.py:1", (Column("id", "int"), Column("id", "text")))


def test_leaves_are_named_by_their_dotted_paths_on_the_wire() -> None:
    money = Shape("Money", (Field("amount", "decimal"), Field("currency", "text")))
    assert describe(Doc) == Shape(
        "Doc",
        (
            Field("name", "text", max_length=5),
            Field("total.amount", "decimal"),
            Field("total.currency", "text"),
            Field("theRefund", "object", null=True, item=money),
            Field("items", "list", item=Shape("Item", (Field("id", "uuid"),))),
            Field("colour", "text", choices=("red", "blue")),
            Field("level", "int", choices=(1, 2)),
            Field("made", "datetime"),
            Field("due", "date", null=True, default=None),
            Field("tags", "list", default=[]),
            Field("extra", "json", null=True, default=3),
        ),
    )


def test_a_dataclass_is_described_like_a_struct() -> None:
    made = dataclasses.make_dataclass("Plain", [("number", int), ("note", str | None, None)])
    assert describe(made) == Shape("Plain", (Field("number", "int"), Field("note", "text", True, None)))
    assert describe(made).fields[0].default is NO_DEFAULT


def test_a_contract_is_a_json_schema_of_2020_12() -> None:
    schema = json_schema(Doc, Item)
    assert schema["$schema"].endswith("2020-12/schema")
    assert schema["$ref"] == "#/$defs/Doc"
    assert set(schema["$defs"]) == {"Colour", "Doc", "Item", "Money"}
    assert schema["$defs"]["Doc"]["required"][:3] == ["name", "total", "theRefund"]


def test_the_closest_name_is_suggested_or_all_of_them() -> None:
    assert did_you_mean("invoce", ["invoice", "line"]) == "did you mean 'invoice'?"
    assert did_you_mean("xyz", ["b", "a"]) == "known are a, b"
    assert did_you_mean("xyz", []) == "none is known"
