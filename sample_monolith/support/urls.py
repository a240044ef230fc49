from django.urls import path

from support import views

app_name = "support"

urlpatterns = [
    path("", views.TicketList.as_view(), name="tickets"),
    path("new/", views.TicketCreate.as_view(), name="new"),
    path("<int:pk>/", views.ticket, name="ticket"),
    path("<int:pk>/close/", views.close, name="close"),
    path("attachments/<int:pk>/", views.download, name="download"),
]
