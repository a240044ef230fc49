from django.contrib import admin
from django.contrib.contenttypes.admin import GenericTabularInline

from audit.models import Note
from billing.models import Invoice
from orders.models import Address, Customer, OpenOrder, Order, OrderLine, Shipment


class NoteInline(GenericTabularInline):
    model = Note
    extra = 0
    raw_id_fields = ["author"]


class AddressInline(admin.TabularInline):
    model = Address
    extra = 0


@admin.register(Customer)
class CustomerAdmin(admin.ModelAdmin):
    list_display = ["name", "email", "tenant", "account_manager"]
    list_filter = ["tenant"]
    search_fields = ["name", "email"]
    inlines = [AddressInline, NoteInline]


class OrderLineInline(admin.TabularInline):
    model = OrderLine
    extra = 0
    raw_id_fields = ["product"]


class InvoiceInline(admin.StackedInline):
    model = Invoice
    extra = 0
    raw_id_fields = ["tenant", "customer", "subscription"]


@admin.register(Order, OpenOrder)
class OrderAdmin(admin.ModelAdmin):
    list_display = ["number", "tenant", "customer", "status", "total_cents", "is_paid"]
    list_filter = ["status", "tenant"]
    list_select_related = ["tenant", "customer"]
    search_fields = ["number", "customer__name", "invoice__invoice_no"]
    raw_id_fields = ["customer", "placed_by", "ship_to"]
    inlines = [OrderLineInline, InvoiceInline]


@admin.register(Address)
class AddressAdmin(admin.ModelAdmin):
    list_display = ["customer", "kind", "city"]
    raw_id_fields = ["customer"]


@admin.register(OrderLine)
class OrderLineAdmin(admin.ModelAdmin):
    list_display = ["order", "product", "quantity"]
    list_select_related = ["order", "product"]
    raw_id_fields = ["order", "product"]


@admin.register(Shipment)
class ShipmentAdmin(admin.ModelAdmin):
    list_display = ["order", "warehouse", "shipped_on", "tracking_code"]
    raw_id_fields = ["order"]
