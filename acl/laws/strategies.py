"""Rows and documents of a mapping's declared domain, generated from the model, the contract and each operation.

Points in time lie between 1900 and 2200. Values that an operation declares to refuse are not drawn; values that it
declares to lose are: the laws know which.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from functools import cache, singledispatch
from typing import Any, cast
from uuid import UUID, uuid5
from zoneinfo import ZoneInfo

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from acl.contract import Column, Field, Shape, Table
from acl.mapping import Mapping
from acl.mapping import operations as o
from acl.mapping.model import Case, Operation, Tagged
from acl.mapping.support import amount, instant

__all__ = ["Ids", "contract_values", "documents", "legacy_values", "rows"]

Values = dict[str, Any]
Strategy = SearchStrategy[Values]

_LETTERS = st.characters(codec="utf-8", exclude_characters="\x00")
_DATES = st.dates(date(1900, 1, 1), date(2200, 1, 1))
_TIMES = st.datetimes(datetime(1900, 1, 2), datetime(2200, 1, 1))
_AWARE = _TIMES.map(lambda value: value.replace(tzinfo=UTC))
_WORDS = st.text(_LETTERS, max_size=8)
_JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | _WORDS,
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(_WORDS, inner, max_size=2),
    max_leaves=4,
)
_NAMESPACE = UUID("6f1d3d7e-2f0e-4a5b-9d55-6a0e7c3b9b11")


class Ids:
    """An id map that knows every key that is asked for, and remembers whose id is whose."""

    def __init__(self) -> None:
        self._keys: dict[str, Any] = {}

    def new(self, kind: str, key: Any) -> str:
        """The id of a key."""
        made = str(uuid5(_NAMESPACE, f"{kind}:{key!r}"))
        self._keys[f"{kind}:{made}"] = key
        return made

    def to_new(self, kind: str, keys: Iterable[Any]) -> Values:
        """As a mapping asks on the way to the contract."""
        return {key: self.new(kind, key) for key in keys if type(key) in (int, str)}

    def to_legacy(self, kind: str, ids: Iterable[Any]) -> Values:
        """As a mapping asks on the way back."""
        return {one: self._keys[f"{kind}:{one}"] for one in ids if f"{kind}:{one}" in self._keys}


def rows(mapping: Mapping) -> Strategy:
    """Rows that the mapping declares to translate."""
    parts = [legacy_values(one, mapping.table, mapping.shape) for one in mapping.operations]
    return _merged(parts)


def documents(mapping: Mapping, ids: Ids) -> Strategy:
    """Documents that the mapping declares to translate back; made without it."""
    return _flat_documents(mapping, ids).map(_nested)


def _flat_documents(mapping: Mapping, ids: Ids) -> Strategy:
    parts = [contract_values(one, mapping.table, mapping.shape, ids) for one in mapping.operations]
    return _merged(parts).map(lambda document: _one_currency(mapping, document))


def _merged(parts: Iterable[Strategy]) -> Strategy:
    return st.tuples(*parts).map(lambda dicts: {name: value for one in dicts for name, value in one.items()})


def _one_currency(mapping: Mapping, document: Values) -> Values:
    """Amounts that share a currency column have one currency."""
    chosen: dict[str, str] = {}
    for one in mapping.operations:
        if not isinstance(one, o.Money) or len(one.columns) < 2:
            continue
        whole = document.get(one.path)
        if isinstance(whole, dict):
            whole["currency"] = chosen.setdefault(one.columns[1], whole["currency"])
        elif f"{one.path}.currency" in document:
            path = f"{one.path}.currency"
            document[path] = chosen.setdefault(one.columns[1], document[path])
    return document


def _nested(flat: Values) -> Values:
    root: Values = {}
    for path, value in flat.items():
        *parents, name = path.split(".")
        node = root
        for parent in parents:
            node = node.setdefault(parent, {})
        node[name] = value
    return root


# What a column holds, and what a document says, by kind.


def column_values(column: Column, field: Field | None = None) -> SearchStrategy[Any]:
    """Values of a column; with a field, those that the contract can say as they are."""
    if column.choices:
        values: SearchStrategy[Any] = st.sampled_from(column.choices)
    elif column.kind == "int":
        bits = column.bits or 32
        values = st.integers(
            1 if column.primary_key or column.target else -(2 ** (bits - 1)), 2 ** (bits - 1) - 1
        )
        values = _obeying(values, field)
    elif column.kind == "text":
        values = _text(column.max_length, field)
    else:
        values = _PLAIN[column.kind](column)
    return st.none() | values if column.null and (field is None or field.null) else values


def _text(room: int | None, field: Field | None) -> SearchStrategy[str]:
    rules = dict(field.rules) if field is not None else {}
    limits = [limit for limit in (room, field.max_length if field else None, 12) if limit is not None]
    least = int(rules.get("min_length", 0))
    if "pattern" in rules:
        return st.from_regex(str(rules["pattern"]), fullmatch=False).filter(
            lambda text: len(text) <= min(limits[:-1], default=99)
        )
    return st.text(_LETTERS, min_size=least, max_size=max(least, min(limits)))


def _obeying(values: SearchStrategy[Any], field: Field | None) -> SearchStrategy[Any]:
    rules: dict[str, Any] = dict(field.rules) if field is not None else {}
    tests: dict[str, Callable[[Any, Any], bool]] = {
        "ge": lambda a, b: a >= b,
        "gt": lambda a, b: a > b,
        "le": lambda a, b: a <= b,
        "lt": lambda a, b: a < b,
        "multiple_of": lambda a, b: a % b == 0,
    }
    least, most = rules.get("ge", rules.get("gt")), rules.get("le", rules.get("lt"))
    if rules:
        values = st.integers(None if least is None else int(least), None if most is None else int(most))
    return values.filter(
        lambda value: all(tests[name](value, limit) for name, limit in rules.items() if name in tests)
    )


def _decimals(column: Column) -> SearchStrategy[Decimal]:
    places = column.decimals or 0
    most = 10 ** min(column.digits or 12, 15) - 1
    return st.integers(-most, most).map(lambda steps: Decimal(steps).scaleb(-places))


_PLAIN: dict[str, Callable[[Column], SearchStrategy[Any]]] = {
    "bool": lambda column: st.booleans(),
    "float": lambda column: st.floats(allow_nan=False, allow_infinity=False),
    "decimal": _decimals,
    "datetime": lambda column: _TIMES if column.naive else _AWARE,
    "date": lambda column: _DATES,
    "time": lambda column: st.times(),
    "duration": lambda column: st.integers(0, 10**9).map(lambda seconds: timedelta(seconds=seconds)),
    "uuid": lambda column: st.uuids(),
    "bytes": lambda column: st.binary(max_size=4),
    "json": lambda column: _JSON,
    "unknown": lambda column: st.none(),
}


def _amounts(places: int, most: int = 10**12) -> SearchStrategy[str]:
    return st.integers(-most, most).map(lambda steps: amount(steps, places))


def _said(field: Field, values: SearchStrategy[Any]) -> SearchStrategy[Any]:
    return st.none() | values if field.null else values


def _pair(one: Operation, table: Table, shape: Shape) -> tuple[Column, Field]:
    return cast(Column, table.column(one.columns[0])), cast(Field, shape.field(one.path))


# Rows, by operation.


@singledispatch
def legacy_values(one: Operation, table: Table, shape: Shape) -> Strategy:
    """Values of the columns that an operation reads."""
    return st.fixed_dictionaries(
        {
            name: column_values(column, shape.field(one.path))
            for name in one.columns
            for column in [table.column(name)]
            if column is not None
        }
    )


@legacy_values.register
def _(one: o.Enum, table: Table, shape: Shape) -> Strategy:
    column, _ = _pair(one, table, shape)
    codes: SearchStrategy[Any] = st.sampled_from([code for code, _ in one.pairs])
    return st.fixed_dictionaries({column.name: st.none() | codes if column.null else codes})


@legacy_values.register
def _(one: o.Default, table: Table, shape: Shape) -> Strategy:
    column, _ = _pair(one, table, shape)
    filled = column_values(column, None)
    return st.fixed_dictionaries({column.name: filled if not column.null else st.none() | filled})


@legacy_values.register
def _(one: o.Money, table: Table, shape: Shape) -> Strategy:
    minor = cast(Column, table.column(one.columns[0]))
    values: dict[str, SearchStrategy[Any]] = {minor.name: column_values(minor)}
    for name in one.columns[1:]:
        values[name] = _text(cast(Column, table.column(name)).max_length, _currency(one, shape))
    return st.fixed_dictionaries(values)


def _currency(one: o.Money, shape: Shape) -> Field | None:
    whole = shape.field(one.path)
    if whole is not None and whole.item is not None:
        return whole.item.field("currency")
    return shape.field(f"{one.path}.currency")


@legacy_values.register
def _(one: o.Unit, table: Table, shape: Shape) -> Strategy:
    column, _ = _pair(one, table, shape)
    places = column.decimals or 0
    steps = st.integers(-(10**9), 10**9)
    values = steps if column.kind == "int" else steps.map(lambda value: Decimal(value).scaleb(-places))
    return st.fixed_dictionaries({column.name: st.none() | values if column.null else values})


@legacy_values.register
def _(one: o.DateTime, table: Table, shape: Shape) -> Strategy:
    column, _ = _pair(one, table, shape)
    values = column_values(column)
    zone = ZoneInfo(one.zone) if one.zone else None
    if zone is not None:
        near = _near_changes(zone).map(lambda value: value.astimezone(zone).replace(tzinfo=None))
        values = (values | near).filter(lambda value: value is None or _exists(value, zone))
    return st.fixed_dictionaries({column.name: values})


@cache
def _near_changes(zone: ZoneInfo) -> SearchStrategy[datetime]:
    """Instants around those at which the clocks of a zone change, in the 21st century."""
    days = [datetime(2001, 1, 1, tzinfo=UTC) + timedelta(days=number) for number in range(366 * 10)]
    offsets = [day.astimezone(zone).utcoffset() for day in days]
    changes = [day for day, before, after in zip(days, offsets, offsets[1:], strict=False) if before != after]
    minutes = st.integers(-180, 24 * 60 + 180).map(lambda count: timedelta(minutes=count))
    return st.builds(lambda day, after: day + after, st.sampled_from(changes), minutes) if changes else _AWARE


def _exists(local: datetime, zone: ZoneInfo) -> bool:
    """Whether the clocks of the zone ever show that time."""
    return local.replace(tzinfo=zone).astimezone(UTC).astimezone(zone).replace(tzinfo=None) == local


@legacy_values.register
def _(one: o.Split, table: Table, shape: Shape) -> Strategy:
    if one.on is None:
        return _functioning(
            one,
            st.fixed_dictionaries(
                {one.columns[0]: column_values(cast(Column, table.column(one.columns[0])))}
            ),
        )
    return _joinable(one.on, len(one.fields)).map(lambda parts: {one.columns[0]: str(one.on).join(parts)})


@legacy_values.register
def _(one: o.Merge, table: Table, shape: Shape) -> Strategy:
    if one.on is None:
        return _functioning(one, legacy_values.dispatch(Operation)(one, table, shape))
    return _joinable(one.on, len(one.columns)).map(lambda parts: dict(zip(one.columns, parts, strict=True)))


def _joinable(on: str, count: int) -> SearchStrategy[list[str]]:
    parts = st.lists(_WORDS, min_size=count, max_size=count)
    return parts.filter(lambda texts: on.join(texts).split(on, count - 1) == texts)


def _functioning(one: o.Split | o.Merge, values: Strategy) -> Strategy:
    """Those values that the user's own function takes: it alone knows its domain."""
    function = one.apart if isinstance(one, o.Split) else one.together
    return values.filter(lambda row: _takes(function, list(row.values())))


def _takes(function: Any, arguments: list[Any]) -> bool:
    try:
        function(*arguments)
    except Exception:
        return False
    return True


@legacy_values.register
def _(one: o.Flatten, table: Table, shape: Shape) -> Strategy:
    values = {key: _field_values(cast(Field, shape.field(path))) for key, path in one.members}
    return st.fixed_dictionaries({one.columns[0]: st.fixed_dictionaries(values)})


@legacy_values.register
def _(one: o.Each, table: Table, shape: Shape) -> Strategy:
    members = st.lists(rows(one.using), max_size=3, unique_by=lambda row: repr(row[one.key]))
    return st.fixed_dictionaries({one.columns[0]: members})


@legacy_values.register
def _(one: o.When, table: Table, shape: Shape) -> Strategy:
    (step,) = one.steps("to_contract", table, shape)
    assert isinstance(step, Tagged)
    cases = [_row_of_case(step, case) for case in step.cases]
    if step.null:
        cases.append(st.just(dict(step.empty)))
    return st.one_of(cases)


def _row_of_case(step: Tagged, case: Case) -> Strategy:
    said = {step.sources[0]: case.code}
    return rows(case.using).map(lambda row: {**said, **row, **dict(case.others)})


# Documents, by operation.


def _field_values(field: Field) -> SearchStrategy[Any]:
    """What a document says of a field of that kind."""
    if field.choices:
        return _said(field, st.sampled_from(field.choices))
    match field.kind:
        case "text":
            values: SearchStrategy[Any] = _text(None, field)
        case "int":
            values = _obeying(st.integers(-(2**31), 2**31 - 1), field)
        case "bool":
            values = st.booleans()
        case "float":
            values = st.floats(allow_nan=False, allow_infinity=False)
        case _:
            values = _JSON
    return _said(field, values)


@singledispatch
def contract_values(one: Operation, table: Table, shape: Shape, ids: Ids) -> Strategy:
    """Values of the fields that an operation makes, by their paths."""
    return st.just({})


@contract_values.register
def _(one: o.Rename, table: Table, shape: Shape, ids: Ids) -> Strategy:
    column, field = _pair(one, table, shape)
    if column.kind == "text" and not field.choices:
        values: SearchStrategy[Any] = _said(field, _text(column.max_length, field))
    else:
        values = _field_values(field)
    return st.fixed_dictionaries({one.path: values})


@contract_values.register
def _(one: o.Default, table: Table, shape: Shape, ids: Ids) -> Strategy:
    return st.fixed_dictionaries({one.path: _field_values(cast(Field, shape.field(one.path)))})


@contract_values.register
def _(one: o.Enum, table: Table, shape: Shape, ids: Ids) -> Strategy:
    words: SearchStrategy[Any] = st.sampled_from(list(dict.fromkeys(word for _, word in one.pairs)))
    return st.fixed_dictionaries({one.path: _said(cast(Field, shape.field(one.path)), words)})


@contract_values.register
def _(one: o.Money, table: Table, shape: Shape, ids: Ids) -> Strategy:
    whole = shape.field(one.path)
    if len(one.columns) == 1:
        return st.fixed_dictionaries({one.path: _said(cast(Field, whole), _amounts(one.places))})
    money: dict[str, SearchStrategy[Any]] = {
        "amount": _amounts(one.places),
        "currency": _text(cast(Column, table.column(one.columns[1])).max_length, _currency(one, shape)),
    }
    if whole is not None:
        return st.fixed_dictionaries({one.path: _said(whole, st.fixed_dictionaries(money))})
    return st.fixed_dictionaries({f"{one.path}.{name}": values for name, values in money.items()})


@contract_values.register
def _(one: o.DecimalText, table: Table, shape: Shape, ids: Ids) -> Strategy:
    column, field = _pair(one, table, shape)
    most = 10 ** min(column.digits or 12, 15) - 1
    return st.fixed_dictionaries({one.path: _said(field, _amounts(column.decimals or 0, most))})


@contract_values.register
def _(one: o.Unit, table: Table, shape: Shape, ids: Ids) -> Strategy:
    field = cast(Field, shape.field(one.path))
    steps: SearchStrategy[Any] = st.integers(-(10**9), 10**9)
    if field.kind != "int":
        steps = steps.map(lambda value: amount(value, one.places))
    return st.fixed_dictionaries({one.path: _said(field, steps)})


@contract_values.register
def _(one: o.DateTime, table: Table, shape: Shape, ids: Ids) -> Strategy:
    times = _AWARE | _near_changes(ZoneInfo(one.zone)) if one.zone else _AWARE
    instants = times.map(instant)
    return st.fixed_dictionaries({one.path: _said(cast(Field, shape.field(one.path)), instants)})


@contract_values.register
def _(one: o.AsText, table: Table, shape: Shape, ids: Ids) -> Strategy:
    values: dict[str, SearchStrategy[Any]] = {
        "date": _DATES.map(date.isoformat),
        "time": st.times().map(time.isoformat),
        "uuid": st.uuids().map(str),
    }
    return st.fixed_dictionaries({one.path: _said(cast(Field, shape.field(one.path)), values[one.kind])})


@contract_values.register
def _(one: o.Ref, table: Table, shape: Shape, ids: Ids) -> Strategy:
    column, field = _pair(one, table, shape)
    keys = column_values(Column(column.name, column.kind, primary_key=True, max_length=column.max_length))
    return st.fixed_dictionaries({one.path: _said(field, keys.map(lambda key: ids.new(one.ids, key)))})


@contract_values.register
def _(one: o.Split, table: Table, shape: Shape, ids: Ids) -> Strategy:
    if one.on is None:
        return legacy_values(one, table, shape).map(
            lambda row: dict(zip(one.fields, _apart(one, row[one.columns[0]]), strict=True))
        )
    return _joinable(one.on, len(one.fields)).map(lambda parts: dict(zip(one.fields, parts, strict=True)))


def _apart(one: o.Split, value: Any) -> tuple[Any, ...]:
    assert one.apart is not None
    return tuple(one.apart(value))


@contract_values.register
def _(one: o.Merge, table: Table, shape: Shape, ids: Ids) -> Strategy:
    together = one.together if one.together is not None else lambda *parts: str(one.on).join(parts)
    return legacy_values(one, table, shape).map(
        lambda row: {one.path: together(*(row[name] for name in one.columns))}
    )


@contract_values.register
def _(one: o.Flatten, table: Table, shape: Shape, ids: Ids) -> Strategy:
    return st.fixed_dictionaries(
        {path: _field_values(cast(Field, shape.field(path))) for _, path in one.members}
    )


@contract_values.register
def _(one: o.Each, table: Table, shape: Shape, ids: Ids) -> Strategy:
    inner = one.using
    paths = [other.path for other in inner.operations if one.key in other.columns and other.path]
    members = st.lists(
        _flat_documents(inner, ids),
        max_size=3,
        unique_by=lambda member: repr(member.get(paths[0] if paths else "")),
    )
    return st.fixed_dictionaries({one.path: members.map(lambda flat: [_nested(member) for member in flat])})


@contract_values.register
def _(one: o.When, table: Table, shape: Shape, ids: Ids) -> Strategy:
    (step,) = one.steps("to_contract", table, shape)
    assert isinstance(step, Tagged)
    cases: list[SearchStrategy[Any]] = [_object_of_case(step, case, ids) for case in step.cases]
    return st.fixed_dictionaries({one.path: st.one_of([*cases, *([st.none()] if step.null else [])])})


def _object_of_case(step: Tagged, case: Case, ids: Ids) -> Strategy:
    said = {step.tag_field: case.tag}
    return documents(case.using, ids).map(lambda document: {**said, **document})


@contract_values.register
def _(one: o.ContractOnly, table: Table, shape: Shape, ids: Ids) -> Strategy:
    return st.just({one.path: one.value})
