"""The inbox as server-sent events."""

import asyncio
import json

from django.conf import settings

from notifications.models import Notification


async def stream(user, last_id, poll_seconds=None):
    """New notifications of `user` after `last_id`, forever; a comment when there is nothing to say."""
    pause = settings.EVENTS_POLL_SECONDS if poll_seconds is None else poll_seconds
    yield "retry: 2000\n\n"
    while True:
        fresh = Notification.objects.filter(recipient=user, pk__gt=last_id).order_by("pk")
        found = [notification async for notification in fresh[:100]]
        for notification in found:
            last_id = notification.pk
            yield as_event(notification)
        if not found:
            yield ": nothing new\n\n"
            await asyncio.sleep(pause)


def as_event(notification):
    data = {"id": notification.pk, "subject": notification.subject, "link": notification.link}
    return f"id: {notification.pk}\nevent: notification\ndata: {json.dumps(data)}\n\n"


async def newest_id(user):
    newest = await Notification.objects.filter(recipient=user).order_by("-pk").afirst()
    return newest.pk if newest else 0
