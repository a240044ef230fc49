from django.shortcuts import get_object_or_404

from core.api import ApiError, ApiView, page_of, read_json
from orders.models import Customer
from support.models import Ticket
from support.services import open_ticket


def as_json(ticket):
    return {
        "id": ticket.pk,
        "number": ticket.number,
        "subject": ticket.subject,
        "customer_id": ticket.customer_id,
        "order_id": ticket.order_id,
        "status": ticket.status,
        "priority": ticket.priority,
    }


class TicketList(ApiView):
    def get(self, request):
        tickets = Ticket.objects.for_tenant(request.tenant)
        if method := request.GET.get("paid_by"):
            tickets = tickets.paid_by(method)
        return page_of(request, tickets.order_by("pk"), as_json)

    def post(self, request):
        data = read_json(request)
        subject, body = data.get("subject"), data.get("body")
        if not all(isinstance(text, str) and text.strip() for text in (subject, body)) or len(subject) > 160:
            raise ApiError(400, "subject and body must be texts")
        if type(data.get("customer_id")) is not int:
            raise ApiError(400, "customer_id must be a number")
        customer = get_object_or_404(Customer, tenant=request.tenant, pk=data["customer_id"])
        return as_json(open_ticket(request.tenant, request.user, customer, subject, body)), 201
