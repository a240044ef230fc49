"""when: every code and tag has its case, columns of other cases have a value, and errors name their place."""

from __future__ import annotations

from typing import Any

import pytest
from msgspec import Struct

from acl.contract import Column, Table
from acl.errors import MappingError
from acl.mapping import Mapping, check, compile_source, explain
from acl.mapping import language as l
from acl.translate import load

table = Table(
    "payment",
    "app.Payment",
    "m.py:1",
    (
        Column("method", "text", choices=("C", "T")),
        Column("card_no", "text", null=True),
        Column("bank_id", "int", null=True),
        Column("iban", "text"),
    ),
)


class Card(Struct, tag="card", tag_field="type"):
    number: str
    bank: str


class Transfer(Struct, tag="transfer", tag_field="type"):
    iban: str


class Payment(Struct):
    by: Card | Transfer


CARD = l.case("C", "card", l.rename("card_no", "number"), l.ref("bank_id", "bank", ids="banks"))
TRANSFER = l.case("T", "transfer", l.rename("iban", "iban"))


def declare(*cases: Any, otherwise: Any = None) -> Mapping:
    return l.mapping("payment", table, Payment, l.when("method", "by", *cases, otherwise=otherwise))


def ids(kind: str, keys: Any) -> dict[Any, Any]:
    known = {7: "bank-7", "bank-7": 7}
    return {key: known[key] for key in keys if key in known}


ROWS = [
    {"method": "C", "card_no": "4111", "bank_id": 7, "iban": ""},
    {"method": "T", "card_no": None, "bank_id": None, "iban": "DE1"},
]
DOCUMENTS = [
    {"by": {"type": "card", "number": "4111", "bank": "bank-7"}},
    {"by": {"type": "transfer", "iban": "DE1"}},
]


@pytest.mark.parametrize(
    ("cases", "otherwise", "what"),
    [
        ((CARD,), {"iban": ""}, "choice 'T' of column method has no case"),
        ((CARD,), {"iban": ""}, "by may be 'transfer', which has no case"),
        ((CARD, TRANSFER), None, "say otherwise={'iban': <value>}"),
        ((CARD, TRANSFER, l.case("X", "crd")), {"iban": ""}, "by cannot be 'crd'; did you mean 'card'?"),
        ((CARD, TRANSFER, CARD), {"iban": ""}, "code 'C' has two cases"),
        ((CARD, l.case("T", "transfer")), {}, "field iban of Transfer is not mapped"),
        ((CARD, l.case("T", "transfer", l.rename("ibn", "iban"))), {}, "did you mean 'iban'?"),
        ((CARD, l.case("T", "transfer", l.legacy_only("iban"))), {}, "it cannot stand in a case"),
    ],
)
def test_what_the_import_refuses(cases: Any, otherwise: Any, what: str) -> None:
    with pytest.raises(MappingError) as caught:
        declare(*cases, otherwise=otherwise)
    assert what in str(caught.value)


@pytest.mark.parametrize(
    ("direction", "source", "flaws"),
    [
        ("to_contract", {**ROWS[0], "method": "X"}, [("method", "no case for 'X'")]),
        ("to_contract", {**ROWS[0], "card_no": None}, [("card_no", "null")]),
        (
            "to_contract",
            {**ROWS[0], "card_no": None, "bank_id": 8},
            [("card_no", "null"), ("bank_id", "no id is known in 'banks'")],
        ),
        ("to_legacy", {"by": {"type": "cash"}}, [("by", "no case for 'cash'")]),
        (
            "to_legacy",
            {"by": {"type": "card", "bank": "bank-8"}},
            [("by.number", "missing"), ("by.bank", "no id is known in 'banks'")],
        ),
    ],
)
def test_every_flaw_of_a_case_is_named_by_its_path(direction: Any, source: Any, flaws: Any) -> None:
    mapping = declare(CARD, TRANSFER, otherwise={"iban": ""})
    (answer,) = explain(mapping, direction, [source], ids)
    assert isinstance(answer, tuple)
    assert [(flaw.path, flaw.reason) for flaw in answer] == flaws
    compiled = load(compile_source(mapping), "payment")
    translate = compiled.to_contract if direction == "to_contract" else compiled.to_legacy
    assert translate([source], ids) == ([], [0])


def test_there_and_back() -> None:
    compiled = load(compile_source(declare(CARD, TRANSFER, otherwise={"iban": ""})), "payment")
    assert compiled.to_contract(ROWS, ids) == (DOCUMENTS, [])
    assert compiled.to_legacy(DOCUMENTS, ids) == (ROWS, [])


def test_only_the_case_that_holds_asks_for_ids() -> None:
    asked: list[set[Any]] = []

    def resolve(kind: str, keys: Any) -> dict[Any, Any]:
        asked.append(set(keys))
        return ids(kind, keys)

    compiled = load(compile_source(declare(CARD, TRANSFER, otherwise={"iban": ""})), "payment")
    compiled.to_contract([{**ROWS[1], "bank_id": 9}], resolve)
    compiled.to_legacy(DOCUMENTS, resolve)
    assert asked == [set(), {"bank-7"}]


def test_the_coverage_names_the_fields_of_each_case() -> None:
    report = check(declare(CARD, TRANSFER, otherwise={"iban": ""}))
    assert [covered.name for covered in report.contract] == [
        "by",
        "by<card>.number",
        "by<card>.bank",
        "by<transfer>.iban",
    ]
