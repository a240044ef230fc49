from django.apps import apps
from django.contrib.auth.decorators import login_required
from django.db import connection
from django.http import JsonResponse
from django.shortcuts import render

from core.api import ApiView
from orders.models import OpenOrder, Order
from support.models import Ticket


@login_required
def dashboard(request):
    Invoice = apps.get_model("billing", "Invoice")
    tenant = request.tenant
    invoices = Invoice.objects.for_tenant(tenant).select_related("customer")
    return render(
        request,
        "core/dashboard.html",
        {
            "open_orders": OpenOrder.objects.for_tenant(tenant).count(),
            "unpaid_orders": Order.objects.for_tenant(tenant).unpaid().count(),
            "open_tickets": Ticket.objects.for_tenant(tenant).open().count(),
            "revenue_cents": Invoice.objects.revenue_cents(tenant),
            "latest_orders": Order.objects.for_tenant(tenant).select_related("customer")[:8],
            "overdue": invoices.overdue().order_by("due", "pk")[:8],
        },
    )


def healthz(request):
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    return JsonResponse({"status": "ok"})


class Me(ApiView):
    def get(self, request):
        role = request.user.role_in(request.tenant)
        return {
            "username": request.user.username,
            "email": request.user.email,
            "tenant": request.tenant.slug,
            "role": role.code if role else None,
        }


api_me = Me.as_view()
