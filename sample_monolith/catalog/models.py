from django.db import models
from django.urls import reverse

from core.models import TenantOwned, TenantQuerySet


class Category(TenantOwned):
    name = models.CharField(max_length=80)
    parent = models.ForeignKey(
        "self", null=True, blank=True, on_delete=models.CASCADE, related_name="children"
    )

    class Meta:
        ordering = ["name"]
        verbose_name_plural = "categories"

    def __str__(self):
        return self.name


class Tag(TenantOwned):
    name = models.SlugField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["tenant", "name"], name="tag_once")]
        ordering = ["name"]

    def __str__(self):
        return self.name


class ProductQuerySet(TenantQuerySet):
    def sellable(self):
        return self.filter(
            is_active=True, stock_items__on_hand__gt=models.F("stock_items__reserved")
        ).distinct()

    def bestsellers(self):
        return self.annotate(sold=models.Sum("order_lines__quantity")).order_by(
            models.F("sold").desc(nulls_last=True), "pk"
        )


class Product(TenantOwned):
    sku = models.CharField(max_length=32)
    name = models.CharField(max_length=120)
    category = models.ForeignKey(Category, on_delete=models.PROTECT, related_name="products")
    tags = models.ManyToManyField(Tag, blank=True, related_name="products")
    description = models.TextField(blank=True)
    price_cents = models.PositiveIntegerField()
    currency = models.CharField(max_length=3, default="EUR")
    tax_percent = models.DecimalField(max_digits=5, decimal_places=2, default=19)
    is_active = models.BooleanField(default=True)

    objects = ProductQuerySet.as_manager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["tenant", "sku"], name="product_sku_once")]
        ordering = ["sku"]

    def __str__(self):
        return f"{self.sku} {self.name}"

    def get_absolute_url(self):
        return reverse("catalog:product", args=[self.pk])

    @property
    def available(self):
        totals = self.stock_items.aggregate(on_hand=models.Sum("on_hand"), reserved=models.Sum("reserved"))
        return (totals["on_hand"] or 0) - (totals["reserved"] or 0)


class Bundle(Product):
    """A product that is sold as several others, at a discount."""

    discount_percent = models.PositiveSmallIntegerField(default=10)
    contents = models.ManyToManyField(Product, through="BundleItem", related_name="bundles")


class BundleItem(models.Model):
    bundle = models.ForeignKey(Bundle, on_delete=models.CASCADE, related_name="items")
    product = models.ForeignKey(Product, on_delete=models.PROTECT, related_name="bundle_items")
    quantity = models.PositiveIntegerField(default=1)

    class Meta:
        ordering = ["bundle_id", "pk"]

    def __str__(self):
        return f"{self.quantity} x {self.product}"
