from django.urls import path

from orders import api

app_name = "orders"

urlpatterns = [
    path("", api.OrderList.as_view(), name="list"),
    path("<int:pk>/", api.OrderDetail.as_view(), name="detail"),
    path("<int:pk>/checkout/", api.OrderCheckout.as_view(), name="checkout"),
]
