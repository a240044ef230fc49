import datetime as dt

from django.utils import timezone

from core.tasks import send_task, shared_task
from orders.models import Order
from orders.services import cancel_order


@shared_task(name="orders.cancel_stale_drafts")
def cancel_stale_drafts(days=30):
    stale = Order.objects.filter(status=Order.DRAFT, created_at__lt=timezone.now() - dt.timedelta(days=days))
    for order in stale:
        cancel_order(order, user=None)
    return len(stale)


@shared_task
def chase_payment(order_id):
    order = Order.objects.select_related("invoice").get(pk=order_id)
    return send_task("billing.tasks.remind", args=[order.invoice.pk])
