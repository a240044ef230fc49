from django.urls import path

from inventory import views

app_name = "inventory"

urlpatterns = [
    path("", views.stock, name="stock"),
    path("items/<int:pk>/", views.item, name="item"),
]
