"""The contract of the billing service, version 1: what it says about invoices, in its own words."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Literal
from uuid import UUID

from msgspec import Meta, Struct

Currency = Annotated[str, Meta(min_length=3, max_length=3)]
State = Literal["open", "paid", "void"]
PaymentMethod = Literal["card", "bank_transfer", "direct_debit"]
MEDIA_TYPE = "application/vnd.strangler.billing.v1+json"
STATES: tuple[State, ...] = ("open", "paid", "void")


class Money(Struct, frozen=True):
    """An exact amount: decimal text with the currency's two decimals, never a float."""

    amount: Decimal
    currency: Currency


class Recipient(Struct, frozen=True):
    """Whom an invoice is addressed to, as it was printed."""

    customer: UUID
    name: Annotated[str, Meta(max_length=160)]


class InvoiceLine(Struct, frozen=True):
    """One position of an invoice, in the invoice's currency."""

    position: int
    product: UUID | None
    sku: Annotated[str, Meta(max_length=32)]
    description: Annotated[str, Meta(max_length=200)]
    quantity: int
    unit_price: Decimal
    tax_percent: Decimal
    amount: Decimal


class Invoice(Struct, frozen=True):
    """An invoice with its lines."""

    id: UUID
    number: Annotated[str, Meta(max_length=20)]
    tenant: UUID
    recipient: Recipient
    order: UUID | None
    subscription: UUID | None
    state: State
    issued_on: date
    due_on: date
    paid_on: date | None
    net: Money
    tax: Money
    total: Money
    purchase_order: Annotated[str, Meta(max_length=40)] | None
    notes: str | None
    exported: bool
    created_at: datetime
    updated_at: datetime
    lines: list[InvoiceLine]


class InvoicePage(Struct, frozen=True):
    """One page of a list. `next` is the link to the following page, None on the last one."""

    items: list[Invoice]
    next: str | None


class NewPayment(Struct, frozen=True, forbid_unknown_fields=True):
    """The payment of an invoice's whole total."""

    method: PaymentMethod
    received_on: date
    reference: Annotated[str, Meta(max_length=60)] | None = None
