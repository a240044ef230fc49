"""A Django model, its contract and their mapping as source, for tests that change one of them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from fakes.projects import FakeProject

from acl.contract import Children, Shape, Table, describe
from acl.contract.analysis import tables_of
from acl.mapping import Mapping
from acl.mapping import language as l
from analyzer.model import schema
from analyzer.pipeline import conclude

MODELS = '''
from django.db import models


class Region(models.Model):
    name = models.CharField(max_length=40)


class Customer(models.Model):
    name = models.CharField(max_length=80)


class Order(models.Model):
    """An order."""

    STATES = [("O", "Open"), ("P", "Paid")]

    number = models.CharField(max_length=20, unique=True)
    customer = models.ForeignKey(Customer, on_delete=models.PROTECT)
    state = models.CharField(max_length=1, choices=STATES, default="O", help_text="the state")
    note = models.CharField(max_length=40, null=True, blank=True)
    coupon = models.TextField(null=True)
    cents = models.IntegerField(default=0)
    currency = models.CharField(max_length=3)
    vat = models.DecimalField(max_digits=5, decimal_places=2)
    weight = models.FloatField()
    placed = models.DateTimeField()
    due = models.DateField()
    gift = models.BooleanField(default=False)
    token = models.UUIDField()
    exported = models.BooleanField(default=False)
    remark = models.CharField(max_length=10, null=True)

    class Meta:
        ordering = ["number"]


class Line(models.Model):
    order = models.ForeignKey(Order, on_delete=models.CASCADE, related_name="lines")
    position = models.PositiveSmallIntegerField()
    label = models.CharField(max_length=30)
    cents = models.IntegerField()
'''

CONTRACT = """
from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Literal
from uuid import UUID
from msgspec import Meta, Struct, field


class Money(Struct):
    amount: Decimal
    currency: Annotated[str, Meta(min_length=3, max_length=3)]


class Line(Struct):
    position: Annotated[int, Meta(ge=0)]
    label: Annotated[str, Meta(max_length=30)]
    price: Decimal


class Order(Struct, kw_only=True):
    id: UUID
    number: Annotated[str, Meta(max_length=20)]
    customer: UUID
    state: Literal["open", "paid"]
    note: Annotated[str, Meta(max_length=40)] | None
    coupon: str
    total: Money
    vat: Decimal
    weight: float
    placed_at: datetime
    due_on: date
    gift: bool
    token: UUID
    lines: list[Line]
    source: str | None = None
"""


def tables(folder: Path, models: str = MODELS, settings: str = "") -> dict[str, Table]:
    """What the analyzer says of such models; nothing of them is imported."""
    files = {"shop/models.py": models}
    if settings:
        files["site_/settings.py"] = settings
    facts = FakeProject(folder, files).facts()
    return tables_of(json.loads(schema.write(conclude(facts))))


def aggregate(found: dict[str, Table]) -> Table:
    """An order with its lines."""
    order = found["shop.Order"]
    return Table(
        order.name,
        order.model,
        order.source,
        order.columns,
        (Children("lines", found["shop.Line"], "order_id"),),
    )


def contract(source: str = CONTRACT) -> tuple[type, Shape]:
    """The contract that such source declares."""
    names: dict[str, Any] = {"__name__": "contract_under_test"}
    exec(compile(source, "contract", "exec", dont_inherit=True), names)
    return names["Order"], describe(names["Order"])


def declared(table: Table, source: str = CONTRACT) -> Mapping:
    """The mapping of the two as they are above."""
    names: dict[str, Any] = {"__name__": "contract_under_test"}
    exec(compile(source, "contract", "exec", dont_inherit=True), names)
    line = l.mapping(
        "line",
        table.children[0].table,
        names["Line"],
        l.rename("position", "position"),
        l.rename("label", "label"),
        l.money("cents", "price"),
        l.legacy_only("id", on_create=l.BY_DATABASE),
        l.legacy_only("order_id", on_create=l.BY_PARENT),
    )
    return l.mapping(
        "order",
        table,
        names["Order"],
        l.ref("id", "id", ids="orders"),
        l.rename("number", "number"),
        l.ref("customer_id", "customer", ids="customers"),
        l.enum("state", "state", {"O": "open", "P": "paid"}),
        l.rename("note", "note"),
        l.default("coupon", "coupon", ""),
        l.money(("cents", "currency"), "total"),
        l.decimal("vat", "vat"),
        l.rename("weight", "weight"),
        l.datetime("placed", "placed_at"),
        l.date("due", "due_on"),
        l.rename("gift", "gift"),
        l.uuid("token", "token"),
        l.legacy_only("exported", on_create=False),
        l.legacy_only("remark"),
        l.each("lines", "lines", key="position", using=line),
        l.contract_only("source"),
    )
