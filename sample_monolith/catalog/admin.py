from django.contrib import admin

from catalog.models import Bundle, BundleItem, Category, Product, Tag


@admin.register(Category, Tag)
class NamedAdmin(admin.ModelAdmin):
    list_display = ["name", "tenant"]
    list_filter = ["tenant"]
    search_fields = ["name"]


@admin.register(Product)
class ProductAdmin(admin.ModelAdmin):
    list_display = ["sku", "name", "category", "price_cents", "is_active"]
    list_filter = ["tenant", "is_active"]
    search_fields = ["sku", "name"]
    filter_horizontal = ["tags"]


class BundleItemInline(admin.TabularInline):
    model = BundleItem
    fk_name = "bundle"
    raw_id_fields = ["product"]
    extra = 0


@admin.register(Bundle)
class BundleAdmin(ProductAdmin):
    inlines = [BundleItemInline]


@admin.register(BundleItem)
class BundleItemAdmin(admin.ModelAdmin):
    list_display = ["bundle", "product", "quantity"]
    raw_id_fields = ["bundle", "product"]
