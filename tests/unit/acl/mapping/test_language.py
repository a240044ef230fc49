"""A declaration that cannot hold is refused when it is imported, with its line and what to write instead."""

from __future__ import annotations

import inspect
from collections.abc import Iterable
from typing import Literal

import pytest
from msgspec import Struct

from acl.contract import Children, Column, Table
from acl.errors import MappingError
from acl.mapping import Mapping
from acl.mapping import language as l
from acl.mapping.model import Operation


class Money(Struct):
    amount: str
    currency: str


class Member(Struct):
    position: int


class Doc(Struct):
    number: str
    total: Money
    state: Literal["open", "paid"]
    members: list[Member]
    note: str | None = None


child = Table("child", "app.Child", "m.py:9", (Column("position", "int"),))
table = Table(
    "doc",
    "app.Doc",
    "m.py:1",
    (
        Column("number", "text"),
        Column("cents", "int"),
        Column("currency", "text"),
        Column("status", "text", choices=("O", "P")),
        Column("note", "text", null=True),
        Column("made", "datetime", naive=True),
    ),
    (Children("members", child, "doc_id"),),
)
member = l.mapping("member", child, Member, l.rename("position", "position"))


def whole() -> dict[str, Operation]:
    """The operations of a declaration that holds, by what each covers."""
    return {
        "number": l.rename("number", "number"),
        "total": l.money(("cents", "currency"), "total"),
        "state": l.enum("status", "state", {"O": "open", "P": "paid"}),
        "note": l.rename("note", "note"),
        "made": l.legacy_only("made", on_create="2024-01-01"),
        "members": l.each("members", "members", key="position", using=member),
    }


def declare(**changes: Operation | tuple[Operation, ...] | None) -> Mapping:
    operations: list[Operation | Iterable[Operation]] = [
        one for one in {**whole(), **changes}.values() if one is not None
    ]
    return l.mapping("doc", table, Doc, *operations)


def refusal(**changes: Operation | tuple[Operation, ...] | None) -> str:
    with pytest.raises(MappingError) as caught:
        declare(**changes)
    return str(caught.value)


@pytest.mark.parametrize(
    ("operation", "what"),
    [
        (l.rename("numbr", "number"), "doc has no column 'numbr'; did you mean 'number'?"),
        (l.rename("number", "nmber"), "Doc has no field 'nmber'; did you mean 'number'?"),
        (
            l.rename("number", "total"),
            "total is an object; name one of its fields: total.amount, total.currency",
        ),
        (l.rename("note", "number"), "column note may be NULL, but number may not"),
        (l.rename("number", "note"), "note may be null, but column number is NOT NULL"),
        (l.rename("cents", "number"), "column cents is of kind int, number of kind text"),
        (l.rename("number", "state"), "state takes only 'open', 'paid'"),
        (l.rename("made", "number"), "use datetime(...)"),
        (l.money("number", "number"), "column number is of kind text"),
        (l.money(("cents", "currency"), "number"), "number is not {amount: text, currency: text}"),
        (l.enum("status", "state", {"O": "open"}), "choice 'P' of column status has no partner; add 'P'"),
        (
            l.enum("status", "state", {"O": "open", "P": "open"}),
            "'O', 'P' all become 'open'; name the one to write back: preferred={'open': 'O'}",
        ),
        (
            l.enum("status", "state", {"O": "open", "P": "open"}, preferred={"open": "X"}),
            "preferred 'X' does not become 'open'",
        ),
        (l.enum("status", "state", {"O": "opn", "P": "paid"}), "state cannot be 'opn'; did you mean 'open'?"),
        (l.datetime("made", "number"), "column made has no time zone; say which: zone='Europe/Berlin'"),
        (l.datetime("made", "number", zone="Europe/Berln"), "no time zone 'Europe/Berln' on this machine"),
        (l.date("made", "number"), "column made is of kind datetime; it takes date"),
        (l.decimal("cents", "number"), "column cents is of kind int; it takes decimal"),
        (l.default("number", "number", ""), "neither side may be null; use rename('number', 'number')"),
        (l.default("note", "note", ""), "both sides may be null; use rename('note', 'note')"),
        (l.default("note", "number", 5), "5 is not of kind text"),
        (l.ref("made", "number", ids="x"), "column made is of kind datetime; it takes int or text"),
        (l.legacy_only("number"), "column number is NOT NULL and has no source on the way back"),
        (l.legacy_only("number", on_create=object()), "is no value for column number, of kind text"),
        (l.legacy_only("cents", on_create="5"), "'5' is no value for column cents, of kind int"),
        (l.legacy_only("made", on_create="soon"), "'soon' for column made: Invalid isoformat string"),
        (l.money(("cents", "cents"), "total"), "currency column cents is of kind int; name a text column"),
        (l.enum("cents", "state", {"1": "open", "2": "paid"}), "'1' is no value of cents, of kind int"),
        (l.contract_only("number", value=5), "5 is no value for number, of kind text"),
        (l.contract_only("number"), "number may not be null"),
        (l.contract_only("state", value="gone"), "state cannot be 'gone'"),
        (l.computed("total", lambda row: 1), "total is an object; name one of its fields"),
        (
            l.each("members", "members", key="positn", using=member),
            "the key 'positn' is no column that 'member'",
        ),
        (l.each("membrs", "members", key="position", using=member), "doc has no children 'membrs'"),
        (l.each("members", "number", key="position", using=member), "number is no list of objects"),
    ],
)
def test_an_operation_that_does_not_fit_is_refused_with_a_remedy(operation: Operation, what: str) -> None:
    message = refusal(extra=operation)
    assert what in message
    assert f"{__file__}:{operation.where.line}: {operation.name}: " in message


def test_a_forgotten_column_or_field_is_refused() -> None:
    message = refusal(number=None, made=None)
    assert (
        "column number of doc is not mapped; map it, or drop it with legacy_only('number', on_create="
        in message
    )
    assert "column made of doc is not mapped" in message
    assert "field number of Doc is not mapped; map it, or say contract_only('number', value=" in message


def test_forgotten_children_are_refused() -> None:
    assert "children members of doc are not mapped" in refusal(members=None)


def test_a_column_or_field_that_is_mapped_twice_is_refused() -> None:
    message = refusal(again=l.rename("note", "note"))
    assert "column note is mapped twice; the other is at" in message
    assert "rename: note is mapped twice" in message


def test_children_of_another_table_or_type_are_refused() -> None:
    other = l.mapping(
        "other", Table("o", "a.O", "m.py:2", (Column("n", "int"),)), Member, l.rename("n", "position")
    )
    message = refusal(members=l.each("members", "members", key="n", using=other))
    assert "mapping 'other' is of o, the children of child" in message


def test_all_problems_are_told_in_the_order_of_the_file() -> None:
    with pytest.raises(MappingError) as caught:
        declare(number=l.rename("numbr", "number"), note=l.rename("not", "note"))
    assert len(caught.value.problems) == 4  # two unknown names, and two columns that are now forgotten
    assert sorted(caught.value.problems, key=lambda problem: problem.where) == list(caught.value.problems)


@pytest.mark.parametrize("scale", [0, 3, 99, 1.5, -100])
def test_a_scale_that_is_no_power_of_ten_is_refused(scale: int) -> None:
    with pytest.raises(ValueError, match="power of ten"):
        l.money("cents", "number", scale=scale)


def test_a_declaration_that_holds_knows_its_line() -> None:
    mapping = declare()
    lines, first = inspect.getsourcelines(declare)
    assert (mapping.name, mapping.version) == ("doc", 1)
    assert first <= mapping.where.line < first + len(lines)
    assert mapping.where.file == __file__


def test_amounts_may_share_their_currency_column_and_nothing_else() -> None:
    class Two(Struct):
        net: Money
        total: Money

    columns = (Column("net", "int"), Column("total", "int"), Column("currency", "text"))
    two = l.mapping(
        "two",
        Table("two", "a.Two", "m.py:1", columns),
        Two,
        l.money(("net", "currency"), "net"),
        l.money(("total", "currency"), "total"),
    )
    assert len(two.operations) == 2


def test_nest_moves_paths_into_an_object() -> None:
    moved = l.nest("a", l.rename("x", "b"), l.nest("c", l.rename("y", "d")), l.legacy_only("z"))
    assert [one.path for one in moved] == ["a.b", "a.c.d", ""]


def test_a_currency_that_only_nullable_amounts_carry_is_refused() -> None:
    class Refund(Struct):
        refund: Money | None

    columns = (Column("cents", "int", null=True), Column("currency", "text"))
    refunds = Table("refund", "app.Refund", "m.py:1", columns)
    with pytest.raises(
        MappingError, match="column currency is NOT NULL and has no source when refund is null"
    ):
        l.mapping("refund", refunds, Refund, l.money(("cents", "currency"), "refund"))
