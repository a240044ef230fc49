from django.urls import path

from reports import views

app_name = "reports"

urlpatterns = [
    path("", views.overview, name="overview"),
    path("revenue/", views.revenue, name="revenue"),
    path("customers/", views.customers, name="customers"),
    path("stock/", views.stock, name="stock"),
    path("products/", views.products, name="products"),
    path("saved/<int:pk>/run/", views.run, name="run"),
]
