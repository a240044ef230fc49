from django.db.models import Sum
from django.views.generic import DetailView, ListView

from accounts.permissions import TenantScoped
from catalog.models import Product


class ProductList(TenantScoped, ListView):
    model = Product
    template_name = "catalog/products.html"

    def get_queryset(self):
        products = super().get_queryset().select_related("category")
        if words := self.request.GET.get("q"):
            products = products.filter(name__icontains=words)
        if tag := self.request.GET.get("tag"):
            products = products.filter(tags__name=tag)
        return products.annotate(on_hand=Sum("stock_items__on_hand")).order_by("sku")


class ProductDetail(TenantScoped, DetailView):
    model = Product
    template_name = "catalog/product.html"

    def get_context_data(self, **kwargs):
        lines = self.object.invoice_lines.filter(invoice__status="P")
        billed = lines.aggregate(cents=Sum("amount_cents"), units=Sum("quantity"))
        return super().get_context_data(billed=billed, **kwargs)
