from django.conf import settings
from django.db import models

from core.models import TenantOwned, TimeStamped


class Warehouse(TenantOwned):
    code = models.CharField(max_length=12)
    name = models.CharField(max_length=80)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["tenant", "code"], name="warehouse_code_once")]
        ordering = ["code"]

    def __str__(self):
        return self.name


class StockItem(TimeStamped):
    warehouse = models.ForeignKey(Warehouse, on_delete=models.CASCADE, related_name="stock_items")
    product = models.ForeignKey("catalog.Product", on_delete=models.CASCADE, related_name="stock_items")
    on_hand = models.PositiveIntegerField(default=0)
    reserved = models.PositiveIntegerField(default=0)
    reorder_level = models.PositiveIntegerField(default=10)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["warehouse", "product"], name="stock_item_once")]
        ordering = ["warehouse_id", "product_id"]

    def __str__(self):
        return f"{self.product} in {self.warehouse}"

    @property
    def free(self):
        return self.on_hand - self.reserved

    @property
    def is_low(self):
        return self.free < self.reorder_level


class Reservation(TimeStamped):
    stock_item = models.ForeignKey(StockItem, on_delete=models.CASCADE, related_name="reservations")
    order_line = models.OneToOneField(
        "orders.OrderLine", on_delete=models.CASCADE, related_name="reservation"
    )
    quantity = models.PositiveIntegerField()

    class Meta:
        ordering = ["pk"]

    def __str__(self):
        return f"{self.quantity} for {self.order_line.order}"


class StockMovement(TimeStamped):
    REASONS = [("sale", "Sale"), ("return", "Return"), ("count", "Stock count"), ("delivery", "Delivery")]

    stock_item = models.ForeignKey(StockItem, on_delete=models.CASCADE, related_name="movements")
    order = models.ForeignKey(
        "orders.Order", null=True, blank=True, on_delete=models.SET_NULL, related_name="stock_movements"
    )
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="stock_movements",
    )
    delta = models.IntegerField()
    reason = models.CharField(max_length=10, choices=REASONS)

    class Meta:
        ordering = ["-pk"]

    def __str__(self):
        return f"{self.delta:+d} {self.stock_item}"
