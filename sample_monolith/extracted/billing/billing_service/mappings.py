"""How the monolith's invoices and the contract correspond, both ways: the only place that says so.

`python compile_mappings.py`, one folder up, makes `compiled_invoice.py` from this file.
"""

from __future__ import annotations

from acl.mapping.language import (
    BY_DATABASE,
    BY_PARENT,
    date,
    datetime,
    decimal,
    each,
    enum,
    legacy_only,
    mapping,
    money,
    nest,
    ref,
    rename,
)

from billing_service.contract import Invoice, InvoiceLine
from billing_service.legacy_billing import billing_invoice, billing_invoiceline

STATES = {"O": "open", "P": "paid", "V": "void"}

line = mapping(
    "line",
    billing_invoiceline,
    InvoiceLine,
    rename("position", "position"),
    ref("product_id", "product", ids="products"),
    rename("sku", "sku"),
    rename("description", "description"),
    rename("quantity", "quantity"),
    money("unit_cents", "unit_price"),
    decimal("tax_percent", "tax_percent"),
    money("amount_cents", "amount"),
    legacy_only("id", on_create=BY_DATABASE),
    legacy_only("invoice_id", on_create=BY_PARENT),
)

invoice = mapping(
    "invoice",
    billing_invoice,
    Invoice,
    ref("id", "id", ids="invoices"),
    rename("invoice_no", "number"),
    ref("tenant_id", "tenant", ids="tenants"),
    nest(
        "recipient",
        ref("customer_id", "customer", ids="customers"),
        rename("bill_to", "name"),
    ),
    ref("order_id", "order", ids="orders"),
    ref("subscription_id", "subscription", ids="subscriptions"),
    enum("status", "state", STATES),
    date("issued", "issued_on"),
    date("due", "due_on"),
    date("paid_on", "paid_on"),
    money(("net_cents", "currency"), "net"),
    money(("tax_cents", "currency"), "tax"),
    money(("total_cents", "currency"), "total"),
    rename("po_number", "purchase_order"),
    rename("notes", "notes"),
    rename("exported", "exported"),
    datetime("created_at", "created_at"),
    datetime("updated_at", "updated_at"),
    each("lines", "lines", key="position", using=line),
)
