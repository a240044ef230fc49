from django.urls import path

from notifications import api

app_name = "notifications"

urlpatterns = [
    path("", api.NotificationList.as_view(), name="list"),
    path("<int:pk>/read/", api.NotificationRead.as_view(), name="read"),
]
