"""The shape of legacy models, frozen: what `acl generate` writes into `legacy_<boundary>.py`, no Django needed.

A *row* is a dict from column name (Django's attname, `customer_id`) to the value that the ORM gives for it
(`int`, `str`, `bool`, `float`, `Decimal`, `datetime`, `date`, `time`, `UUID`, `bytes`, parsed JSON), and from
the name of each kind of children to a list of their rows.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from acl.errors import ContractError

__all__ = ["Children", "Column", "ColumnKind", "Table"]

ColumnKind = Literal[
    "int",
    "text",
    "bool",
    "float",
    "decimal",
    "datetime",
    "date",
    "time",
    "duration",
    "uuid",
    "bytes",
    "json",
    "unknown",
]


@dataclass(frozen=True, slots=True)
class Column:
    """One column, under the name that the ORM gives its values (Django's attname).

    `target` is the model that a foreign key points to; `decimals` the digits after the point, `digits` all of them;
    `bits` the size of an int; `naive` says that a datetime has no zone (Django's USE_TZ = False); `column` is what the
    database calls it, where that is another name.
    """

    name: str
    kind: ColumnKind
    null: bool = False
    primary_key: bool = False
    max_length: int | None = None
    decimals: int | None = None
    choices: tuple[str | int, ...] = ()
    target: str | None = None
    naive: bool = False
    unique: bool = False
    digits: int | None = None
    bits: int | None = None
    column: str = ""

    @property
    def stored_as(self) -> str:
        """Its name in the database."""
        return self.column or self.name


@dataclass(frozen=True, slots=True)
class Children:
    """Rows that belong to a root: reverse name, their table, and its column that holds the root's key."""

    name: str
    table: Table
    column: str


@dataclass(frozen=True, slots=True)
class Table:
    """A legacy model: its table, `app.Model`, the `file:line` that declares it, its columns and children."""

    name: str
    model: str
    source: str
    columns: tuple[Column, ...]
    children: tuple[Children, ...] = ()

    def __post_init__(self) -> None:
        names = [column.name for column in self.columns] + [children.name for children in self.children]
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            raise ContractError(f"table {self.name} names {', '.join(twice)} twice", "name each column once")

    def column(self, name: str) -> Column | None:
        """The column of that name, if there is one."""
        return next((column for column in self.columns if column.name == name), None)

    def child(self, name: str) -> Children | None:
        """The children of that name, if there are any."""
        return next((children for children in self.children if children.name == name), None)

    @property
    def key(self) -> Column | None:
        """The primary key."""
        return next((column for column in self.columns if column.primary_key), None)
