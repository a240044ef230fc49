from django.urls import path, re_path

from catalog import api

app_name = "catalog"

urlpatterns = [
    path("products/", api.ProductList.as_view(), name="products"),
    re_path(r"^products/(?P<sku>[A-Z0-9-]+)/$", api.ProductDetail.as_view(), name="product"),
]
