from django.db.models.signals import post_save, pre_delete
from django.dispatch import receiver
from django.urls import reverse

from core.helpers import notify_role
from inventory.models import StockItem
from inventory.services import release
from notifications.models import Notification


@receiver(post_save, sender=StockItem)
def warn_when_low(sender, instance, created, raw=False, **kwargs):
    """Once per product, until somebody has read it."""
    if created or raw or not instance.is_low:
        return
    tenant = instance.warehouse.tenant
    link = reverse("inventory:item", args=[instance.pk])
    if not Notification.objects.filter(tenant=tenant, link=link, read_at=None).exists():
        notify_role(
            tenant, "can_sell", "stock-low", link=link, product=str(instance.product), free=instance.free
        )


@receiver(pre_delete, sender="orders.Order")
def give_back(sender, instance, **kwargs):
    """The reservations of a deleted order go by cascade; the counters would not."""
    release(instance)
