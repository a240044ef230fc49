from django.urls import path, re_path

from orders import views

app_name = "orders"

urlpatterns = [
    path("", views.OrderList.as_view(), name="list"),
    path("new/", views.new_order, name="new"),
    re_path(r"^export(?:\.csv)?$", views.export, name="export"),
    path("<int:pk>/", views.OrderDetail.as_view(), name="detail"),
    path("<int:pk>/checkout/", views.checkout, name="checkout"),
    path("<int:pk>/cancel/", views.cancel, name="cancel"),
    path("<int:pk>/ship/", views.ship, name="ship"),
]
