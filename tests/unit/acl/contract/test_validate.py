"""Every fault of a document, with its path."""

from __future__ import annotations

from typing import Annotated, Any

import pytest
from msgspec import Meta, Struct

from acl.contract.validate import faults


class Inner(Struct):
    code: Annotated[str, Meta(max_length=3)]
    size: int


class Doc(Struct):
    name: str
    inner: Inner
    many: list[Inner]
    maybe: Inner | None = None


WHOLE: dict[str, Any] = {
    "name": "a",
    "inner": {"code": "EUR", "size": 1},
    "many": [{"code": "EUR", "size": 1}, {"code": "EUR", "size": 2}],
}


@pytest.mark.parametrize(
    ("change", "paths"),
    [
        ({"name": 1}, ["name"]),
        ({"name": 1, "inner": {"code": "LONG"}}, ["name", "inner.code", "inner.size"]),
        ({"many": [{"code": "EUR", "size": 1}, {"code": 3, "size": "x"}]}, ["many[1].code", "many[1].size"]),
        ({"many": {}, "inner": []}, ["inner", "many"]),
        ({"maybe": {"code": "EUR", "size": None}}, ["maybe.size"]),
    ],
)
def test_every_fault_has_its_path(change: dict[str, Any], paths: list[str]) -> None:
    assert [path for path, _, _ in faults({**WHOLE, **change}, Doc)] == paths


def test_what_is_no_object_is_one_fault() -> None:
    assert faults([], Doc) == [("", [], "Expected `object`, got `array`")]


def test_a_document_that_obeys_has_none() -> None:
    assert faults(WHOLE, Doc) == []
