from django.urls import path

from orders import views

app_name = "customers"

urlpatterns = [
    path("", views.CustomerList.as_view(), name="list"),
    path("new/", views.CustomerCreate.as_view(), name="new"),
    path("<int:pk>/", views.CustomerDetail.as_view(), name="detail"),
    path("<int:pk>/notes/", views.add_note, name="note"),
]
