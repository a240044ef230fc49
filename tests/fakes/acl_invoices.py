"""A small legacy invoice, its contract, and a translator that needs no database."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import UUID

from msgspec import Meta, Struct

from acl.contract import Children, Column, Table
from acl.identity import Identity, derived_ids
from acl.mapping import language as l
from acl.stores import Key
from acl.translate import Translator

item_table = Table(
    "item",
    "shop.Item",
    "m.py:9",
    (
        Column("id", "int", primary_key=True),
        Column("invoice_id", "int", target="shop.Invoice"),
        Column("position", "int"),
        Column("cents", "int"),
    ),
)
invoice_table = Table(
    "invoice",
    "shop.Invoice",
    "m.py:1",
    (
        Column("id", "int", primary_key=True),
        Column("number", "text", max_length=9),
        Column("issued", "datetime"),
        Column("vat", "decimal", decimals=2),
        Column("paid", "bool"),
        Column("exported", "bool"),
    ),
    (Children("items", item_table, "invoice_id"),),
)


class Item(Struct):
    position: Annotated[int, Meta(ge=1)]
    amount: str


class Invoice(Struct):
    id: UUID
    number: Annotated[str, Meta(max_length=9)]
    issued_at: str
    vat: str
    paid: bool
    items: list[Item]


item = l.mapping(
    "item",
    item_table,
    Item,
    l.rename("position", "position"),
    l.money("cents", "amount"),
    l.legacy_only("id", on_create=l.BY_DATABASE),
    l.legacy_only("invoice_id", on_create=l.BY_PARENT),
)
invoice = l.mapping(
    "invoice",
    invoice_table,
    Invoice,
    l.ref("id", "id", ids="invoices"),
    l.rename("number", "number"),
    l.datetime("issued", "issued_at"),
    l.decimal("vat", "vat"),
    l.rename("paid", "paid"),
    l.legacy_only("exported", on_create=False),
    l.each("items", "items", key="position", using=item),
)


class MemoryIds:
    """An id map in a dict."""

    def __init__(self) -> None:
        self.pairs: dict[tuple[str, Key], str] = {}

    def new_ids(self, kind: str, keys: Any) -> dict[Key, str]:
        return {key: self.pairs[kind, key] for key in keys if (kind, key) in self.pairs}

    def legacy_keys(self, kind: str, ids: Any) -> dict[str, Key]:
        wanted = set(ids)
        return {new: key for (of, key), new in self.pairs.items() if of == kind and new in wanted}

    def add(self, kind: str, proposed: Any) -> dict[Key, str]:
        return {key: self.pairs.setdefault((kind, key), new) for key, new in proposed.items()}


def translator() -> Translator:
    """With ids that follow from the keys."""
    return Translator(invoice, Identity(MemoryIds(), derived_ids(UUID(int=1))))


def row(**changes: Any) -> dict[str, Any]:
    """The JSON of a row."""
    return {
        "id": 7,
        "number": "A-7",
        "issued": "2024-06-01T10:00:00Z",
        "vat": "19.00",
        "paid": True,
        "exported": False,
        "items": [{"id": 1, "invoice_id": 7, "position": 1, "cents": 250}],
        **changes,
    }
