from django.db import transaction
from django.db.models import F

from core.helpers import record
from inventory.models import Reservation, StockItem, StockMovement


class OutOfStock(Exception):
    def __init__(self, product, wanted):
        super().__init__(f"{product.sku}: {wanted} wanted, {product.available} available")
        self.product = product


def reserve(line):
    """Set the goods of one order line aside. Needs a transaction: the stock rows are locked."""
    items = StockItem.objects.select_for_update().filter(
        product=line.product, warehouse__tenant=line.order.tenant
    )
    for item in items.order_by("pk"):
        if item.free >= line.quantity:
            item.reserved += line.quantity
            item.save(update_fields=["reserved"])
            return Reservation.objects.create(stock_item=item, order_line=line, quantity=line.quantity)
    raise OutOfStock(line.product, line.quantity)


@transaction.atomic
def release(order):
    """Give back what `order` had reserved."""
    reservations = Reservation.objects.filter(order_line__order=order).select_related("stock_item")
    for reservation in reservations:
        StockItem.objects.filter(pk=reservation.stock_item_id).update(
            reserved=F("reserved") - reservation.quantity
        )
    reservations.delete()


@transaction.atomic
def take_out(order, user):
    """Reserved goods leave the shelves. Returns the warehouses they leave from."""
    warehouses = {}
    for reservation in Reservation.objects.filter(order_line__order=order):
        item = StockItem.objects.select_for_update().get(pk=reservation.stock_item_id)
        item.on_hand -= reservation.quantity
        item.reserved -= reservation.quantity
        item.save(update_fields=["on_hand", "reserved"])
        item.movements.create(order=order, by=user, delta=-reservation.quantity, reason="sale")
        warehouses[item.warehouse_id] = item.warehouse
        reservation.delete()
    return list(warehouses.values())


@transaction.atomic
def adjust(item, delta, reason, user):
    item = StockItem.objects.select_for_update().get(pk=item.pk)
    if item.on_hand + delta < item.reserved:
        raise OutOfStock(item.product, -delta)
    item.on_hand += delta
    item.save(update_fields=["on_hand"])
    record("stock.adjusted", item.warehouse, actor=user, product=item.product.sku, delta=delta)
    return StockMovement.objects.create(stock_item=item, by=user, delta=delta, reason=reason)
