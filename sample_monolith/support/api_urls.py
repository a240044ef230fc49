from django.urls import path

from support import api

app_name = "support"

urlpatterns = [path("tickets/", api.TicketList.as_view(), name="tickets")]
