from django.contrib import admin
from django.urls import include, path

from core import views as core_views

api_urlpatterns = [
    path("me/", core_views.api_me, name="me"),
    path("catalog/", include("catalog.api_urls")),
    path("orders/", include("orders.api_urls")),
    path("inventory/", include("inventory.api_urls")),
    path("billing/", include("billing.api_urls")),
    path("notifications/", include("notifications.api_urls")),
    path("support/", include("support.api_urls")),
]

urlpatterns = [
    path("", core_views.dashboard, name="dashboard"),
    path("healthz", core_views.healthz, name="healthz"),
    path("admin/", admin.site.urls),
    path("accounts/", include("accounts.urls")),
    path("catalog/", include("catalog.urls")),
    path("orders/", include("orders.urls")),
    path("customers/", include("orders.customer_urls")),
    path("inventory/", include("inventory.urls")),
    path("billing/", include("billing.urls")),
    path("support/", include("support.urls")),
    path("reports/", include("reports.urls")),
    path("audit/", include("audit.urls")),
    path("", include("notifications.urls")),
    path("api/", include((api_urlpatterns, "api"))),
]
