from django.contrib.auth.decorators import login_required
from django.shortcuts import render

from audit.models import AuditEntry
from core.helpers import paginate


@login_required
def trail(request):
    entries = AuditEntry.objects.for_tenant(request.tenant).select_related("actor", "content_type")
    if verb := request.GET.get("verb"):
        entries = entries.filter(verb__startswith=verb)
    page = paginate(request, entries.prefetch_related("target"))
    return render(request, "audit/trail.html", {"page": page})
