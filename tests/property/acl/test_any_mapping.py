"""The laws hold for any declaration that the import accepts, not only for those that somebody thought of."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec import defstruct

from acl.contract import Children, Column, Table
from acl.laws import LAWS, prove
from acl.mapping import Mapping
from acl.mapping import language as l
from acl.mapping.model import Operation

Part = tuple[list[Column], list[Operation], list[tuple[str, Any]]]
"""Columns, operations and fields that belong together."""
Draw = st.DrawFn

ZONES = ["Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Kolkata", "UTC"]


def _null(draw: Draw, type_: Any) -> tuple[bool, Any]:
    null = draw(st.booleans())
    return null, type_ | None if null else type_


def _rename(draw: Draw, name: str) -> Part:
    kind, type_ = draw(st.sampled_from([("text", str), ("int", int), ("bool", bool), ("float", float)]))
    null, type_ = _null(draw, type_)
    length = draw(st.none() | st.integers(1, 9)) if kind == "text" else None
    column = Column(name, kind, null=null, max_length=length)
    return [column], [l.rename(name, name)], [(name, type_)]


def _enum(draw: Draw, name: str) -> Part:
    codes = draw(st.lists(st.integers(-9, 9), min_size=1, max_size=4, unique=True))
    words = draw(st.lists(st.sampled_from("abcd"), min_size=len(codes), max_size=len(codes)))
    null, type_ = _null(draw, Literal[tuple(dict.fromkeys(words))])
    preferred = {word: codes[words.index(word)] for word in words if words.count(word) > 1}
    column = Column(name, "int", null=null, choices=tuple(codes))
    operation = l.enum(name, name, dict(zip(codes, words, strict=True)), preferred=preferred)
    return [column], [operation], [(name, type_)]


def _money(draw: Draw, name: str) -> Part:
    money = defstruct("Money", [("amount", str), ("currency", str)])
    scale = draw(st.sampled_from([1, 10, 100, 1000]))
    count = draw(st.integers(0, 2))
    if not count:
        null, type_ = _null(draw, str)
        return [Column(name, "int", null=null)], [l.money(name, name, scale=scale)], [(name, type_)]
    columns, operations, fields = [Column(f"{name}_currency", "text")], [], []
    for number in range(count):
        null, type_ = _null(draw, money) if number else (False, money)
        columns.append(Column(f"{name}_{number}", "int", null=null))
        operations.append(l.money((f"{name}_{number}", f"{name}_currency"), f"{name}_{number}", scale=scale))
        fields.append((f"{name}_{number}", type_))
    return columns, operations, fields


def _plain(draw: Draw, name: str) -> Part:
    kind = draw(st.sampled_from(["date", "time", "uuid", "datetime", "decimal", "zoned"]))
    null, type_ = _null(draw, str)
    zone = draw(st.sampled_from(ZONES))
    made: dict[str, tuple[Column, Operation]] = {
        "date": (Column(name, "date", null=null), l.date(name, name)),
        "time": (Column(name, "time", null=null), l.time(name, name)),
        "uuid": (Column(name, "uuid", null=null), l.uuid(name, name)),
        "datetime": (Column(name, "datetime", null=null), l.datetime(name, name)),
        "zoned": (Column(name, "datetime", null=null, naive=True), l.datetime(name, name, zone=zone)),
        "decimal": (
            Column(name, "decimal", null=null, decimals=draw(st.integers(0, 4))),
            l.decimal(name, name),
        ),
    }
    column, operation = made[kind]
    return [column], [operation], [(name, type_)]


def _default(draw: Draw, name: str) -> Part:
    on_column = draw(st.booleans())
    column = Column(name, "text", null=on_column)
    return (
        [column],
        [l.default(name, name, draw(st.sampled_from(["", "none"])))],
        [(name, str if on_column else str | None)],
    )


def _ref(draw: Draw, name: str) -> Part:
    null, type_ = _null(draw, str)
    column = Column(name, draw(st.sampled_from(["int", "text"])), null=null)  # type: ignore[arg-type]
    return [column], [l.ref(name, name, ids=draw(st.sampled_from(["a", "row", "set"])))], [(name, type_)]


def _unit(draw: Draw, name: str) -> Part:
    factor = draw(st.sampled_from(["0.45359237", "5/9", "1", "-2", "1000", "1/3", "12.5"]))
    decimals, places = draw(st.integers(0, 3)), draw(st.integers(0, 3))
    column = Column(name, "decimal", decimals=decimals) if decimals else Column(name, "int")
    offset = draw(st.sampled_from(["0", "-160/9", "0.5"]))
    return [column], [l.unit(name, name, factor=factor, places=places, offset=offset)], [(name, str)]


def _parts(draw: Draw, name: str) -> Part:
    on, count = draw(st.sampled_from([" ", ", ", "aa", "::"])), draw(st.integers(2, 3))
    names = tuple(f"{name}_{number}" for number in range(count))
    if draw(st.booleans()):
        return [Column(name, "text")], [l.split(name, names, on=on)], [(one, str) for one in names]
    return [Column(one, "text") for one in names], [l.merge(names, name, on=on)], [(name, str)]


def _when(draw: Draw, name: str) -> Part:
    null = draw(st.booleans())
    first = defstruct("First", [("text", str)], tag="first", tag_field="kind")
    second = defstruct("Second", [("number", int), ("owner", str)], tag="second", tag_field="kind")
    columns = [
        Column(name, "int", null=null),
        Column(f"{name}_text", "text", null=draw(st.booleans())),
        Column(f"{name}_number", "int", null=True),
        Column(f"{name}_owner_id", "int", null=True),
    ]
    operation = l.when(
        name,
        name,
        l.case(1, "first", l.rename(f"{name}_text", "text")),
        l.case(
            2, "second", l.rename(f"{name}_number", "number"), l.ref(f"{name}_owner_id", "owner", ids="a")
        ),
        otherwise={f"{name}_text": None if columns[1].null else ""},
    )
    union = first | second
    return columns, [operation], [(name, union | None if null else union)]


def _sided(draw: Draw, name: str) -> Part:
    if draw(st.booleans()):
        return [Column(name, "text", null=True)], [l.legacy_only(name)], []
    return [], [l.contract_only(name, value=3)], [(name, int)]


MENU: list[Callable[[Draw, str], Part]] = [
    *(_rename, _enum, _money, _plain, _default, _ref, _unit, _parts, _when, _sided),
]


@st.composite
def declarations(draw: Draw, name: str = "root", depth: int = 1) -> Mapping:
    """A mapping of up to five parts, with children at times, and some of its fields in an object."""
    columns = [Column("id", "int", primary_key=True)]
    operations: list[Any] = [l.rename("id", "id")]
    fields: list[tuple[str, Any]] = [("id", int)]
    children: list[Children] = []
    for number, make in enumerate(draw(st.lists(st.sampled_from(MENU), max_size=5))):
        more = make(draw, f"c{number}")
        columns += more[0]
        if more[2] and draw(st.integers(0, 3)) == 0:
            operations.append(l.nest(f"o{number}", *more[1]))
            fields.append((f"o{number}", defstruct(f"O{number}", more[2])))
        else:
            operations += more[1]
            fields += more[2]
    if depth and draw(st.booleans()):
        inner = draw(declarations("member", depth - 1))
        children.append(Children("members", inner.table, "root_id"))
        operations.append(l.each("members", "members", key="id", using=inner))
        assert inner.contract is not None
        fields.append(("members", list.__class_getitem__(inner.contract)))
    table = Table(name, f"app.{name}", "m.py:1", tuple(columns), tuple(children))
    return l.mapping(name, table, defstruct(name.title(), fields), *operations)


@given(declarations(), st.sampled_from(sorted(LAWS)))
@settings(max_examples=60, suppress_health_check=[HealthCheck.nested_given, HealthCheck.too_slow])
def test_every_law_holds_for_any_declaration(mapping: Mapping, law: str) -> None:
    outcome = prove(mapping, law, examples=8)
    assert outcome.holds, f"{outcome}\n{mapping.operations}"
