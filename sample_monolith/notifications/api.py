from django.http import Http404
from django.utils import timezone

from core.api import ApiView, page_of
from notifications.models import Notification
from notifications.services import mark_read


def as_json(notification):
    return {
        "id": notification.pk,
        "subject": notification.subject,
        "body": notification.body,
        "link": notification.link,
        "created": notification.created_at.isoformat(timespec="seconds"),
        "read": notification.read_at is not None,
    }


class NotificationList(ApiView):
    def get(self, request):
        inbox = Notification.objects.filter(recipient=request.user, tenant=request.tenant)
        if request.GET.get("unread"):
            inbox = inbox.filter(read_at=None)
        return page_of(request, inbox, as_json)


class NotificationRead(ApiView):
    def post(self, request, pk):
        notification = Notification.objects.filter(recipient=request.user, tenant=request.tenant, pk=pk)
        if not notification.exists():
            raise Http404
        mark_read(request.user, pk, timezone.now())
        return as_json(notification.get())
