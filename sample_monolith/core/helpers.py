"""Small things that every app needs."""

import datetime as dt
from decimal import ROUND_HALF_UP, Decimal

from django.core.paginator import Paginator
from django.utils import timezone

PER_PAGE = 20


def local_today() -> dt.date:
    return timezone.localdate()


def format_money(cents, currency="EUR"):
    return f"{(cents or 0) / 100:,.2f} {currency}"


def tax_on(net_cents, percent):
    return int((Decimal(net_cents) * Decimal(percent) / 100).quantize(Decimal(1), rounding=ROUND_HALF_UP))


def add_days(day, days):
    return day + dt.timedelta(days=days)


def month_bounds(day):
    first = day.replace(day=1)
    following = (first + dt.timedelta(days=32)).replace(day=1)
    return first, following - dt.timedelta(days=1)


def paginate(request, queryset, per_page=PER_PAGE):
    """The page that `?page=` asks for; anything out of range is the nearest page."""
    return Paginator(queryset, per_page).get_page(request.GET.get("page"))


def client_ip(request):
    from django.conf import settings

    forwarded = request.META.get("HTTP_X_FORWARDED_FOR", "")
    if settings.TRUST_PROXY and forwarded:
        return forwarded.split(",")[-1].strip()
    return request.META.get("REMOTE_ADDR", "")


def record(verb, target, actor=None, **changes):
    """Write the audit trail of `target`, which has a tenant."""
    from audit.models import AuditEntry

    return AuditEntry.objects.create(
        tenant_id=target.tenant_id, actor=actor, verb=verb, target=target, changes=changes
    )


def notify_role(tenant, flag, code, link="", **context):
    """Tell everybody in `tenant` whose role has `flag` (can_sell, can_bill, can_manage)."""
    from notifications.services import notify

    members = tenant.members.filter(**{f"memberships__role__{flag}": True, "memberships__tenant": tenant})
    return [notify(user, tenant, code, link=link, **context) for user in members.distinct()]
