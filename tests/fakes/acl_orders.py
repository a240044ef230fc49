"""A legacy order, its contract, and a mapping in which every operation of the language occurs."""

from __future__ import annotations

from datetime import time
from typing import Annotated, Any, Literal
from uuid import UUID

from msgspec import Meta, Struct

from acl.contract import Children, Column, Table
from acl.mapping import language as l

shop_line = Table(
    "shop_line",
    "shop.Line",
    "shop/models.py:30",
    (
        Column("id", "int", primary_key=True),
        Column("order_id", "int", target="shop.Order"),
        Column("position", "int"),
        Column("product_id", "int", null=True, target="shop.Product"),
        Column("label", "text", max_length=8),
        Column("unit_cents", "int"),
        Column("vat", "decimal", decimals=2),
    ),
)
shop_order = Table(
    "shop_order",
    "shop.Order",
    "shop/models.py:10",
    (
        Column("id", "int", primary_key=True),
        Column("order_no", "text", max_length=12),
        Column("customer_id", "int", target="shop.Customer"),
        Column("agent_id", "int", null=True, target="shop.Agent"),
        Column("status", "text", choices=("O", "P", "V")),
        Column("kind", "int", null=True, choices=(1, 2, 3)),
        Column("currency", "text", max_length=3),
        Column("net_cents", "int"),
        Column("total_cents", "int"),
        Column("refund_cents", "int", null=True),
        Column("points", "int"),
        Column("placed", "datetime", naive=True),
        Column("seen", "datetime", null=True),
        Column("due", "date"),
        Column("street", "text"),
        Column("zip", "text"),
        Column("note", "text", null=True),
        Column("coupon", "text"),
        Column("gift", "bool"),
        Column("weight", "float"),
        Column("extra", "json"),
        Column("exported", "bool"),
        Column("search", "text", null=True),
        Column("token", "uuid"),
        Column("opens", "time", null=True),
        Column("pounds", "int"),
        Column("person", "text"),
        Column("lat", "text"),
        Column("lon", "text"),
        Column("vat_id", "text"),
        Column("options", "json"),
        Column("method", "text", null=True, choices=("C", "T")),
        Column("card_no", "text", null=True),
        Column("card_bank_id", "int", null=True),
        Column("iban", "text"),
    ),
    (Children("lines", shop_line, "order_id"),),
)


class Money(Struct):
    amount: str
    currency: str


class Address(Struct):
    street: str
    postcode: str


class Card(Struct, tag="card", tag_field="type"):
    number: str
    bank: str


class Transfer(Struct, tag="transfer", tag_field="type"):
    iban: str


class Line(Struct):
    position: int
    product: str | None
    label: str
    unit_price: str
    vat: str


class Order(Struct):
    id: str
    number: Annotated[str, Meta(max_length=12)]
    customer: str
    agent: str | None
    state: Literal["open", "paid", "void"]
    sort: Literal["shop", "online"] | None
    net: Money
    total: Money
    refund: Money | None
    points: str
    placed_at: str
    seen_at: str | None
    due_on: str
    address: Address
    note: str
    coupon: str | None
    gift: bool
    weight: float
    extra: Any
    version: int
    label: str
    lines: list[Line]
    token: UUID
    opens: time | None
    kilograms: str
    first_name: str
    last_name: str
    place: str
    vat_country: str
    vat_number: str
    color: str
    size: int
    payment: Card | Transfer | None
    remark: str | None = None


def full_label(row: dict[str, Any]) -> str:
    return f"{row['order_no']} ({len(row['lines'])})"


def apart(vat_id: Any) -> tuple[str, str]:
    if len(vat_id) < 2:
        raise ValueError("no country")
    return vat_id[:2], vat_id[2:]


def together(country: Any, number: Any) -> str:
    if len(country) != 2:
        raise ValueError("a country has two letters")
    return f"{country}{number}"


line = l.mapping(
    "line",
    shop_line,
    Line,
    l.rename("position", "position"),
    l.ref("product_id", "product", ids="products"),
    l.rename("label", "label"),
    l.money("unit_cents", "unit_price"),
    l.decimal("vat", "vat"),
    l.legacy_only("id", on_create=l.BY_DATABASE),
    l.legacy_only("order_id", on_create=l.BY_PARENT),
)

order = l.mapping(
    "order",
    shop_order,
    Order,
    l.ref("id", "id", ids="orders"),
    l.rename("order_no", "number"),
    l.ref("customer_id", "customer", ids="customers"),
    l.ref("agent_id", "agent", ids="agents"),
    l.enum("status", "state", {"O": "open", "P": "paid", "V": "void"}),
    l.enum("kind", "sort", {1: "shop", 2: "online", 3: "online"}, preferred={"online": 2}),
    l.money(("net_cents", "currency"), "net"),
    l.money(("total_cents", "currency"), "total"),
    l.money(("refund_cents", "currency"), "refund"),
    l.money("points", "points", scale=1),
    l.datetime("placed", "placed_at", zone="Europe/Berlin"),
    l.datetime("seen", "seen_at"),
    l.date("due", "due_on"),
    l.nest("address", l.rename("street", "street"), l.rename("zip", "postcode")),
    l.default("note", "note", ""),
    l.default("coupon", "coupon", "none"),
    l.rename("gift", "gift"),
    l.rename("weight", "weight"),
    l.rename("extra", "extra"),
    l.each("lines", "lines", key="position", using=line),
    l.uuid("token", "token"),
    l.time("opens", "opens"),
    l.unit("pounds", "kilograms", factor="0.45359237", places=1),
    l.split("person", ("first_name", "last_name"), on=" "),
    l.merge(("lat", "lon"), "place", on=";"),
    l.split("vat_id", ("vat_country", "vat_number"), apart=apart, together=together),
    l.flatten("options", {"color": "color", "size": "size"}),
    l.when(
        "method",
        "payment",
        l.case("C", "card", l.rename("card_no", "number"), l.ref("card_bank_id", "bank", ids="banks")),
        l.case("T", "transfer", l.rename("iban", "iban")),
        otherwise={"iban": ""},
    ),
    l.legacy_only("exported", on_create=False),
    l.legacy_only("search"),
    l.contract_only("version", value=3),
    l.contract_only("remark"),
    l.computed("label", full_label),
    version=2,
)


def a_row(**changes: Any) -> dict[str, Any]:
    """A row that translates without loss."""
    from datetime import UTC, date, datetime
    from decimal import Decimal

    return {
        "id": 7,
        "order_no": "ORD-7",
        "customer_id": 70,
        "agent_id": None,
        "status": "P",
        "kind": 1,
        "currency": "EUR",
        "net_cents": 1000,
        "total_cents": 1190,
        "refund_cents": None,
        "points": 12,
        "placed": datetime(2024, 7, 1, 12, 30),
        "seen": datetime(2024, 7, 2, 8, 0, tzinfo=UTC),
        "due": date(2024, 7, 31),
        "street": "Am Markt 1",
        "zip": "10115",
        "note": None,
        "coupon": "SUMMER",
        "gift": True,
        "weight": 1.5,
        "extra": {"a": [1]},
        "exported": True,
        "search": "ord-7",
        "token": UUID(int=7),
        "opens": time(9, 30),
        "pounds": 100,
        "person": "Ada Lovelace",
        "lat": "52.5",
        "lon": "13.4",
        "vat_id": "DE123",
        "options": {"color": "red", "size": 3},
        "method": "C",
        "card_no": "4111",
        "card_bank_id": 5,
        "iban": "",
        "lines": [
            {
                "id": 71,
                "order_id": 7,
                "position": 1,
                "product_id": 9,
                "label": "Drill",
                "unit_cents": 500,
                "vat": Decimal("19.00"),
            },
            {
                "id": 72,
                "order_id": 7,
                "position": 2,
                "product_id": None,
                "label": "Fee",
                "unit_cents": -5,
                "vat": Decimal("0.00"),
            },
        ],
        **changes,
    }


def a_document(**changes: Any) -> dict[str, Any]:
    """The document of that row."""
    return {
        "id": "orders-7",
        "number": "ORD-7",
        "customer": "customers-70",
        "agent": None,
        "state": "paid",
        "sort": "shop",
        "net": {"amount": "10.00", "currency": "EUR"},
        "total": {"amount": "11.90", "currency": "EUR"},
        "refund": None,
        "points": "12",
        "placed_at": "2024-07-01T10:30:00Z",
        "seen_at": "2024-07-02T08:00:00Z",
        "due_on": "2024-07-31",
        "address": {"street": "Am Markt 1", "postcode": "10115"},
        "note": "",
        "coupon": "SUMMER",
        "gift": True,
        "weight": 1.5,
        "extra": {"a": [1]},
        "lines": [
            {"position": 1, "product": "products-9", "label": "Drill", "unit_price": "5.00", "vat": "19.00"},
            {"position": 2, "product": None, "label": "Fee", "unit_price": "-0.05", "vat": "0.00"},
        ],
        "token": "00000000-0000-0000-0000-000000000007",
        "opens": "09:30:00",
        "kilograms": "45.4",
        "first_name": "Ada",
        "last_name": "Lovelace",
        "place": "52.5;13.4",
        "vat_country": "DE",
        "vat_number": "123",
        "color": "red",
        "size": 3,
        "payment": {"type": "card", "number": "4111", "bank": "banks-5"},
        "version": 3,
        "remark": None,
        "label": "ORD-7 (2)",
        **changes,
    }


def new_ids(kind: str, keys: Any) -> dict[Any, str]:
    """An id map that knows every integer key: 7 of "orders" is "orders-7"."""
    return {key: f"{kind}-{key}" for key in keys if type(key) is int}


def legacy_keys(kind: str, ids: Any) -> dict[Any, int]:
    """The way back of `new_ids`."""
    known = {}
    for new_id in ids:
        name, _, number = new_id.rpartition("-") if isinstance(new_id, str) else ("", "", "")
        if name == kind and number.isascii() and number.isdecimal():
            known[new_id] = int(number)
    return known
