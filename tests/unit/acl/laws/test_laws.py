"""Every law can be broken, and then shows a concrete example; a mapping that holds breaks none."""

from __future__ import annotations

from typing import Annotated, Any

import pytest
from fakes.acl_orders import order
from msgspec import Meta, Struct

from acl.contract import Column, Table
from acl.laws import LAWS, check_laws, losses, prove
from acl.mapping import Mapping, compile_source
from acl.mapping import language as l
from acl.translate import Compiled, load

table = Table(
    "parcel",
    "app.Parcel",
    "m.py:1",
    (Column("id", "int", primary_key=True), Column("label", "text"), Column("pounds", "decimal", decimals=2)),
)


class Parcel(Struct):
    id: str
    label: str
    kilograms: str


def parcel(label: Any = None, places: int = 3) -> Mapping:
    return l.mapping(
        "parcel",
        table,
        Parcel,
        l.ref("id", "id", ids="parcels"),
        label or l.rename("label", "label"),
        l.unit("pounds", "kilograms", factor="0.45359237", places=places),
    )


def tampered(old: str, new: str) -> Compiled:
    """The mapping's compiled module, changed by hand."""
    source = compile_source(parcel())
    assert old in source
    return load(source.replace(old, new), "tampered")


@pytest.mark.parametrize(
    ("law", "compiled", "shown"),
    [
        ("totality", tampered('"label": row["label"],', '"label": row["lable"],'), "refuses"),
        (
            "GetPut",
            tampered('"label": document["label"],', '"label": document["label"].strip(),'),
            "comes back as",
        ),
        ("PutGet", tampered('"label": row["label"],', '"label": row["label"].upper(),'), "label was"),
        ("weak round trip", tampered('"label": row["label"],', '"label": row["label"] + "!",'), "label was"),
        ("agreement", tampered('"label": row["label"],', '"label": row.get("label"),'), "interpreted"),
        ("validity", tampered('"label": row["label"],', '"label": None,'), "Expected `str`"),
    ],
)
def test_code_that_breaks_a_law_is_caught_with_an_example(law: str, compiled: Compiled, shown: str) -> None:
    outcome = prove(parcel(), law, compiled=compiled)
    assert not outcome.holds
    assert shown in str(outcome)


def test_an_inverse_that_is_none_is_caught() -> None:
    class Named(Struct):
        id: str
        first: str
        last: str
        kilograms: str

    mapping = l.mapping(
        "named",
        table,
        Named,
        l.ref("id", "id", ids="parcels"),
        l.split(
            "label",
            ("first", "last"),
            apart=lambda label: (label[:1], label[2:]),
            together=lambda a, b: a + b,
        ),
        l.unit("pounds", "kilograms", factor="0.45359237", places=3),
    )
    with pytest.raises(AssertionError, match=r"GetPut.*\n.*label was '..+', comes back as"):
        check_laws(mapping, laws=["GetPut"])


def test_a_function_that_fails_for_some_rows_is_caught() -> None:
    with pytest.raises(AssertionError, match="totality"):
        check_laws(first_letter(), laws=["totality"])


def first_letter() -> Mapping:
    class Lettered(Struct):
        id: str
        label: str
        letter: str
        kilograms: str

    return l.mapping(
        "lettered",
        table,
        Lettered,
        l.ref("id", "id", ids="parcels"),
        l.rename("label", "label"),
        l.computed("letter", lambda row: row["label"][0]),
        l.unit("pounds", "kilograms", factor="0.45359237", places=3),
    )


@pytest.mark.parametrize("law", LAWS)
def test_every_law_holds_for_every_operation(law: str) -> None:
    outcome = prove(order, law, examples=60)
    assert outcome.holds, outcome
    assert outcome.examples >= 60


def test_what_is_lost_is_shown_by_the_smallest_example() -> None:
    (loss,) = losses(parcel(places=2))
    assert (loss.side, loss.name, str(loss.before), loss.between, str(loss.after)) == (
        "legacy",
        "pounds",
        "0.01",
        "0.00",
        "0.00",
    )


def test_the_share_of_what_is_lost_is_counted() -> None:
    # Two decimals of kilograms have 0.4536 as many steps as two decimals of pounds: the rest must share them.
    (loss,) = losses(parcel(places=2))
    assert loss.share == pytest.approx(1 - 0.45359237, abs=0.001)
    assert "54.6% of the first 10,000 values" in str(loss)


def test_what_is_kept_is_not_shown() -> None:
    assert [loss.side for loss in losses(parcel(places=3))] == ["contract"]


def test_each_lossy_operation_has_its_example() -> None:
    assert {(loss.operation, loss.name) for loss in losses(order)} == {
        ("enum", "kind"),
        ("default", "note"),
        ("default", "coupon"),
        ("datetime", "placed_at"),
        ("unit", "kilograms"),
    }


def test_the_domain_obeys_the_rules_of_the_contract() -> None:
    class Ruled(Struct):
        id: str
        label: Annotated[str, Meta(pattern="^[A-Z]{2}$")]
        kilograms: str

    mapping = l.mapping(
        "ruled",
        table,
        Ruled,
        l.ref("id", "id", ids="parcels"),
        l.rename("label", "label"),
        l.unit("pounds", "kilograms", factor="0.45359237", places=3),
    )
    check_laws(mapping, examples=30)
