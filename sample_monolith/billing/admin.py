from django.contrib import admin

from billing.models import Invoice, InvoiceLine, Payment, Plan, Subscription


@admin.register(Plan)
class PlanAdmin(admin.ModelAdmin):
    list_display = ["name", "tenant", "monthly_cents", "currency"]


@admin.register(Subscription)
class SubscriptionAdmin(admin.ModelAdmin):
    list_display = ["customer", "plan", "started_on", "billed_until"]
    raw_id_fields = ["customer"]


class InvoiceLineInline(admin.TabularInline):
    model = InvoiceLine
    extra = 0
    raw_id_fields = ["product"]


class PaymentInline(admin.TabularInline):
    model = Payment
    extra = 0
    raw_id_fields = ["recorded_by"]


@admin.action(description="Mark as exported to accounting")
def mark_exported(modeladmin, request, queryset):
    queryset.update(exported=True)


@admin.register(Invoice)
class InvoiceAdmin(admin.ModelAdmin):
    list_display = ["invoice_no", "tenant", "customer", "status", "issued", "due", "total_cents", "exported"]
    list_filter = ["status", "tenant", "exported"]
    list_select_related = ["tenant", "customer"]
    search_fields = ["invoice_no", "customer__name", "order__number"]
    raw_id_fields = ["customer", "order", "subscription"]
    inlines = [InvoiceLineInline, PaymentInline]
    actions = [mark_exported]


@admin.register(InvoiceLine)
class InvoiceLineAdmin(admin.ModelAdmin):
    list_display = ["invoice", "position", "description", "amount_cents"]
    list_select_related = ["invoice"]
    raw_id_fields = ["invoice", "product"]


@admin.register(Payment)
class PaymentAdmin(admin.ModelAdmin):
    list_display = ["invoice", "method", "amount_cents", "received_on"]
    list_select_related = ["invoice"]
    raw_id_fields = ["invoice", "recorded_by"]
