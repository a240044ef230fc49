import secrets

from django.conf import settings
from django.contrib.auth.models import AbstractUser
from django.db import models

from core.models import TimeStamped


class Tenant(TimeStamped):
    name = models.CharField(max_length=120)
    slug = models.SlugField(unique=True)
    country = models.CharField(max_length=2, default="DE")
    currency = models.CharField(max_length=3, default="EUR")
    is_active = models.BooleanField(default=True)
    members = models.ManyToManyField(
        settings.AUTH_USER_MODEL,
        through="accounts.Membership",
        through_fields=("tenant", "user"),
        related_name="tenants",
    )

    class Meta:
        ordering = ["name"]

    def __str__(self):
        return self.name


class User(AbstractUser):
    phone = models.CharField(max_length=40, blank=True)
    default_tenant = models.ForeignKey(
        Tenant, null=True, blank=True, on_delete=models.SET_NULL, related_name="default_users"
    )

    class Meta:
        ordering = ["username"]

    def role_in(self, tenant):
        membership = self.memberships.filter(tenant=tenant).select_related("role").first()
        return membership.role if membership else None


class Role(models.Model):
    code = models.SlugField(unique=True)
    name = models.CharField(max_length=60)
    can_sell = models.BooleanField(default=False)
    can_bill = models.BooleanField(default=False)
    can_manage = models.BooleanField(default=False)

    class Meta:
        ordering = ["code"]

    def __str__(self):
        return self.name


class Membership(TimeStamped):
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="memberships")
    tenant = models.ForeignKey(Tenant, on_delete=models.CASCADE, related_name="memberships")
    role = models.ForeignKey(Role, on_delete=models.PROTECT, related_name="memberships")
    invited_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="invitations"
    )

    class Meta:
        constraints = [models.UniqueConstraint(fields=["tenant", "user"], name="membership_once")]
        ordering = ["tenant_id", "user_id"]

    def __str__(self):
        return f"{self.user} in {self.tenant} as {self.role}"


def new_token_key():
    return secrets.token_hex(20)


class ApiToken(TimeStamped):
    key = models.CharField(max_length=64, unique=True, default=new_token_key)
    label = models.CharField(max_length=60, blank=True)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="api_tokens")
    tenant = models.ForeignKey(Tenant, on_delete=models.CASCADE, related_name="api_tokens")
    is_active = models.BooleanField(default=True)

    class Meta:
        ordering = ["pk"]

    def __str__(self):
        return f"{self.label or 'token'} of {self.user}"
