"""The orders of a tenant as CSV, row by row: neither side ever holds all of it."""

import csv

from django.db.models import Count

from orders.models import Order

HEADER = [
    "number",
    "customer",
    "status",
    "placed",
    "lines",
    "total_cents",
    "currency",
    "invoice",
    "invoice_status",
]


class _Echo:
    def write(self, value):
        return value


async def order_rows(tenant_id, status=None):
    writer = csv.writer(_Echo())
    yield writer.writerow(HEADER)
    orders = Order.objects.filter(tenant_id=tenant_id).select_related("customer", "invoice")
    if status:
        orders = orders.filter(status=status)
    async for order in orders.annotate(n_lines=Count("lines")).order_by("pk").aiterator(chunk_size=1000):
        yield writer.writerow(_row(order))


def _row(order):
    invoice = getattr(order, "invoice", None)
    return [
        order.number,
        _harmless(order.customer.name),
        order.status,
        order.placed_at.date().isoformat() if order.placed_at else "",
        order.n_lines,
        order.total_cents,
        order.currency,
        invoice.invoice_no if invoice else "",
        invoice.get_status_display() if invoice else "",
    ]


def _harmless(text):
    """A spreadsheet takes a leading = + - @ for a formula."""
    return f"'{text}" if text.startswith(("=", "+", "-", "@")) else text
