"""A translator loses nothing: what it cannot translate, it answers with every reason."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from uuid import UUID

import pytest
from fakes.acl_orders import a_document, a_row, line, order

from acl import Identity, Translator
from acl.identity import derived_ids
from acl.mapping import compile_source
from acl.stores import SqliteIdMap
from acl.translate import load

NAMESPACE = UUID("00000000-0000-5000-8000-000000000001")


@pytest.fixture
def translator(connect: Callable[[], sqlite3.Connection]) -> Translator:
    ids = SqliteIdMap(connect())
    return Translator(order, Identity(ids, derived_ids(NAMESPACE)))


def test_a_module_of_another_mapping_is_refused(translator: Translator) -> None:
    other = load(compile_source(line), "line")
    with pytest.raises(ValueError, match="of mapping line 1, not order 2; compile it again"):
        Translator(order, translator.identity, other)


def test_the_untranslatable_is_answered_with_every_reason(translator: Translator) -> None:
    rows = [a_row(id=1), a_row(id=2, status="X", net_cents=None), a_row(id=3), {"id": 4}]
    answer = translator.to_contract(rows)
    assert len(answer.translated) == 2
    assert answer.refused == (1, 3)
    second = [record for record in answer.untranslatable if record.key == 2]
    assert [(one.path, one.operation, one.value) for one in second] == [
        ("status", "enum", "X"),
        ("net_cents", "money", None),
    ]
    assert {(one.mapping, one.version, one.direction) for one in answer.untranslatable} == {
        ("order", 2, "to_contract")
    }
    assert str(second[0]) == "order 2: status = 'X': no partner; known are 'O', 'P', 'V' (enum)"


def test_an_id_that_is_not_known_is_no_legacy_key(translator: Translator) -> None:
    answer = translator.to_legacy([a_document(id="elsewhere")])
    assert answer.translated == []
    assert ("elsewhere", "id") in [(one.key, one.path) for one in answer.untranslatable]


def test_what_is_no_document_has_no_key(translator: Translator) -> None:
    answer = translator.to_legacy(["text"])  # type: ignore[list-item]
    assert {record.key for record in answer.untranslatable} == {None}


def test_there_and_back_through_an_id_map(translator: Translator) -> None:
    rows = [a_row(id=number, customer_id=number + 100) for number in range(1500)]
    documents = translator.to_contract(rows)
    back = translator.to_legacy(documents.translated)
    assert (documents.untranslatable, back.untranslatable) == ((), ())
    kept = [
        translator.compiled.put(row, existing) for row, existing in zip(back.translated, rows, strict=True)
    ]
    assert kept == rows
    assert len({document["id"] for document in documents.translated}) == 1500
