from django.apps import apps
from django.db.models.signals import post_save
from django.dispatch import receiver

from accounts.models import Tenant, User


@receiver(post_save, sender=Tenant)
def furnish_tenant(sender, instance, created, raw=False, **kwargs):
    """A new tenant starts with a warehouse and a plan."""
    if not created or raw:
        return
    apps.get_model("inventory.Warehouse").objects.create(tenant=instance, code="MAIN", name="Main warehouse")
    apps.get_model("billing", "Plan").objects.create(
        tenant=instance, code="basic", name="Basic", monthly_cents=4900, currency=instance.currency
    )


@receiver(post_save, sender=User)
def default_preferences(sender, instance, created, raw=False, **kwargs):
    if created and not raw:
        Preference = apps.get_model("notifications", "Preference")
        for channel, _ in Preference.CHANNELS:
            Preference.objects.create(user=instance, channel=channel)
