from django.contrib import admin

from inventory.models import Reservation, StockItem, StockMovement, Warehouse


@admin.register(Warehouse)
class WarehouseAdmin(admin.ModelAdmin):
    list_display = ["code", "name", "tenant"]


@admin.register(StockItem)
class StockItemAdmin(admin.ModelAdmin):
    list_display = ["product", "warehouse", "on_hand", "reserved", "free"]
    list_select_related = ["product", "warehouse"]
    raw_id_fields = ["product"]


@admin.register(Reservation)
class ReservationAdmin(admin.ModelAdmin):
    list_display = ["order_line", "stock_item", "quantity"]
    raw_id_fields = ["order_line", "stock_item"]


@admin.register(StockMovement)
class StockMovementAdmin(admin.ModelAdmin):
    list_display = ["stock_item", "delta", "reason", "order", "by"]
    raw_id_fields = ["stock_item", "order", "by"]
