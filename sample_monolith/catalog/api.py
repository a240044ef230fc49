from django.shortcuts import get_object_or_404

from catalog.models import Product
from core.api import ApiView, page_of


def as_json(product):
    return {
        "id": product.pk,
        "sku": product.sku,
        "name": product.name,
        "category": product.category.name,
        "tags": [tag.name for tag in product.tags.all()],
        "price_cents": product.price_cents,
        "currency": product.currency,
        "tax_percent": str(product.tax_percent),
        "is_active": product.is_active,
    }


class ProductList(ApiView):
    def get(self, request):
        products = Product.objects.for_tenant(request.tenant)
        if request.GET.get("sellable"):
            products = products.sellable()
        products = products.select_related("category").prefetch_related("tags").order_by("pk")
        return page_of(request, products, as_json)


class ProductDetail(ApiView):
    def get(self, request, sku):
        product = get_object_or_404(Product, tenant=request.tenant, sku=sku)
        return {**as_json(product), "available": product.available}
