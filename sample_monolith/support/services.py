from django.db import transaction

from core.helpers import record
from core.models import NumberRange
from support.models import Attachment, Ticket, TicketMessage


@transaction.atomic
def open_ticket(tenant, user, customer, subject, body, order=None, upload=None):
    ticket = Ticket.objects.create(
        tenant=tenant,
        number=NumberRange.draw(tenant, "ticket"),
        subject=subject,
        customer=customer,
        order=order,
        opened_by=user,
        assignee=customer.account_manager,
    )
    record("ticket.opened", ticket, actor=user)
    reply(ticket, user, body, upload)
    return ticket


@transaction.atomic
def reply(ticket, user, body, upload=None):
    message = TicketMessage.objects.create(ticket=ticket, author=user, body=body)
    if upload is not None:
        Attachment.objects.create(
            message=message,
            file=upload,
            filename=upload.name[:160],
            content_type=(upload.content_type or "application/octet-stream")[:80],
            size=upload.size,
        )
    return message


def payment_history(ticket):
    """What support needs to see when a customer calls about money."""
    if ticket.order is None or not hasattr(ticket.order, "invoice"):
        return []
    return list(ticket.order.invoice.payments.order_by("received_on", "pk"))
