from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST
from django.views.generic import ListView

from accounts.permissions import TenantScoped, role_required
from billing import services
from billing.forms import PaymentForm
from billing.models import Invoice, Plan, Subscription
from core.helpers import local_today, paginate


class InvoiceList(TenantScoped, ListView):
    model = Invoice
    template_name = "billing/invoices.html"

    def get_queryset(self):
        invoices = super().get_queryset().select_related("customer", "order")
        status = self.request.GET.get("status")
        return invoices.filter(status=status) if status in dict(Invoice.STATUSES) else invoices


@login_required
def invoice(request, pk):
    invoice = get_object_or_404(
        Invoice.objects.select_related("customer", "order"), pk=pk, tenant=request.tenant
    )
    form = PaymentForm(initial={"received_on": local_today()})
    return render(request, "billing/invoice.html", {"invoice": invoice, "form": form})


@require_POST
@role_required("can_bill")
def pay(request, pk):
    invoice = get_object_or_404(Invoice, pk=pk, tenant=request.tenant)
    form = PaymentForm(request.POST)
    if not form.is_valid():
        return render(request, "billing/invoice.html", {"invoice": invoice, "form": form}, status=400)
    try:
        services.mark_paid(invoice, user=request.user, **form.cleaned_data)
    except services.BillingError as error:
        messages.error(request, str(error))
    else:
        messages.success(request, f"{invoice.invoice_no} is paid.")
    return redirect(invoice)


@require_POST
@role_required("can_bill")
def void(request, pk):
    invoice = get_object_or_404(Invoice, pk=pk, tenant=request.tenant)
    try:
        services.void_invoice(invoice, request.user)
    except services.BillingError as error:
        messages.error(request, str(error))
    else:
        messages.success(request, f"{invoice.invoice_no} is void.")
    return redirect(invoice)


@login_required
def subscriptions(request):
    running = Subscription.objects.for_tenant(request.tenant).select_related("customer", "plan")
    plans = Plan.objects.for_tenant(request.tenant)
    context = {"page": paginate(request, running), "plans": plans}
    return render(request, "billing/subscriptions.html", context)
