"""unit: exact, and honest about what a rounding changes."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from msgspec import Struct

from acl.contract import Column, Table
from acl.errors import MappingError
from acl.mapping import Mapping, check, explain
from acl.mapping import language as l

POUND = "0.45359237"


class Parcel(Struct):
    kilograms: Decimal


def parcel(places: int, factor: str = POUND, column: Column | None = None, offset: str = "0") -> Mapping:
    columns = (column or Column("pounds", "decimal", decimals=2),)
    table = Table("parcel", "app.Parcel", "m.py:1", columns)
    return l.mapping(
        "parcel",
        table,
        Parcel,
        l.unit(columns[0].name, "kilograms", factor=factor, places=places, offset=offset),
    )


def translated(mapping: Mapping, direction: Any, value: dict[str, Any]) -> Any:
    (answer,) = explain(mapping, direction, [value], lambda kind, keys: {})
    return answer


@pytest.mark.parametrize(
    ("factor", "what"), [("0", "the factor is zero"), ("a pound", "not both numbers"), ("1/0", "not both")]
)
def test_what_is_no_factor(factor: str, what: str) -> None:
    with pytest.raises(MappingError, match=what):
        parcel(2, factor)


@pytest.mark.parametrize("value", [1.5, True, "1", None, Decimal("NaN"), Decimal("Infinity")])
def test_what_is_no_exact_number_is_refused(value: object) -> None:
    assert isinstance(translated(parcel(2), "to_contract", {"pounds": value}), tuple)


@pytest.mark.parametrize("value", ["1", "1.5", "01.50", "1,50", 1.5, None])
def test_text_that_is_not_canonical_is_refused(value: object) -> None:
    assert isinstance(translated(parcel(2), "to_legacy", {"kilograms": value}), tuple)


@pytest.mark.parametrize(
    ("places", "factor", "grade"),
    [(2, POUND, "column values come back rounded"), (3, POUND, "column values as they were"), (2, "1", "")],
)
def test_the_verdict_follows_from_the_steps_of_both_sides(places: int, factor: str, grade: str) -> None:
    (covered,) = check(parcel(places, factor)).contract
    assert grade in covered.note
    assert covered.grade == ("lossy" if grade else "isomorphic")


@pytest.mark.parametrize(("places", "unchanged"), [(2, False), (3, True)])
def test_the_verdict_is_true_for_every_small_value(places: int, unchanged: bool) -> None:
    mapping = parcel(places)
    rows = [{"pounds": Decimal(cents).scaleb(-2)} for cents in range(1000)]
    back = [translated(mapping, "to_legacy", translated(mapping, "to_contract", row)) for row in rows]
    assert (back == rows) is unchanged


def test_an_offset_and_whole_numbers() -> None:
    fahrenheit = parcel(1, "5/9", Column("pounds", "int"), "-160/9")
    assert translated(fahrenheit, "to_contract", {"pounds": 100}) == {"kilograms": "37.8"}
    assert translated(fahrenheit, "to_legacy", {"kilograms": "37.8"}) == {"pounds": 100}
