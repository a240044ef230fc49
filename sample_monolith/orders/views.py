from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import StreamingHttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST
from django.views.generic import CreateView, DetailView, ListView

from accounts.permissions import TenantScoped, role_required
from audit.models import Note
from billing.services import BillingError
from inventory.services import OutOfStock
from orders import services
from orders.exports import order_rows
from orders.forms import CustomerForm, LineFormSet, NoteForm, OrderForm
from orders.models import Customer, Order


class OrderList(TenantScoped, ListView):
    model = Order
    template_name = "orders/orders.html"

    def get_queryset(self):
        orders = super().get_queryset().select_related("customer").with_totals()
        status = self.request.GET.get("status")
        return orders.filter(status=status) if status in dict(Order.STATUSES) else orders


class OrderDetail(TenantScoped, DetailView):
    template_name = "orders/order.html"

    def get_queryset(self):
        self.queryset = Order.objects.select_related("customer", "ship_to", "invoice", "placed_by")
        return super().get_queryset()


@role_required("can_sell")
def new_order(request):
    tenant = request.tenant
    form = OrderForm(request.POST or None, tenant=tenant)
    lines = LineFormSet(request.POST or None, form_kwargs={"tenant": tenant})
    if request.method == "POST" and form.is_valid() and lines.is_valid():
        items = [
            (line["product"], line.get("quantity") or 1) for line in lines.cleaned_data if line.get("product")
        ]
        try:
            order = services.create_order(
                tenant, form.cleaned_data["customer"], request.user, items, form.cleaned_data["comment"]
            )
        except services.OrderError as error:
            form.add_error(None, str(error))
        else:
            return redirect(order)
    return render(request, "orders/new.html", {"form": form, "lines": lines})


def _action(request, pk, act, done):
    order = get_object_or_404(Order, pk=pk, tenant=request.tenant)
    try:
        act(order, request.user)
    except (services.OrderError, OutOfStock, BillingError) as error:
        messages.error(request, str(error))
    else:
        messages.success(request, f"{order.number} {done}.")
    return redirect(order)


@require_POST
@role_required("can_sell")
def checkout(request, pk):
    return _action(request, pk, services.checkout, "placed and billed")


@require_POST
@role_required("can_sell")
def cancel(request, pk):
    return _action(request, pk, services.cancel_order, "cancelled")


@require_POST
@role_required("can_sell")
def ship(request, pk):
    return _action(request, pk, services.ship_order, "shipped")


@login_required
def export(request):
    status = request.GET.get("status")
    rows = order_rows(request.tenant.pk, status if status in dict(Order.STATUSES) else None)
    return StreamingHttpResponse(
        rows,
        content_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": 'attachment; filename="orders.csv"'},
    )


class CustomerList(TenantScoped, ListView):
    model = Customer
    template_name = "orders/customers.html"


class CustomerDetail(TenantScoped, DetailView):
    model = Customer
    template_name = "orders/customer.html"

    def get_context_data(self, **kwargs):
        return super().get_context_data(form=NoteForm(), **kwargs)


class CustomerCreate(TenantScoped, CreateView):
    model = Customer
    form_class = CustomerForm
    template_name = "orders/customer_form.html"

    def form_valid(self, form):
        form.instance.tenant = self.request.tenant
        form.instance.account_manager = self.request.user
        return super().form_valid(form)


@require_POST
@login_required
def add_note(request, pk):
    customer = get_object_or_404(Customer, pk=pk, tenant=request.tenant)
    form = NoteForm(request.POST)
    if form.is_valid():
        Note.objects.create(
            tenant=request.tenant, author=request.user, body=form.cleaned_data["body"], subject=customer
        )
    return redirect(reverse("customers:detail", args=[pk]))
