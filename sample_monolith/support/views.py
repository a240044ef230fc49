from asgiref.sync import sync_to_async
from django.contrib.auth.decorators import login_required
from django.http import StreamingHttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.http import content_disposition_header
from django.views.decorators.http import require_POST
from django.views.generic import FormView, ListView

from accounts.permissions import TenantScoped
from support import services
from support.forms import ReplyForm, TicketForm
from support.models import Attachment, Ticket

CHUNK = 64 * 1024


class TicketList(TenantScoped, ListView):
    model = Ticket
    template_name = "support/tickets.html"

    def get_queryset(self):
        tickets = super().get_queryset().select_related("customer", "order", "assignee")
        if self.request.GET.get("unpaid"):
            tickets = tickets.about_unpaid_orders()
        return tickets if self.request.GET.get("all") else tickets.open()


class TicketCreate(TenantScoped, FormView):
    form_class = TicketForm
    template_name = "support/new.html"

    def get_form_kwargs(self):
        return {**super().get_form_kwargs(), "tenant": self.request.tenant}

    def form_valid(self, form):
        data = form.cleaned_data
        ticket = services.open_ticket(
            self.request.tenant,
            self.request.user,
            data["customer"],
            data["subject"],
            data["body"],
            order=data["order"],
            upload=data["attachment"],
        )
        return redirect(ticket)


@login_required
def ticket(request, pk):
    tickets = Ticket.objects.select_related("customer", "order__invoice", "assignee")
    ticket = get_object_or_404(tickets, pk=pk, tenant=request.tenant)
    form = ReplyForm(request.POST or None, request.FILES or None)
    if request.method == "POST" and form.is_valid():
        services.reply(ticket, request.user, form.cleaned_data["body"], form.cleaned_data["attachment"])
        return redirect(ticket)
    payments = services.payment_history(ticket)
    return render(request, "support/ticket.html", {"ticket": ticket, "form": form, "payments": payments})


@require_POST
@login_required
def close(request, pk):
    ticket = get_object_or_404(Ticket, pk=pk, tenant=request.tenant)
    ticket.status = Ticket.CLOSED
    ticket.save(update_fields=["status"])
    return redirect("support:tickets")


@login_required
def download(request, pk):
    attachment = get_object_or_404(Attachment, pk=pk, message__ticket__tenant=request.tenant)
    return StreamingHttpResponse(
        _chunks(attachment),
        content_type="application/octet-stream",
        headers={
            "Content-Disposition": content_disposition_header(True, attachment.filename),
            "Content-Length": str(attachment.file.size),
            "X-Content-Type-Options": "nosniff",
        },
    )


async def _chunks(attachment):
    stored = await sync_to_async(attachment.file.open)("rb")
    try:
        while chunk := await sync_to_async(stored.read)(CHUNK):
            yield chunk
    finally:
        stored.close()
