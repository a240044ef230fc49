from django.conf import settings
from django.contrib.contenttypes.fields import GenericRelation
from django.db import models
from django.urls import reverse

from core.models import TenantOwned, TenantQuerySet, TimeStamped
from orders.models import Customer, Order


class TicketQuerySet(TenantQuerySet):
    def open(self):
        return self.exclude(status=Ticket.CLOSED)

    def about_unpaid_orders(self):
        return self.filter(order__invoice__status="O")

    def paid_by(self, method):
        return self.filter(order__invoice__payments__method=method).distinct()


class Ticket(TenantOwned):
    NEW, WAITING, CLOSED = "new", "waiting", "closed"
    STATUSES = [(NEW, "New"), (WAITING, "Waiting for customer"), (CLOSED, "Closed")]
    PRIORITIES = [(1, "High"), (2, "Normal"), (3, "Low")]

    number = models.CharField(max_length=20)
    subject = models.CharField(max_length=160)
    customer = models.ForeignKey(Customer, on_delete=models.CASCADE, related_name="tickets")
    order = models.ForeignKey(Order, null=True, blank=True, on_delete=models.SET_NULL, related_name="tickets")
    opened_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="opened_tickets"
    )
    assignee = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="assigned_tickets",
    )
    status = models.CharField(max_length=10, choices=STATUSES, default=NEW)
    priority = models.PositiveSmallIntegerField(choices=PRIORITIES, default=2)
    audit_entries = GenericRelation("audit.AuditEntry", related_query_name="ticket")

    objects = TicketQuerySet.as_manager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["tenant", "number"], name="ticket_number_once")]
        ordering = ["priority", "-pk"]

    def __str__(self):
        return f"{self.number} {self.subject}"

    def get_absolute_url(self):
        return reverse("support:ticket", args=[self.pk])


class TicketMessage(TimeStamped):
    ticket = models.ForeignKey(Ticket, on_delete=models.CASCADE, related_name="messages")
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="ticket_messages"
    )
    body = models.TextField()

    class Meta:
        ordering = ["pk"]

    def __str__(self):
        return self.body[:40]


class Attachment(TimeStamped):
    message = models.ForeignKey(TicketMessage, on_delete=models.CASCADE, related_name="attachments")
    file = models.FileField(upload_to="attachments/%Y/%m/")
    filename = models.CharField(max_length=160)
    content_type = models.CharField(max_length=80, default="application/octet-stream")
    size = models.PositiveIntegerField(default=0)

    class Meta:
        ordering = ["pk"]

    def __str__(self):
        return self.filename
