from django.shortcuts import get_object_or_404

from catalog.models import Product
from core.api import ApiError, ApiView, page_of, read_json
from inventory.services import OutOfStock
from orders import services
from orders.models import Customer, Order


def as_json(order):
    return {
        "id": order.pk,
        "number": order.number,
        "customer_id": order.customer_id,
        "status": order.status,
        "currency": order.currency,
        "total_cents": order.total_cents,
        "is_paid": order.is_paid,
        "placed_at": order.placed_at.isoformat(timespec="seconds") if order.placed_at else None,
    }


def with_lines(order):
    lines = [
        {"sku": line.product.sku, "quantity": line.quantity, "unit_cents": line.unit_cents}
        for line in order.lines.select_related("product")
    ]
    invoice = getattr(order, "invoice", None)
    return {**as_json(order), "lines": lines, "invoice_no": invoice.invoice_no if invoice else None}


class OrderList(ApiView):
    needs = "can_sell"

    def get(self, request):
        return page_of(request, Order.objects.for_tenant(request.tenant), as_json)

    def post(self, request):
        data = read_json(request)
        customer_id = data.get("customer_id")
        if not isinstance(customer_id, int) or isinstance(customer_id, bool):
            raise ApiError(400, "customer_id must be a number")
        customer = get_object_or_404(Customer, tenant=request.tenant, pk=customer_id)
        items = [_item(request.tenant, line) for line in _lines(data)]
        order = services.create_order(request.tenant, customer, request.user, items)
        return with_lines(order), 201


class OrderDetail(ApiView):
    def get(self, request, pk):
        return with_lines(get_object_or_404(Order, tenant=request.tenant, pk=pk))


class OrderCheckout(ApiView):
    needs = "can_sell"

    def post(self, request, pk):
        order = get_object_or_404(Order, tenant=request.tenant, pk=pk)
        try:
            return with_lines(services.checkout(order, request.user))
        except (services.OrderError, OutOfStock) as error:
            raise ApiError(409, str(error)) from None


def _lines(data):
    lines = data.get("lines")
    if not isinstance(lines, list) or not lines or not all(isinstance(line, dict) for line in lines):
        raise ApiError(400, "lines must be a list of {sku, quantity}")
    return lines


def _item(tenant, line):
    sku, quantity = line.get("sku"), line.get("quantity", 1)
    if type(quantity) is not int or not 0 < quantity <= 10_000:
        raise ApiError(400, "quantity must be between 1 and 10000")
    product = Product.objects.filter(tenant=tenant, sku=str(sku), is_active=True).first()
    if product is None:
        raise ApiError(400, f"no such product: {sku}")
    return product, quantity
