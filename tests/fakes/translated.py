"""A small order in two shapes, and the mapping between them, which looks nothing up."""

from __future__ import annotations

from typing import Any, Literal

from msgspec import Struct

from acl.contract import Column, Table
from acl.mapping import language as l
from acl.translate import Translator
from acl.wire import Wire
from strangler.facade.translation import Translations

order_table = Table(
    "shop_order",
    "shop.Order",
    "m.py:1",
    (
        Column("id", "int", primary_key=True),
        Column("label", "text", max_length=40),
        Column("status", "text", max_length=1, choices=("O", "P")),
        Column("total_cents", "int"),
        Column("currency", "text", max_length=3),
    ),
)


class Money(Struct):
    amount: str
    currency: str


class Order(Struct):
    id: int
    title: str
    state: Literal["open", "paid"]
    total: Money


order = l.mapping(
    "order",
    order_table,
    Order,
    l.rename("id", "id"),
    l.rename("label", "title"),
    l.enum("status", "state", {"O": "open", "P": "paid"}),
    l.money(("total_cents", "currency"), "total"),
)


class NoIds:
    """Nothing is known, and nothing should be asked for."""

    def to_new(self, kind: str, keys: Any) -> dict[Any, Any]:
        raise AssertionError(f"{kind} were looked up")

    def to_legacy(self, kind: str, ids: Any) -> dict[Any, Any]:
        raise AssertionError(f"{kind} were looked up")


def translations(**others: Wire) -> Translations:
    """The mapping ``order``."""
    return Translations({"order": Wire(Translator(order, NoIds())), **others})


def legacy(number: int = 1, **changes: Any) -> dict[str, Any]:
    """What the monolith says."""
    return {
        "id": number,
        "label": "Crates",
        "status": "O",
        "total_cents": 1234,
        "currency": "EUR",
        **changes,
    }


def contract(number: int = 1, **changes: Any) -> dict[str, Any]:
    """What the service says."""
    total = {"amount": "12.34", "currency": "EUR"}
    return {"id": number, "title": "Crates", "state": "open", "total": total, **changes}
