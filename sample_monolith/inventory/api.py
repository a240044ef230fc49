from core.api import ApiView, page_of
from inventory.models import StockItem


def as_json(item):
    return {
        "sku": item.product.sku,
        "warehouse": item.warehouse.code,
        "on_hand": item.on_hand,
        "reserved": item.reserved,
        "free": item.free,
    }


class StockList(ApiView):
    def get(self, request):
        items = StockItem.objects.filter(warehouse__tenant=request.tenant)
        if sku := request.GET.get("sku"):
            items = items.filter(product__sku=sku)
        return page_of(request, items.select_related("product", "warehouse").order_by("pk"), as_json)
