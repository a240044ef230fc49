"""The values that a field may take: what its ``choices`` say, as far as they are literal."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain

from analyzer.resolve.values import Class, Items, Literal, Made, Map, Value, text

__all__ = ["Choice", "choices_of", "is_enumeration", "members"]

Choice = tuple[str | int, str]
"""A value and its label; the label is empty where it is not literal."""

_ENUMERATIONS = ("TextChoices", "IntegerChoices", "Choices")


def choices_of(value: Value | None) -> tuple[Choice, ...]:
    """A list of pairs, in groups or not, a dict, or an enumeration; nothing when a part of it cannot be read."""
    if isinstance(value, Class) and is_enumeration(value):
        value = members(value)
    found = list(_pairs(value))
    read = [choice for choice in found if choice is not None]
    return tuple(dict(read).items()) if len(read) == len(found) else ()


def is_enumeration(cls: Class) -> bool:
    """Whether a class is one of Django's enumerations of choices."""
    return any(cls.is_a(f"django.db.models.{name}") for name in _ENUMERATIONS)


def members(cls: Class) -> Items:
    """``cls.choices``: a pair for each member, labelled as Django would when it says no label itself."""
    return Items("list", [_pair(name, value) for name, value in cls.names.items() if _is_member(name, value)])


def _is_member(name: str, value: Value) -> bool:
    return not name.startswith("_") and isinstance(value, Literal | Items)


def _pair(name: str, value: Value) -> Value:
    if isinstance(value, Items) and value.items:
        return value
    return Items("tuple", [value, Literal(name.replace("_", " ").title())])


def _pairs(value: Value | None) -> Iterator[Choice | None]:
    if isinstance(value, Map):
        items = [
            (Literal(name) if isinstance(name, str | int) else None, one) for name, one in value.items.items()
        ]
        nested = [_choice(first, second) for first, second in items]
        yield from chain.from_iterable(nested)
        if value.rest is not None:
            yield None
    elif isinstance(value, Items):
        for item in value.items:
            pair = item.items if isinstance(item, Items) else []
            yield from _choice(*pair) if len(pair) == 2 else [None]
        if value.rest is not None:
            yield None


def _choice(first: Value | None, second: Value) -> Iterator[Choice | None]:
    """One choice, or those of a group: then the first is the group's name."""
    if isinstance(second, Items | Map):
        yield from _pairs(second)
    elif isinstance(first, Literal) and type(first.value) in (str, int):
        yield (first.value, _label(second))  # type: ignore[misc]  # the test above is by type
    elif not (isinstance(first, Literal) and first.value is None):
        yield None


def _label(value: Value) -> str:
    translated = value.args[0] if isinstance(value, Made) and value.args else value
    return text(translated) or ""
