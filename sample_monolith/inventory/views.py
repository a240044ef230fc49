from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.db.models import F
from django.shortcuts import get_object_or_404, redirect, render

from accounts.permissions import role_required
from core.helpers import paginate
from inventory import services
from inventory.forms import AdjustForm
from inventory.models import StockItem


@login_required
def stock(request):
    items = StockItem.objects.filter(warehouse__tenant=request.tenant).select_related("warehouse", "product")
    if request.GET.get("low"):
        items = items.filter(on_hand__lt=F("reserved") + F("reorder_level"))
    return render(request, "inventory/stock.html", {"page": paginate(request, items)})


@role_required("can_sell")
def item(request, pk):
    item = get_object_or_404(StockItem, pk=pk, warehouse__tenant=request.tenant)
    form = AdjustForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            services.adjust(item, form.cleaned_data["delta"], form.cleaned_data["reason"], request.user)
        except services.OutOfStock as error:
            form.add_error("delta", str(error))
        else:
            messages.success(request, "Stock adjusted.")
            return redirect("inventory:item", pk=item.pk)
    movements = item.movements.select_related("order", "by")[:25]
    return render(request, "inventory/item.html", {"item": item, "form": form, "movements": movements})
