from django.conf import settings
from django.contrib.contenttypes.fields import GenericRelation
from django.db import models
from django.urls import reverse

from core.helpers import local_today
from core.models import TenantOwned, TenantQuerySet, TimeStamped


class Plan(TenantOwned):
    """A service contract that a tenant sells to its customers by the month."""

    code = models.SlugField()
    name = models.CharField(max_length=60)
    monthly_cents = models.PositiveIntegerField()
    currency = models.CharField(max_length=3, default="EUR")
    is_active = models.BooleanField(default=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["tenant", "code"], name="plan_code_once")]
        ordering = ["monthly_cents", "pk"]

    def __str__(self):
        return self.name


class Subscription(TenantOwned):
    customer = models.ForeignKey("orders.Customer", on_delete=models.CASCADE, related_name="subscriptions")
    plan = models.ForeignKey(Plan, on_delete=models.PROTECT, related_name="subscriptions")
    started_on = models.DateField()
    cancelled_on = models.DateField(null=True, blank=True)
    billed_until = models.DateField(null=True, blank=True)

    class Meta:
        ordering = ["pk"]

    def __str__(self):
        return f"{self.plan} for {self.customer}"

    @property
    def is_running(self):
        return self.cancelled_on is None or self.cancelled_on > local_today()


class InvoiceQuerySet(TenantQuerySet):
    def open(self):
        return self.filter(status=Invoice.OPEN)

    def overdue(self, today=None):
        return self.open().filter(due__lt=today or local_today())

    def for_api(self):
        return self.order_by("-issued", "-pk")


class InvoiceManager(models.Manager.from_queryset(InvoiceQuerySet)):
    def revenue_cents(self, tenant):
        paid = self.for_tenant(tenant).filter(status=Invoice.PAID)
        return paid.aggregate(total=models.Sum("total_cents"))["total"] or 0


class Invoice(TenantOwned):
    OPEN, PAID, VOID = "O", "P", "V"
    STATUSES = [(OPEN, "Open"), (PAID, "Paid"), (VOID, "Void")]

    invoice_no = models.CharField(max_length=20)
    customer = models.ForeignKey("orders.Customer", on_delete=models.PROTECT, related_name="invoices")
    order = models.OneToOneField(
        "orders.Order", null=True, blank=True, on_delete=models.SET_NULL, related_name="invoice"
    )
    subscription = models.ForeignKey(
        Subscription, null=True, blank=True, on_delete=models.SET_NULL, related_name="invoices"
    )
    status = models.CharField(max_length=1, choices=STATUSES, default=OPEN)
    issued = models.DateField(default=local_today)
    due = models.DateField()
    paid_on = models.DateField(null=True, blank=True)
    currency = models.CharField(max_length=3, default="EUR")
    net_cents = models.BigIntegerField(default=0)
    tax_cents = models.BigIntegerField(default=0)
    total_cents = models.BigIntegerField(default=0)
    bill_to = models.CharField(max_length=160)
    # Rows from before the 2019 import carry NULL here, later ones the empty string.
    po_number = models.CharField(max_length=40, null=True, blank=True)
    notes = models.TextField(null=True, blank=True)
    exported = models.BooleanField(default=False)
    audit_entries = GenericRelation("audit.AuditEntry", related_query_name="invoice")

    objects = InvoiceManager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["tenant", "invoice_no"], name="invoice_no_once")]
        indexes = [models.Index(fields=["tenant", "-issued", "-id"], name="invoice_by_date")]
        ordering = ["-issued", "-pk"]

    def __str__(self):
        return self.invoice_no

    def get_absolute_url(self):
        return reverse("billing:invoice", args=[self.pk])

    @property
    def is_overdue(self):
        return self.status == self.OPEN and self.due < local_today()


class InvoiceLine(models.Model):
    invoice = models.ForeignKey(Invoice, on_delete=models.CASCADE, related_name="lines")
    product = models.ForeignKey(
        "catalog.Product", null=True, blank=True, on_delete=models.SET_NULL, related_name="invoice_lines"
    )
    position = models.PositiveSmallIntegerField()
    sku = models.CharField(max_length=32, blank=True)
    description = models.CharField(max_length=200)
    quantity = models.PositiveIntegerField(default=1)
    unit_cents = models.IntegerField()
    tax_percent = models.DecimalField(max_digits=5, decimal_places=2)
    amount_cents = models.BigIntegerField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["invoice", "position"], name="invoice_line_once")]
        ordering = ["invoice_id", "position"]

    def __str__(self):
        return self.description


class Payment(TimeStamped):
    METHODS = [("C", "Card"), ("B", "Bank transfer"), ("D", "Direct debit")]

    invoice = models.ForeignKey(Invoice, on_delete=models.CASCADE, related_name="payments")
    method = models.CharField(max_length=1, choices=METHODS)
    amount_cents = models.BigIntegerField()
    currency = models.CharField(max_length=3, default="EUR")
    received_on = models.DateField()
    reference = models.CharField(max_length=60, null=True, blank=True)
    recorded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="payments"
    )

    class Meta:
        ordering = ["pk"]

    def __str__(self):
        return f"{self.get_method_display()} {self.amount_cents / 100:.2f} {self.currency}"
