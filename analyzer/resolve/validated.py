"""What a REST framework serializer has made of its input: records for keys, and what ``validate_<field>`` returns."""

from __future__ import annotations

from analyzer.resolve import serializer_fields, serializers
from analyzer.resolve.machine import Machine
from analyzer.resolve.scope import Scope
from analyzer.resolve.values import (
    NONE,
    Class,
    Instance,
    Items,
    Map,
    Query,
    Record,
    Unknown,
    Value,
    options,
)


def data(m: Machine, scope: Scope, args: list[Value], kwargs: dict[str, Value], line: int) -> Value:
    """``serializer.validated_data``: a dict with what is known of each field."""
    found = Map({}, Unknown("a value that was validated"))
    for serializer in options(args[0]):
        if isinstance(serializer, Instance):
            for name, declared in serializer_fields.of_instance(m, serializer):
                value = _value(m, scope, serializer, name, declared, line)
                if not isinstance(value, Unknown):
                    found.items[serializers.source_of(name, declared)] = value
    return found


def fields(m: Machine, scope: Scope, args: list[Value], kwargs: dict[str, Value], line: int) -> Value:
    """Run the ``validate_<field>`` methods."""
    for serializer in options(args[0]):
        if isinstance(serializer, Instance):
            for name, declared in serializer_fields.of_instance(m, serializer):
                if serializer.cls.find(f"validate_{name}") is not None:
                    _value(m, scope, serializer, name, declared, line)
    return NONE


def _value(
    m: Machine, scope: Scope, serializer: Instance, name: str, declared: Value | None, line: int
) -> Value:
    if serializers.is_flag(declared, "read_only"):
        return Unknown("a field that is only shown")
    value = _found(m, serializer_fields.model_of(serializer), name, declared)
    if serializer.cls.find(f"validate_{name}") is not None:
        check = m.attribute(scope, serializer, f"validate_{name}", line)
        checked = serializers.call(m, scope, check, [value], line)
        return value if isinstance(checked, Unknown) else checked
    return value


def _found(m: Machine, model: Class | None, name: str, declared: Value | None) -> Value:
    """The record that a key leads to, or several."""
    queryset = serializers.argument(declared, "queryset")
    for option in options(queryset) if queryset is not None else ():
        if isinstance(option, Query) and option.model is not None:
            several = serializers.is_flag(declared, "many")
            return Items("list", [], Record(option.model)) if several else Record(option.model)
    found = m.registry.accessor(model, name) if model is not None and declared is None else None
    if found is None or found[1] or found[0].target is None:
        return Unknown("a value that was sent")
    several = found[0].kind == "m2m"
    return Items("list", [], Record(found[0].target)) if several else Record(found[0].target)
