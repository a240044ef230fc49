from django.urls import path

from billing import api

app_name = "billing"

urlpatterns = [
    path("invoices/", api.InvoiceList.as_view(), name="invoices"),
    path("invoices/<int:pk>/", api.InvoiceDetail.as_view(), name="invoice"),
    path("invoices/<int:pk>/pay/", api.InvoicePay.as_view(), name="pay"),
]
