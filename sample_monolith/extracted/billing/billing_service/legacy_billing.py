"""The shape of the legacy models that the boundary "billing" reads: a snapshot, no Django needed.

Written from billing/models.py in the form that `strangler acl generate` writes.
"""

from __future__ import annotations

from acl.contract import Children, Column, Table

billing_invoiceline = Table(
    name="billing_invoiceline",
    model="billing.InvoiceLine",
    source="billing/models.py:107",
    columns=(
        Column("id", "int", primary_key=True),
        Column("invoice_id", "int", target="billing.Invoice"),
        Column("product_id", "int", null=True, target="catalog.Product"),
        Column("position", "int"),
        Column("sku", "text", max_length=32),
        Column("description", "text", max_length=200),
        Column("quantity", "int"),
        Column("unit_cents", "int"),
        Column("tax_percent", "decimal", decimals=2),
        Column("amount_cents", "int"),
    ),
)

billing_invoice = Table(
    name="billing_invoice",
    model="billing.Invoice",
    source="billing/models.py:63",
    columns=(
        Column("id", "int", primary_key=True),
        Column("created_at", "datetime"),
        Column("updated_at", "datetime"),
        Column("tenant_id", "int", target="accounts.Tenant"),
        Column("invoice_no", "text", max_length=20),
        Column("customer_id", "int", target="orders.Customer"),
        Column("order_id", "int", null=True, target="orders.Order", unique=True),
        Column("subscription_id", "int", null=True, target="billing.Subscription"),
        Column("status", "text", max_length=1, choices=("O", "P", "V")),
        Column("issued", "date"),
        Column("due", "date"),
        Column("paid_on", "date", null=True),
        Column("currency", "text", max_length=3),
        Column("net_cents", "int"),
        Column("tax_cents", "int"),
        Column("total_cents", "int"),
        Column("bill_to", "text", max_length=160),
        Column("po_number", "text", null=True, max_length=40),
        Column("notes", "text", null=True),
        Column("exported", "bool"),
    ),
    children=(Children("lines", billing_invoiceline, "invoice_id"),),
)
