"""REST framework: what representing, validating and saving the fields of a serializer touches; its defaults."""

from __future__ import annotations

from analyzer.resolve import orm, serializer_fields
from analyzer.resolve.expressions import element
from analyzer.resolve.machine import Machine
from analyzer.resolve.scope import Scope
from analyzer.resolve.serializer_fields import fields, model_of
from analyzer.resolve.values import (
    NONE,
    Bound,
    Class,
    Instance,
    Items,
    Literal,
    Made,
    Map,
    Query,
    Record,
    Unknown,
    Value,
    merge,
    options,
    strings,
    text,
)

_SERIALIZER = "rest_framework.serializers.BaseSerializer"
_KEYS = frozenset({"PrimaryKeyRelatedField", "HyperlinkedRelatedField", "HyperlinkedIdentityField"})
"""Fields that show a foreign key without loading what it leads to."""
_DEFAULTS = {
    "authentication_classes": "DEFAULT_AUTHENTICATION_CLASSES",
    "filter_backends": "DEFAULT_FILTER_BACKENDS",
    "pagination_class": "DEFAULT_PAGINATION_CLASS",
    "permission_classes": "DEFAULT_PERMISSION_CLASSES",
    "throttle_classes": "DEFAULT_THROTTLE_CLASSES",
}


def chosen(m: Machine, scope: Scope, args: list[Value], kwargs: dict[str, Value], line: int) -> Value:
    """The classes that a view names in an attribute, or that the setting ``REST_FRAMEWORK`` names for all views."""
    name = text(args[1]) or ""
    found = m.attribute(scope, args[0], name, line)
    own = [
        each
        for option in options(found)
        for each in (option.items if isinstance(option, Items) else [option])
    ]
    classes = [each for each in own if isinstance(each, Class)]
    if isinstance(found, Items) or classes:
        return Items("list", list(classes))
    settings = m.setting("REST_FRAMEWORK")
    given = settings.items.get(_DEFAULTS[name]) if isinstance(settings, Map) else None
    named = [m.by_dotted_name(dotted) or m.external(dotted) for dotted in strings(given)]
    return Items("list", [each for each in named if isinstance(each, Class)])


def record(m: Machine, scope: Scope, args: list[Value], kwargs: dict[str, Value], line: int) -> Value:
    """The record that a serializer was made for, one of several, or a new one."""
    given = merge(
        [element(m, option) if isinstance(option, Query | Items) else option for option in options(args[1])]
    )
    if any(isinstance(option, Record | Instance) for option in options(given)):
        return given
    model = model_of(args[0])
    return Record(model) if model is not None else Unknown("what is serialized")


def represent(m: Machine, scope: Scope, args: list[Value], kwargs: dict[str, Value], line: int) -> Value:
    """``to_representation()``: each field gets its value from the record."""
    for serializer in options(args[0]):
        if isinstance(serializer, Instance):
            for shown in options(args[1]):
                if isinstance(shown, Record):
                    for name, declared in serializer_fields.of_instance(m, serializer):
                        _show(m, scope, serializer, shown, name, declared, line)
    return NONE


def look_up(m: Machine, scope: Scope, args: list[Value], kwargs: dict[str, Value], line: int) -> Value:
    """``to_internal_value()``: related records are looked up, unique columns are asked for."""
    for serializer in options(args[0]):
        if not isinstance(serializer, Instance):
            continue
        model = model_of(serializer)
        info = m.registry.info(model) if model is not None else None
        if info is not None and m.registry.unique_columns(info):
            m.effect(scope, line, info.table, "read", "query", 0.8, "validation")
        for name, declared in serializer_fields.of_instance(m, serializer):
            if not is_flag(declared, "read_only"):
                _find(m, scope, model, name, declared, line)
    return NONE


def save_links(m: Machine, scope: Scope, args: list[Value], kwargs: dict[str, Value], line: int) -> Value:
    """What ``create()`` and ``update()`` of a model serializer set on many-to-many relations."""
    for serializer in options(args[0]):
        model = model_of(serializer)
        if model is None or not isinstance(serializer, Instance):
            continue
        for name, declared in fields(m, serializer.cls):
            found = m.registry.accessor(model, source_of(name, declared))
            if found is not None and found[0].kind == "m2m" and not is_flag(declared, "read_only"):
                related = orm.related(m, scope, Record(model), *found, line)
                call(m, scope, m.attribute(scope, related, "set", line), [Unknown("records")], line)
    return NONE


def _show(
    m: Machine,
    scope: Scope,
    serializer: Instance,
    shown: Record,
    name: str,
    declared: Value | None,
    line: int,
) -> None:
    if is_flag(declared, "write_only"):
        return
    short = (
        declared.short
        if isinstance(declared, Made)
        else declared.cls.name
        if isinstance(declared, Instance)
        else ""
    )
    if short == "SerializerMethodField":
        method = text(argument(declared, "method_name")) or f"get_{name}"
        call(m, scope, m.attribute(scope, serializer, method, line), [shown], line)
        return
    source = source_of(name, declared)
    found = m.registry.accessor(shown.model, source)
    if (declared is None or short in _KEYS) and found is not None:
        link, backwards = found
        if link.kind != "m2m" and link.kind != "grel" and not backwards:
            return  # the key is in the record itself
    value: Value = shown
    for part in source.split(".") if source != "*" else ():
        value = m.attribute(scope, value, part, line)
        value = call(m, scope, value, [], line) if isinstance(value, Bound) else value
    for option in options(value):
        if isinstance(option, Query):
            m.read(scope, option, line)
    if isinstance(declared, Instance) and declared.cls.is_a(_SERIALIZER):
        each = [
            element(m, option) if isinstance(option, Query | Items) else option for option in options(value)
        ]
        serializer_fields.tell_apart(m, declared)
        call(m, scope, m.attribute(scope, declared, "to_representation", line), [merge(each)], line)


def _find(
    m: Machine, scope: Scope, model: Class | None, name: str, declared: Value | None, line: int
) -> None:
    given = argument(declared, "queryset")
    for option in options(given) if given is not None else ():
        if isinstance(option, Query):
            m.read(scope, option, line)
    if isinstance(declared, Instance) and declared.cls.is_a(_SERIALIZER):
        serializer_fields.tell_apart(m, declared)
        call(m, scope, m.attribute(scope, declared, "to_internal_value", line), [Unknown("data")], line)
    elif declared is None and model is not None:
        found = m.registry.accessor(model, name)
        target = found[0].target if found is not None and not found[1] else None
        if target is not None:
            m.effect(scope, line, m.registry.table(target), "read", "query", 0.8, "validation")


def call(m: Machine, scope: Scope, function: Value, args: list[Value], line: int) -> Value:
    """Call each thing that a function may be."""
    return merge([m.call(scope, option, args, {}, line) for option in options(function)])


def source_of(name: str, declared: Value | None) -> str:
    """The attribute that a field shows and sets."""
    return text(argument(declared, "source")) or name


def is_flag(declared: Value | None, name: str) -> bool:
    """Whether a field was declared with ``name=True``."""
    given = argument(declared, name)
    return isinstance(given, Literal) and given.value is True


def argument(declared: Value | None, name: str) -> Value | None:
    """An argument that a field was declared with."""
    return declared.kwargs.get(name) if isinstance(declared, Made | Instance) else None
