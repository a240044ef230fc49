from notifications.models import MessageTemplate, Notification, Preference
from notifications.tasks import deliver


class _Context(dict):
    def __missing__(self, key):
        return ""


def notify(user, tenant, code, link="", **context):
    """Put a message into the user's inbox and hand it to delivery."""
    template = MessageTemplate.objects.filter(code=code).first()
    subject, body = template.render(_Context(context)) if template else (code, "")
    notification = Notification.objects.create(
        tenant=tenant, recipient=user, template=template, subject=subject, body=body, link=link
    )
    if not Preference.objects.filter(user=user, channel="mail", enabled=False).exists():
        deliver.delay(notification.pk)
    return notification


def mark_read(user, pk, now):
    return Notification.objects.filter(recipient=user, pk=pk, read_at=None).update(read_at=now)
