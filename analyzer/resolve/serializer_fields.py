"""The fields of a REST framework serializer: those of its class, or the fewer that one instance of it is made for."""

from __future__ import annotations

from collections.abc import Iterator

from analyzer.resolve.machine import Machine
from analyzer.resolve.values import Class, Instance, Items, Literal, Made, Value, options, strings, text

_FRAMEWORK = frozenset(
    [
        "allow_blank",
        "allow_empty",
        "allow_null",
        "many",
        "partial",
        "read_only",
        "required",
        "trim_whitespace",
        "write_only",
    ]
)
"""Flags that REST framework itself takes."""
_META = frozenset({"exclude", "fields", "read_only_fields", "validators"})


def model_of(serializer: Value) -> Class | None:
    """The model in ``Meta``."""
    meta = serializer.cls.find("Meta") if isinstance(serializer, Instance) else None
    found = meta[0].find("model") if meta is not None and isinstance(meta[0], Class) else None
    return (
        next((option for option in options(found[0]) if isinstance(option, Class)), None) if found else None
    )


def declared_fields(cls: Class) -> dict[str, Value]:
    """The fields that a class and its bases declare, by name."""
    found: dict[str, Value] = {}
    for owner in reversed(cls.order()[0]):
        for name, value in owner.names.items():
            if _is_field(value):
                found[name] = value
            else:
                found.pop(name, None)
    return found


def _is_field(value: Value) -> bool:
    if isinstance(value, Made):
        return value.short.endswith(("Field", "Serializer", "Filter", "Column"))
    return isinstance(value, Instance) and not value.cls.name.endswith("Manager")


def fields(m: Machine, cls: Class) -> Iterator[tuple[str, Value | None]]:
    """The fields of a serializer: those that ``Meta`` lists, else all that are declared and those of the model."""
    declared = declared_fields(cls)
    meta = cls.find("Meta")
    listed = meta[0].find("fields") if meta is not None and isinstance(meta[0], Class) else None
    names = list(strings(listed[0])) if listed is not None and text(listed[0]) is None else []
    if names:
        yield from ((name, declared.get(name)) for name in dict.fromkeys(names))
        return
    yield from declared.items()
    excluded = meta[0].find("exclude") if meta is not None and isinstance(meta[0], Class) else None
    model = model_of(cls.instance())
    info = m.registry.info(model) if model is not None else None
    if info is not None and (listed is not None or excluded is not None):
        left_out = set(strings(excluded[0])) if excluded is not None else set()
        yield from ((name, None) for name in info.links if name not in declared and name not in left_out)


def of_instance(m: Machine, serializer: Instance) -> Iterator[tuple[str, Value | None]]:
    """The fields of one serializer, which may have been made for fewer than its class has."""
    fewer = _fewer(m, serializer)
    for name, declared in fields(m, serializer.cls):
        if fewer is None or name in fewer:
            yield name, declared


def tell_apart(m: Machine, serializer: Instance) -> None:
    """Keep apart what serializers of one class do that show different fields."""
    fewer = _fewer(m, serializer)
    if fewer is not None and serializer.made_with is None:
        serializer.made_with = ("fields", fewer)


def _fewer(m: Machine, serializer: Instance) -> frozenset[str] | None:
    """The fields that the arguments choose: ``fields=[...]``, or a flag of the project's own for a list in ``Meta``.

    Both only where the project has written its own way to list the fields. The list is the one in ``Meta`` that names
    some of the fields, apart from those that REST framework asks for; where there are several, nothing is known.
    """
    cls = serializer.cls
    own = (cls.find(name) for name in ("fields", "get_fields", "__init__"))
    if not serializer.kwargs or all(found is None or found[1].module.is_library for found in own):
        return None
    given = frozenset(strings(serializer.kwargs.get("fields")))
    if given:
        return given
    flags = [
        name
        for name, value in serializer.kwargs.items()
        if name not in _FRAMEWORK and isinstance(value, Literal) and value.value is True
    ]
    return _listed_beside(m, cls) if flags else None


def _listed_beside(m: Machine, cls: Class) -> frozenset[str] | None:
    meta = cls.find("Meta")
    if meta is None or not isinstance(meta[0], Class):
        return None
    every = {name for name, _ in fields(m, cls)}
    lists = {
        name: frozenset(strings(value))
        for owner in meta[0].order()[0]
        for name, value in owner.names.items()
        if name not in _META and isinstance(value, Items)
    }
    found = [names for names in lists.values() if names and names < every]
    return found[0] if len(found) == 1 else None
