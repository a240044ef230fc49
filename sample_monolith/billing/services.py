from django.db import transaction

from billing.models import Invoice, InvoiceLine, Payment
from core.helpers import add_days, local_today, month_bounds, record, tax_on
from core.models import NumberRange

PAYMENT_DAYS = 30


class BillingError(Exception):
    pass


@transaction.atomic
def invoice_for_order(order, user):
    """Bill everything that was ordered. One invoice per order."""
    if Invoice.objects.filter(order=order).exists():
        raise BillingError(f"{order.number} is billed already")
    invoice = _new_invoice(order.tenant, order.customer, order=order, currency=order.currency)
    for line in order.lines.select_related("product"):
        _add_line(invoice, line.product, line.product.name, line.quantity, line.unit_cents)
    _total(invoice)
    record("invoice.issued", invoice, actor=user, order=order.number)
    return invoice


@transaction.atomic
def invoice_subscription(subscription, day):
    """Bill one month of a subscription, or return None when it is billed or over."""
    first, last = month_bounds(day)
    if not subscription.is_running or (subscription.billed_until and subscription.billed_until >= last):
        return None
    plan = subscription.plan
    invoice = _new_invoice(
        subscription.tenant,
        subscription.customer,
        subscription=subscription,
        currency=plan.currency,
        issued=last,
    )
    _add_line(invoice, None, f"{plan.name} {first:%m/%Y}", 1, plan.monthly_cents)
    _total(invoice)
    subscription.billed_until = last
    subscription.save(update_fields=["billed_until"])
    return invoice


@transaction.atomic
def mark_paid(invoice, method, user, reference=None, received_on=None):
    """Record the payment of the whole amount. Only open invoices can be paid."""
    invoice = Invoice.objects.select_for_update().get(pk=invoice.pk)
    if invoice.status != Invoice.OPEN:
        raise BillingError("invoice is not open")
    received_on = received_on or local_today()
    Payment.objects.create(
        invoice=invoice,
        method=method,
        amount_cents=invoice.total_cents,
        currency=invoice.currency,
        received_on=received_on,
        reference=reference,
        recorded_by=user,
    )
    invoice.status = Invoice.PAID
    invoice.paid_on = received_on
    invoice.save(update_fields=["status", "paid_on"])
    record("invoice.paid", invoice, actor=user, method=method)
    return invoice


@transaction.atomic
def void_invoice(invoice, user):
    """Take an open invoice back, and cancel its order unless the goods have left."""
    from orders.services import cancel_order

    invoice = Invoice.objects.select_for_update().get(pk=invoice.pk)
    if invoice.status != Invoice.OPEN:
        raise BillingError("invoice is not open")
    invoice.status = Invoice.VOID
    invoice.save(update_fields=["status"])
    record("invoice.void", invoice, actor=user)
    if invoice.order and invoice.order.status == "placed":
        cancel_order(invoice.order, user)
    return invoice


def _new_invoice(tenant, customer, **fields):
    issued = fields.pop("issued", None) or local_today()
    return Invoice.objects.create(
        tenant=tenant,
        customer=customer,
        invoice_no=NumberRange.draw(tenant, "invoice"),
        bill_to=customer.name,
        issued=issued,
        due=add_days(issued, PAYMENT_DAYS),
        po_number="",
        notes="",
        **fields,
    )


def _add_line(invoice, product, description, quantity, unit_cents):
    return InvoiceLine.objects.create(
        invoice=invoice,
        product=product,
        position=invoice.lines.count() + 1,
        sku=product.sku if product else "",
        description=description,
        quantity=quantity,
        unit_cents=unit_cents,
        tax_percent=product.tax_percent if product else 19,
        amount_cents=quantity * unit_cents,
    )


def _total(invoice):
    lines = list(invoice.lines.all())
    invoice.net_cents = sum(line.amount_cents for line in lines)
    invoice.tax_cents = sum(tax_on(line.amount_cents, line.tax_percent) for line in lines)
    invoice.total_cents = invoice.net_cents + invoice.tax_cents
    invoice.save(update_fields=["net_cents", "tax_cents", "total_cents"])
