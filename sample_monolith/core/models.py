from django.db import models, transaction
from django.utils import timezone


class TimeStamped(models.Model):
    created_at = models.DateTimeField(default=timezone.now, editable=False, db_index=True)
    updated_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        abstract = True

    def save(self, *args, **kwargs):
        self.updated_at = timezone.now()
        update_fields = kwargs.get("update_fields")
        if update_fields is not None:
            kwargs["update_fields"] = {*update_fields, "updated_at"}
        super().save(*args, **kwargs)


class TenantQuerySet(models.QuerySet):
    def for_tenant(self, tenant):
        return self.filter(tenant=tenant)


class TenantOwned(TimeStamped):
    tenant = models.ForeignKey(
        "accounts.Tenant", on_delete=models.CASCADE, related_name="%(app_label)s_%(class)s_set"
    )

    objects = TenantQuerySet.as_manager()

    class Meta:
        abstract = True


class NumberRange(models.Model):
    """Gapless document numbers per tenant: ORD-000001, INV-000001, ..."""

    PREFIXES = {"order": "ORD", "invoice": "INV", "ticket": "TIC"}

    tenant = models.ForeignKey("accounts.Tenant", on_delete=models.CASCADE, related_name="number_ranges")
    kind = models.CharField(max_length=16)
    next_value = models.PositiveIntegerField(default=1)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["tenant", "kind"], name="number_range_once")]
        ordering = ["tenant_id", "kind"]

    def __str__(self):
        return f"{self.kind}: {self.next_value}"

    @classmethod
    def draw(cls, tenant, kind):
        """The next number of `kind`. The row stays locked until the surrounding transaction ends."""
        with transaction.atomic():
            cls.objects.get_or_create(tenant=tenant, kind=kind)
            row = cls.objects.select_for_update().get(tenant=tenant, kind=kind)
            value = row.next_value
            row.next_value = value + 1
            row.save(update_fields=["next_value"])
        return cls.format(kind, value)

    @classmethod
    def format(cls, kind, value):
        return f"{cls.PREFIXES[kind]}-{value:06d}"
