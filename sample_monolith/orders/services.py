from django.db import transaction
from django.utils import timezone

from billing.services import invoice_for_order
from billing.tasks import send_invoice
from core.helpers import format_money, local_today, notify_role, record
from core.models import NumberRange
from inventory import services as stock
from orders.models import Order, OrderLine, Shipment


class OrderError(Exception):
    pass


@transaction.atomic
def create_order(tenant, customer, user, items, comment=""):
    """A draft. `items` are (product, quantity) pairs."""
    if not items:
        raise OrderError("an order needs at least one line")
    order = Order.objects.create(
        tenant=tenant,
        number=NumberRange.draw(tenant, "order"),
        customer=customer,
        placed_by=user,
        currency=tenant.currency,
        ship_to=customer.addresses.filter(kind="shipping").first(),
        comment=comment,
    )
    OrderLine.objects.bulk_create(
        OrderLine(
            order=order, product=product, position=position, quantity=quantity, unit_cents=product.price_cents
        )
        for position, (product, quantity) in enumerate(items, start=1)
    )
    order.recalculate()
    return order


@transaction.atomic
def checkout(order, user):
    """Place a draft: reserve the goods, bill the customer, tell the back office. All or nothing."""
    order = (
        Order.objects.select_for_update(of=("self",)).select_related("tenant", "customer").get(pk=order.pk)
    )
    if order.status != Order.DRAFT:
        raise OrderError(f"{order.number} is {order.get_status_display().lower()} already")
    if order.customer.open_cents() + order.total_cents > order.customer.credit_limit_cents:
        raise OrderError(f"{order.customer} is over the credit limit")
    order.status = Order.PLACED
    order.placed_at = timezone.now()
    order.save(update_fields=["status", "placed_at"])
    for line in order.lines.select_related("product", "order__tenant"):
        stock.reserve(line)
    invoice = invoice_for_order(order, user)
    notify_role(
        order.tenant,
        "can_bill",
        "order-placed",
        link=order.get_absolute_url(),
        order=order.number,
        customer=order.customer.name,
        total=format_money(invoice.total_cents, invoice.currency),
    )
    transaction.on_commit(lambda: send_invoice.delay(invoice.pk))
    return order


@transaction.atomic
def cancel_order(order, user):
    order = Order.objects.select_for_update().get(pk=order.pk)
    if order.status not in {Order.DRAFT, Order.PLACED}:
        raise OrderError(f"{order.number} cannot be cancelled any more")
    stock.release(order)
    order.status = Order.CANCELLED
    order.save(update_fields=["status"])
    record("order.cancelled", order, actor=user)
    return order


@transaction.atomic
def ship_order(order, user, tracking_code=""):
    order = Order.objects.select_for_update().get(pk=order.pk)
    if order.status != Order.PLACED:
        raise OrderError(f"{order.number} is not ready to ship")
    warehouses = stock.take_out(order, user)
    for warehouse in warehouses:
        Shipment.objects.create(
            order=order, warehouse=warehouse, tracking_code=tracking_code, shipped_on=local_today()
        )
    order.status = Order.SHIPPED
    order.save(update_fields=["status"])
    return order
