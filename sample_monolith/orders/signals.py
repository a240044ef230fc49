from django.db.models.signals import post_save
from django.dispatch import receiver

from core.helpers import record
from orders.models import Order


@receiver(post_save, sender=Order)
def remember_status(sender, instance, created, update_fields=None, raw=False, **kwargs):
    if raw or not (created or "status" in (update_fields or ())):
        return
    record("order.status", instance, actor=instance.placed_by, status=instance.status)
