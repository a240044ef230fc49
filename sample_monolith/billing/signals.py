from django.db.models.signals import post_save
from django.dispatch import receiver

from billing.models import Invoice, Payment
from core.helpers import format_money, notify_role
from orders.models import Order


@receiver(post_save, sender=Invoice)
def copy_payment_state(sender, instance, raw=False, **kwargs):
    """Order lists show "paid" without a join."""
    if instance.order_id and not raw:
        Order.objects.filter(pk=instance.order_id).update(is_paid=instance.status == Invoice.PAID)


@receiver(post_save, sender=Payment)
def announce_payment(sender, instance, created, raw=False, **kwargs):
    if not created or raw:
        return
    invoice = instance.invoice
    notify_role(
        invoice.tenant,
        "can_bill",
        "payment-received",
        link=invoice.get_absolute_url(),
        invoice=invoice.invoice_no,
        amount=format_money(instance.amount_cents, instance.currency),
    )
