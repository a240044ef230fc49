"""split, merge and flatten: what does not part in one way is refused, on import or by value."""

from __future__ import annotations

from typing import Any

import pytest
from msgspec import Struct

from acl.contract import Column, Table
from acl.errors import MappingError
from acl.mapping import Mapping, compile_source, explain
from acl.mapping import language as l
from acl.mapping.model import Operation
from acl.translate import load

table = Table(
    "person",
    "app.Person",
    "m.py:1",
    (
        Column("name", "text"),
        Column("street", "text"),
        Column("house", "text"),
        Column("options", "json"),
        Column("nick", "text", null=True),
    ),
)


class Person(Struct):
    first: str
    last: str
    line: str
    color: str
    nick: str | None


def declare(**changes: Operation) -> Mapping:
    operations = {
        "name": l.split("name", ("first", "last"), on=" "),
        "line": l.merge(("street", "house"), "line", on=" "),
        "options": l.flatten("options", {"color": "color"}),
        "nick": l.rename("nick", "nick"),
    }
    return l.mapping("person", table, Person, *(operations | changes).values())


ROW = {"name": "Ada Lovelace", "street": "Markt", "house": "1", "options": {"color": "red"}, "nick": None}
DOCUMENT = {"first": "Ada", "last": "Lovelace", "line": "Markt 1", "color": "red", "nick": None}


@pytest.mark.parametrize(
    ("changes", "what"),
    [
        ({"name": l.split("name", ("first", "last"))}, "give on=<separator>, or both apart= and together="),
        ({"name": l.split("name", ("first", "last"), apart=str.split)}, "both apart= and together="),
        ({"name": l.split("name", ("first", "last"), on="")}, "the separator is empty"),
        ({"name": l.split("name", ("first", "lost"), on=" ")}, "no field 'lost'; did you mean 'last'?"),
        ({"line": l.merge(("street", "hous"), "line", on=" ")}, "no column 'hous'; did you mean 'house'?"),
        ({"nick": l.split("nick", ("nick",), on=" ")}, "column nick is NULL at times"),
        ({"options": l.flatten("name", {"color": "color"})}, "column name is of kind text; it takes json"),
        ({"options": l.flatten("options", {})}, "it names no member"),
    ],
)
def test_what_the_import_refuses(changes: dict[str, Operation], what: str) -> None:
    with pytest.raises(MappingError) as caught:
        declare(**changes)
    assert what in str(caught.value)


@pytest.mark.parametrize(
    ("change", "path", "reason"),
    [
        ({"name": "Plato"}, "name", "not 2 parts with ' ' between them"),
        ({"street": "Am Markt"}, "street", "cannot be told from the separator"),
        ({"options": {"color": "red", "size": 3}}, "options", "not an object of color"),
    ],
)
def test_values_that_would_not_come_back_are_refused(change: dict[str, Any], path: str, reason: str) -> None:
    (answer,) = explain(declare(), "to_contract", [ROW | change], lambda kind, keys: {})
    assert isinstance(answer, tuple)
    assert [flaw.path for flaw in answer] == [path]
    assert reason in answer[0].reason


def test_a_separator_that_overlaps_itself_is_refused() -> None:
    mapping = declare(name=l.split("name", ("first", "last"), on="aa"))
    (answer,) = explain(
        mapping, "to_legacy", [DOCUMENT | {"first": "xa", "last": "y"}], lambda kind, keys: {}
    )
    assert isinstance(answer, tuple)


def test_there_and_back() -> None:
    compiled = load(compile_source(declare()), "person")
    assert compiled.to_contract([ROW], lambda kind, keys: {}) == ([DOCUMENT], [])
    assert compiled.to_legacy([DOCUMENT], lambda kind, keys: {}) == ([ROW], [])


def test_functions_of_the_users_own_are_carried_along() -> None:
    split = l.split(
        "name",
        ("first", "last"),
        apart=lambda name: name.split(", ")[::-1],
        together=lambda first, last: f"{last}, {first}",
    )
    compiled = load(compile_source(declare(name=split)), "person")
    row = ROW | {"name": "Lovelace, Ada"}
    assert compiled.to_contract([row], lambda kind, keys: {}) == ([DOCUMENT], [])
    assert compiled.to_legacy([DOCUMENT], lambda kind, keys: {}) == ([row], [])
