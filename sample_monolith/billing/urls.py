from django.urls import path

from billing import views

app_name = "billing"

urlpatterns = [
    path("invoices/", views.InvoiceList.as_view(), name="invoices"),
    path("invoices/<int:pk>/", views.invoice, name="invoice"),
    path("invoices/<int:pk>/pay/", views.pay, name="pay"),
    path("invoices/<int:pk>/void/", views.void, name="void"),
    path("subscriptions/", views.subscriptions, name="subscriptions"),
]
