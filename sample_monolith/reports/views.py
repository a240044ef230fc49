from django.apps import apps
from django.contrib.auth.decorators import login_required
from django.db.models import Count, F, Q, Sum
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST

from catalog.models import Product
from reports.models import SavedReport
from reports.queries import revenue_by_month, stock_value, top_customers
from reports.tasks import run_report


@login_required
def overview(request):
    tenant = request.tenant
    saved = SavedReport.objects.for_tenant(tenant).select_related("owner")
    return render(request, "reports/overview.html", {"saved": saved, "funnel": _funnel(tenant)})


def _funnel(tenant):
    Order = apps.get_model("orders", "Order")
    return Order.objects.filter(tenant=tenant).aggregate(
        placed=Count("pk", filter=~Q(status="draft")),
        billed=Count("pk", filter=Q(invoice__isnull=False)),
        paid=Count("pk", filter=Q(invoice__status="P")),
        disputed=Count("pk", filter=Q(tickets__isnull=False), distinct=True),
    )


@login_required
def revenue(request):
    return render(request, "reports/revenue.html", {"rows": revenue_by_month(request.tenant.pk)})


@login_required
def customers(request):
    return render(request, "reports/customers.html", {"rows": top_customers(request.tenant.pk)})


@login_required
def stock(request):
    return render(request, "reports/stock.html", {"rows": stock_value(request.tenant.pk)})


@login_required
def products(request):
    rows = (
        Product.objects.for_tenant(request.tenant)
        .annotate(
            units=Sum("invoice_lines__quantity", filter=Q(invoice_lines__invoice__status="P")),
            cents=Sum("invoice_lines__amount_cents", filter=Q(invoice_lines__invoice__status="P")),
        )
        .order_by(F("cents").desc(nulls_last=True), "pk")[:20]
    )
    return render(request, "reports/products.html", {"rows": rows})


@require_POST
@login_required
def run(request, pk):
    report = get_object_or_404(SavedReport, pk=pk, tenant=request.tenant)
    run_report.delay(report.pk)
    return redirect("reports:overview")
