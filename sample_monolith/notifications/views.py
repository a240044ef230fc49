from django.contrib.auth.decorators import login_required
from django.http import HttpResponse, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST

from core.helpers import paginate
from notifications.events import newest_id, stream
from notifications.models import Notification
from notifications.services import mark_read


@login_required
def inbox(request):
    page = paginate(request, Notification.objects.filter(recipient=request.user, tenant=request.tenant))
    return render(request, "notifications/inbox.html", {"page": page})


@require_POST
@login_required
def read(request, pk):
    mark_read(request.user, pk, timezone.now())
    return redirect("notifications:inbox")


async def events(request):
    """Server-sent events. Starts after Last-Event-ID when the browser reconnects, else with what comes next."""
    user = await request.auser()
    if not user.is_authenticated:
        return HttpResponse(status=401)
    seen = request.headers.get("Last-Event-ID", "")
    last_id = int(seen) if seen.isascii() and seen.isdigit() and len(seen) < 19 else await newest_id(user)
    return StreamingHttpResponse(
        stream(user, last_id),
        content_type="text/event-stream",
        headers={"Cache-Control": "no-cache", "X-Accel-Buffering": "no"},
    )
