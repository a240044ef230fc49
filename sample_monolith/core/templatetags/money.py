from django import template

from billing.models import Invoice
from core.helpers import format_money

register = template.Library()


@register.filter
def money(cents, currency="EUR"):
    return format_money(cents, currency)


@register.simple_tag
def overdue_count(tenant):
    return Invoice.objects.for_tenant(tenant).overdue().count()


@register.inclusion_tag("core/_pages.html", takes_context=True)
def pages(context, page):
    query = context["request"].GET.copy()
    query.pop("page", None)
    return {"page": page, "query": query.urlencode()}
