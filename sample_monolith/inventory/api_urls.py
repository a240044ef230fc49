from django.urls import path

from inventory import api

app_name = "inventory"

urlpatterns = [path("stock/", api.StockList.as_view(), name="stock")]
