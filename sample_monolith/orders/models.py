from django.conf import settings
from django.contrib.contenttypes.fields import GenericRelation
from django.db import models, transaction
from django.urls import reverse

from accounts.models import User
from catalog.models import Product
from core.models import TenantOwned, TenantQuerySet, TimeStamped


class Customer(TenantOwned):
    name = models.CharField(max_length=120)
    email = models.EmailField()
    phone = models.CharField(max_length=40, null=True, blank=True)
    vat_id = models.CharField(max_length=20, null=True, blank=True)
    credit_limit_cents = models.PositiveIntegerField(default=5_000_000)
    account_manager = models.ForeignKey(
        User, null=True, blank=True, on_delete=models.SET_NULL, related_name="managed_customers"
    )
    remarks = GenericRelation("audit.Note")

    class Meta:
        ordering = ["name", "pk"]

    def __str__(self):
        return self.name

    def get_absolute_url(self):
        return reverse("customers:detail", args=[self.pk])

    def delete(self, *args, **kwargs):
        """Drafts do not keep a customer alive; placed orders and invoices do."""
        with transaction.atomic():
            self.orders.filter(status=Order.DRAFT).delete()
            return super().delete(*args, **kwargs)

    def open_cents(self):
        return self.invoices.open().aggregate(total=models.Sum("total_cents"))["total"] or 0


class Address(models.Model):
    KINDS = [("billing", "Billing"), ("shipping", "Shipping")]

    customer = models.ForeignKey(Customer, on_delete=models.CASCADE, related_name="addresses")
    kind = models.CharField(max_length=10, choices=KINDS, default="shipping")
    street = models.CharField(max_length=120)
    postcode = models.CharField(max_length=12)
    city = models.CharField(max_length=80)
    country = models.CharField(max_length=2, default="DE")

    class Meta:
        ordering = ["customer_id", "pk"]
        verbose_name_plural = "addresses"

    def __str__(self):
        return f"{self.street}, {self.postcode} {self.city}"


class OrderQuerySet(TenantQuerySet):
    def placed(self):
        return self.exclude(status__in=[Order.DRAFT, Order.CANCELLED])

    def unpaid(self):
        return self.filter(invoice__status="O")

    def with_totals(self):
        return self.annotate(units=models.Sum("lines__quantity")).order_by("-pk")


class Order(TenantOwned):
    DRAFT, PLACED, SHIPPED, CANCELLED = "draft", "placed", "shipped", "cancelled"
    STATUSES = [(DRAFT, "Draft"), (PLACED, "Placed"), (SHIPPED, "Shipped"), (CANCELLED, "Cancelled")]

    number = models.CharField(max_length=20)
    customer = models.ForeignKey(Customer, on_delete=models.PROTECT, related_name="orders")
    placed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="orders"
    )
    ship_to = models.ForeignKey(
        Address, null=True, blank=True, on_delete=models.SET_NULL, related_name="orders"
    )
    status = models.CharField(max_length=10, choices=STATUSES, default=DRAFT)
    currency = models.CharField(max_length=3, default="EUR")
    total_cents = models.PositiveBigIntegerField(default=0)
    is_paid = models.BooleanField(default=False)
    placed_at = models.DateTimeField(null=True, blank=True)
    comment = models.TextField(blank=True)
    audit_entries = GenericRelation("audit.AuditEntry", related_query_name="order")
    remarks = GenericRelation("audit.Note")

    objects = OrderQuerySet.as_manager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["tenant", "number"], name="order_number_once")]
        indexes = [models.Index(fields=["tenant", "status", "-placed_at"], name="order_by_status")]
        ordering = ["-pk"]

    def __str__(self):
        return self.number

    def get_absolute_url(self):
        return reverse("orders:detail", args=[self.pk])

    def recalculate(self):
        self.total_cents = sum(line.amount_cents for line in self.lines.all())
        self.save(update_fields=["total_cents"])


class OpenOrderManager(models.Manager.from_queryset(OrderQuerySet)):
    def get_queryset(self):
        return super().get_queryset().filter(status__in=[Order.DRAFT, Order.PLACED])


class OpenOrder(Order):
    """What the warehouse still has to look at."""

    objects = OpenOrderManager()

    class Meta:
        proxy = True


class OrderLine(models.Model):
    order = models.ForeignKey(Order, on_delete=models.CASCADE, related_name="lines")
    product = models.ForeignKey(Product, on_delete=models.PROTECT, related_name="order_lines")
    position = models.PositiveSmallIntegerField(default=1)
    quantity = models.PositiveIntegerField(default=1)
    unit_cents = models.PositiveIntegerField()

    class Meta:
        ordering = ["order_id", "position"]

    def __str__(self):
        return f"{self.quantity} x {self.product}"

    @property
    def amount_cents(self):
        return self.quantity * self.unit_cents


class Shipment(TimeStamped):
    order = models.ForeignKey(Order, on_delete=models.CASCADE, related_name="shipments")
    warehouse = models.ForeignKey("inventory.Warehouse", on_delete=models.PROTECT, related_name="shipments")
    tracking_code = models.CharField(max_length=40, blank=True)
    shipped_on = models.DateField()

    class Meta:
        ordering = ["-shipped_on", "-pk"]

    def __str__(self):
        return f"{self.order} from {self.warehouse}"
