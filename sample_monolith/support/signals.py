from django.db.models.signals import post_save
from django.dispatch import receiver

from billing.models import Invoice
from notifications.services import notify
from support.models import Ticket, TicketMessage


@receiver(post_save, sender=TicketMessage)
def tell_assignee(sender, instance, created, raw=False, **kwargs):
    ticket = instance.ticket
    if raw or not created or ticket.assignee is None or ticket.assignee_id == instance.author_id:
        return
    notify(
        ticket.assignee,
        ticket.tenant,
        "ticket-reply",
        link=ticket.get_absolute_url(),
        ticket=ticket.number,
        subject=ticket.subject,
    )


@receiver(post_save, sender=Invoice)
def raise_priority_of_voided(sender, instance, raw=False, **kwargs):
    if not raw and instance.status == Invoice.VOID and instance.order_id:
        Ticket.objects.open().filter(order_id=instance.order_id).update(priority=1)
