from django.urls import path

from catalog import views

app_name = "catalog"

urlpatterns = [
    path("", views.ProductList.as_view(), name="products"),
    path("<int:pk>/", views.ProductDetail.as_view(), name="product"),
]
