"""Structs of the contract, both ways."""

from __future__ import annotations

import msgspec
import pytest
from fakes.acl_invoices import Invoice, Item, row, translator

from acl.errors import ContractError
from acl.structs import Structs
from acl.wire import Wire

ROWS = Wire(translator())._rows[1].decode(msgspec.json.encode([row(), row(id=8, number="A-8")]))


def test_a_type_that_is_not_the_mappings_is_refused() -> None:
    with pytest.raises(ContractError, match="is not of Item"):
        Structs(translator(), Item)


def test_rows_that_the_mapping_or_the_contract_refuses_are_told() -> None:
    bad = {**ROWS[0], "number": "much too long"}
    worse = {**ROWS[1], "vat": None}
    answer = Structs(translator(), Invoice).to_contract([bad, worse, ROWS[1]])
    assert [one.number for one in answer.translated] == ["A-8"]
    assert {(one.path, one.operation) for one in answer.untranslatable} == {
        ("number", "contract"),
        ("vat", "decimal"),
    }


def test_there_and_back() -> None:
    structs = Structs(translator(), Invoice)
    there = structs.to_contract(ROWS)
    assert there.untranslatable == ()
    assert [(one.number, one.items[0].amount) for one in there.translated] == [
        ("A-7", "2.50"),
        ("A-8", "2.50"),
    ]
    back = structs.to_legacy(there.translated)
    assert [one["issued"] for one in back.translated] == [one["issued"] for one in ROWS]
