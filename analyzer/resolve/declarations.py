"""What a field declares: a column, or a relation with its options, as they are written."""

from __future__ import annotations

from dataclasses import dataclass

from analyzer.model.facts import Field, Location, RelationKind
from analyzer.resolve.choices import choices_of
from analyzer.resolve.fields import RELATION_FIELDS, TEXT_LENGTHS, RelationField, is_field_class
from analyzer.resolve.origin import origin
from analyzer.resolve.values import Class, Instance, Literal, Made, Value, options, text


@dataclass(slots=True, eq=False)
class Link:
    """A relation of a model: what was declared, and the model it leads to once that is known."""

    kind: RelationKind
    name: str
    declared: Value
    owner: Class
    line: int
    target: Class | None = None
    label: str | None = None
    target_text: str = ""
    on_delete: str | None = None
    related_name: str | None = None
    related_query_name: str | None = None
    through: Class | None = None
    through_label: str | None = None
    through_table: str = ""
    made: Class | None = None
    """The model that Django makes for a many-to-many relation, once somebody has asked for it."""
    null: bool = False
    column: str = ""
    source_model: Class | None = None
    content_type_field: str = ""


def field_class(value: Made | Instance | None) -> tuple[str, RelationField | None]:
    """The class name of a field, and what it declares if it is a relation."""
    if value is None:
        return "", None
    if isinstance(value, Made):
        return value.short, RELATION_FIELDS.get(value.short)
    known, unknown = value.cls.order()
    for name in [*(cls.name for cls in known), *(name.rpartition(".")[2] for name in unknown)]:
        if name in RELATION_FIELDS:
            return value.cls.name, RELATION_FIELDS[name]
    fields = [name for name in unknown if is_field_class(name.rpartition(".")[2])]
    return (
        value.cls.name if value.cls.name.endswith("Field") else fields[0].rpartition(".")[2] if fields else ""
    ), None


def link_of(
    relation: RelationField, name: str, value: Made | Instance, ancestor: Class, model: Class
) -> Link:
    link = Link(relation.kind, name, value, ancestor, ancestor.line_of.get(name, ancestor.node.line))
    link.source_model = model
    kwargs = value.kwargs
    link.related_name = text(kwargs.get("related_name"))
    link.related_query_name = text(kwargs.get("related_query_name"))
    link.null = flag(value, "null")
    link.column = text(kwargs.get("db_column")) or f"{name}_id"
    if relation.kind in {"fk", "o2o"}:
        given = kwargs.get("on_delete") or (value.args[1] if len(value.args) > 1 else None)
        link.on_delete = _on_delete(given) or relation.on_delete or "CASCADE"
    if relation.kind == "gfk":
        link.content_type_field = (
            text(kwargs.get("ct_field")) or text(value.args[0] if value.args else None) or "content_type"
        )
    return link


def _on_delete(value: Value | None) -> str | None:
    for option in options(value) if value is not None else ():
        last = origin(option).rpartition(".")[2]
        if last.isupper() or last == "SET":
            return last
    return None


def column_of(name: str, kind: str, value: Made | Instance, where: Location) -> Field:
    primary = flag(value, "primary_key")
    default = value.kwargs.get("default")
    return Field(
        name, text(value.kwargs.get("db_column")) or name, kind, where, flag(value, "null"),
        flag(value, "unique") or primary, primary, _number(value, "max_length") or TEXT_LENGTHS.get(kind),
        _number(value, "max_digits"), _number(value, "decimal_places"), choices_of(value.kwargs.get("choices")),
        default.value if isinstance(default, Literal) else None,
    )  # fmt: skip


def _number(value: Made | Instance, name: str) -> int | None:
    given = value.kwargs.get(name)
    return given.value if isinstance(given, Literal) and type(given.value) is int else None


def flag(value: Made | Instance, name: str) -> bool:
    given = value.kwargs.get(name)
    return isinstance(given, Literal) and given.value is True
