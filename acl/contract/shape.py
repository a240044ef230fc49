"""The shape of a contract type, frozen and flat: one field per leaf, named by its dotted path.

A *document* is what the wire carries: dict, list, str, int, float, bool, None. Dates, timestamps, UUIDs and
decimals are text in a document; the field's kind says which.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

__all__ = ["NO_DEFAULT", "Field", "FieldKind", "Shape"]

FieldKind = Literal[
    "int",
    "text",
    "bool",
    "float",
    "decimal",
    "datetime",
    "date",
    "time",
    "uuid",
    "json",
    "object",
    "list",
    "union",
]


class _NoDefault:
    """The type of NO_DEFAULT; prints as such."""

    def __repr__(self) -> str:
        return "NO_DEFAULT"


NO_DEFAULT: Final = _NoDefault()


@dataclass(frozen=True, slots=True)
class Field:
    """A leaf of a contract. `item` is the shape of an object that may be null, or of a list's members.

    `rules` are what else the contract demands of a value, by msgspec's names: pattern, ge, min_length, ...
    A field with a `default` may be absent from a document. A union has a shape for each tag, which stands in the
    member `tag_field` of its objects.
    """

    path: str
    kind: FieldKind
    null: bool = False
    default: object = NO_DEFAULT
    max_length: int | None = None
    choices: tuple[str | int, ...] = ()
    rules: tuple[tuple[str, str | int | float], ...] = ()
    item: Shape | None = None
    tag_field: str = ""
    variants: tuple[tuple[str | int, Shape], ...] = ()

    def variant(self, tag: str | int) -> Shape | None:
        """The shape of a union's objects with that tag."""
        return next((shape for name, shape in self.variants if name == tag), None)


@dataclass(frozen=True, slots=True)
class Shape:
    """A contract type: its name and its leaves in the order of declaration."""

    name: str
    fields: tuple[Field, ...]

    def field(self, path: str) -> Field | None:
        """The leaf at that dotted path, if there is one."""
        return next((field for field in self.fields if field.path == path), None)

    def below(self, path: str) -> tuple[Field, ...]:
        """The leaves of the object at that path; empty when it is no object or may be null."""
        return tuple(field for field in self.fields if field.path.startswith(path + "."))
