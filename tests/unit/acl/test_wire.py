"""Bodies of JSON: nothing that is wrong with one is lost, and what is right comes back as it was."""

from __future__ import annotations

import json
from typing import Any

import msgspec
import pytest
from fakes.acl_invoices import row, translator

from acl.contract import Column, Shape, Table
from acl.errors import ContractError
from acl.identity import Identity
from acl.mapping import language as l
from acl.translate import Translator
from acl.wire import Wire


def told(answer: Any) -> list[tuple[str, str]]:
    assert answer.body is None
    return [(record.path, record.operation) for record in answer.untranslatable]


@pytest.mark.parametrize("body", [b"", b"{", b"nonsense", b"\xff", b'{"id": 1} {}'])
def test_what_is_no_json_is_one_record(body: bytes) -> None:
    assert told(Wire(translator()).to_legacy(body)) == [("", "contract")]
    (record,) = Wire(translator()).to_contract(body).untranslatable
    assert record.reason.startswith("no JSON")


@pytest.mark.parametrize("body", [b"3", b'"text"', b"[3]", b"null"])
def test_what_is_no_object_is_a_record(body: bytes) -> None:
    assert Wire(translator()).to_legacy(body).untranslatable
    assert Wire(translator()).to_contract(body).untranslatable


def test_every_fault_of_a_document_is_told() -> None:
    wire = Wire(translator())
    document = json.loads(wire.to_contract(msgspec.json.encode(row())).body or b"")
    document |= {"number": "much too long", "paid": "yes", "items": [{"position": 0, "amount": "2.50"}]}
    answer = wire.to_legacy(msgspec.json.encode(document))
    assert told(answer) == [("number", "contract"), ("paid", "contract"), ("items[0].position", "contract")]


def test_what_the_mapping_refuses_is_told_too() -> None:
    wire = Wire(translator())
    document = json.loads(wire.to_contract(msgspec.json.encode(row())).body or b"")
    answer = wire.to_legacy(msgspec.json.encode(document | {"vat": "19", "issued_at": "June"}))
    assert told(answer) == [("issued_at", "datetime"), ("vat", "decimal")]


def test_every_fault_of_a_row_is_told() -> None:
    answer = Wire(translator()).to_contract(msgspec.json.encode(row(id="x", issued="June")))
    assert [path for path, _ in told(answer)] == ["id", "issued"]


def test_a_document_against_the_contract_is_not_sent() -> None:
    items = [{"id": 1, "invoice_id": 7, "position": 0, "cents": 1}]
    assert told(Wire(translator()).to_contract(msgspec.json.encode(row(items=items)))) == [
        ("items[0].position", "contract")
    ]


def test_a_mapping_without_a_contract_type_is_refused() -> None:
    shape = Shape("Doc", ())
    mapping = l.mapping(
        "doc", Table("doc", "a.D", "m.py:1", (Column("id", "int", null=True),)), shape, l.legacy_only("id")
    )
    with pytest.raises(ContractError, match="has no contract type"):
        Wire(Translator(mapping, Identity(None, str)))  # type: ignore[arg-type]  # nothing is looked up


def test_there_and_back_alone_and_in_lists() -> None:
    wire = Wire(translator())
    for body in (row(), [row(), row(id=8, number="A-8", items=[])], []):
        there = wire.to_contract(msgspec.json.encode(body))
        assert there.untranslatable == ()
        back = json.loads(wire.to_legacy(there.body or b"").body or b"")
        for one in back if isinstance(back, list) else [back]:
            assert one.pop("exported") is False
        assert isinstance(back, list) == isinstance(body, list)


def test_rows_of_the_orm_are_encoded() -> None:
    wire = Wire(translator())
    translation = wire.rows(wire.to_contract(msgspec.json.encode([row()])).body or b"")
    answer = wire.encode(translation.translated)
    assert json.loads(answer.body or b"")[0]["number"] == "A-7"
    assert told(wire.encode([{}]))[0] == ("id", "ref")
