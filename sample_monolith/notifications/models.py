from django.conf import settings
from django.db import models

from core.models import TenantOwned


class MessageTemplate(models.Model):
    code = models.SlugField(unique=True)
    subject = models.CharField(max_length=160)
    body = models.TextField()

    class Meta:
        ordering = ["code"]

    def __str__(self):
        return self.code

    def render(self, context):
        return self.subject.format_map(context), self.body.format_map(context)


class Notification(TenantOwned):
    recipient = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="notifications"
    )
    template = models.ForeignKey(
        MessageTemplate, null=True, blank=True, on_delete=models.SET_NULL, related_name="notifications"
    )
    subject = models.CharField(max_length=160)
    body = models.TextField(blank=True)
    link = models.CharField(max_length=200, blank=True)
    sent_at = models.DateTimeField(null=True, blank=True)
    read_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        indexes = [models.Index(fields=["recipient", "-id"], name="notification_inbox")]
        ordering = ["-pk"]

    def __str__(self):
        return self.subject


class Preference(models.Model):
    CHANNELS = [("web", "Web"), ("mail", "E-mail")]

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="notification_preferences"
    )
    channel = models.CharField(max_length=8, choices=CHANNELS)
    enabled = models.BooleanField(default=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "channel"], name="preference_once")]
        ordering = ["user_id", "channel"]

    def __str__(self):
        return f"{self.user}: {self.channel}"
