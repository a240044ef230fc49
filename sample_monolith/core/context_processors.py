from notifications.models import Notification


def shell(request):
    """What the frame around every page shows."""
    user = getattr(request, "user", None)
    if user is None or not user.is_authenticated:
        return {}
    return {
        "tenant": request.tenant,
        "tenants": user.tenants.all(),
        "unread": Notification.objects.filter(recipient=user, read_at=None).count(),
    }
