"""Legacy models as an analysis describes them (`strangler analyze --format json`): nothing of them is imported."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from acl.contract.table import Column, ColumnKind, Table
from acl.errors import ContractError

__all__ = ["known_type", "tables_of"]

_KINDS: dict[str, tuple[ColumnKind, int | None]] = {
    # Django's field class without "Field": kind, and the bits of an int
    "Auto": ("int", 32),
    "BigAuto": ("int", 64),
    "SmallAuto": ("int", 16),
    "Integer": ("int", 32),
    "BigInteger": ("int", 64),
    "SmallInteger": ("int", 16),
    "PositiveInteger": ("int", 32),
    "PositiveBigInteger": ("int", 64),
    "PositiveSmallInteger": ("int", 16),
    "Char": ("text", None),
    "Text": ("text", None),
    "Slug": ("text", None),
    "Email": ("text", None),
    "URL": ("text", None),
    "File": ("text", None),
    "FilePath": ("text", None),
    "Image": ("text", None),
    "IPAddress": ("text", None),
    "GenericIPAddress": ("text", None),
    "Boolean": ("bool", None),
    "NullBoolean": ("bool", None),
    "Float": ("float", None),
    "Decimal": ("decimal", None),
    "DateTime": ("datetime", None),
    "Date": ("date", None),
    "Time": ("time", None),
    "Duration": ("duration", None),
    "UUID": ("uuid", None),
    "Binary": ("bytes", None),
    "JSON": ("json", None),
    "Array": ("json", None),
    "HStore": ("json", None),
}
_BY_LENGTH = sorted(_KINDS, key=len, reverse=True)
_NO_COLUMN = {"m2m", "gfk", "grel"}


def tables_of(analysis: Mapping[str, Any]) -> dict[str, Table]:
    """The concrete models of an analysis, by their label (`billing.Invoice`); without children.

    Raises ContractError when the document is no analysis.
    """
    try:
        models = {model["label"]: model for model in analysis["models"] if not model["abstract"]}
        naive = not analysis.get("use_tz", True)
        return {
            label: _table(model, models, naive)
            for label, model in models.items()
            if model["table"] and not model["proxy"] and not model["library"]
        }
    except (AttributeError, KeyError, TypeError) as error:
        remedy = "write one with: strangler analyze PATH --format json -o analysis.json"
        raise ContractError(f"it is no analysis: {type(error).__name__} {error}", remedy) from error


def known_type(field_class: str) -> str | None:
    """The field class of Django's own that a class is named after: AutoSlugField -> Slug; None if there is none."""
    name = field_class.removesuffix("Field")
    if name in _KINDS:
        return name
    return next((known for known in _BY_LENGTH if name.endswith(known)), None)


def _table(model: Mapping[str, Any], models: Mapping[str, Any], naive: bool) -> Table:
    source = f"{model['file']}:{model['line']}" if model["file"] else ""
    columns = [_column(field, model, models, naive) for field in model["fields"]]
    columns.sort(key=lambda column: not column.primary_key)
    return Table(model["table"], model["label"], source, tuple(_parent_link(model, models, columns)))


def _column(
    field: Mapping[str, Any], model: Mapping[str, Any], models: Mapping[str, Any], naive: bool
) -> Column:
    relation = _relation(model["relations"], field["name"])
    kind, bits = _kind(field, relation, models, frozenset())
    name = f"{field['name']}_id" if relation else field["name"]
    return Column(
        name,
        kind,
        null=field["null"],
        primary_key=field["primary_key"],
        max_length=field["max_length"] if kind == "text" and known_type(field["type"]) != "Text" else None,
        decimals=field.get("decimals") if kind == "decimal" else None,
        choices=tuple(value for value, _ in field.get("choices", ())),
        target=relation["target"] if relation else None,
        naive=naive and kind == "datetime",
        unique=field["unique"] and not field["primary_key"],
        digits=field.get("digits") if kind == "decimal" else None,
        bits=bits,
        column="" if field["column"] == name else field["column"],
    )


def _parent_link(
    model: Mapping[str, Any], models: Mapping[str, Any], columns: list[Column]
) -> Iterable[Column]:
    """A model that inherits from another one's table has its key of that parent's row."""
    for relation in model["relations"]:
        name = f"{relation['field']}_id"
        if relation["kind"] == "mti" and name not in {column.name for column in columns}:
            kind, bits = _key_kind(relation["target"], models, frozenset())
            yield Column(name, kind, primary_key=True, target=relation["target"], bits=bits)
    yield from columns


def _relation(relations: Iterable[Mapping[str, Any]], field: str) -> Mapping[str, Any] | None:
    return next((one for one in relations if one["field"] == field and one["kind"] not in _NO_COLUMN), None)


def _kind(
    field: Mapping[str, Any],
    relation: Mapping[str, Any] | None,
    models: Mapping[str, Any],
    seen: frozenset[str],
) -> tuple[ColumnKind, int | None]:
    if relation is not None:
        return _key_kind(relation["target"], models, seen)
    known = known_type(field["type"])
    return _KINDS[known] if known is not None else ("unknown", None)


def _key_kind(
    label: str | None, models: Mapping[str, Any], seen: frozenset[str]
) -> tuple[ColumnKind, int | None]:
    """The kind of a model's primary key; an int where the model is not known, or has none of its own."""
    model = models.get(label or "")
    if model is None or label in seen:
        return "int", None
    for field in model["fields"]:
        if field["primary_key"]:
            return _kind(field, _relation(model["relations"], field["name"]), models, seen | {str(label)})
    parent = next((one["target"] for one in model["relations"] if one["kind"] == "mti"), None)
    return _key_kind(parent, models, seen | {str(label)}) if parent else ("int", None)
