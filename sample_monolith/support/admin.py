from django.contrib import admin

from support.models import Attachment, Ticket, TicketMessage


class MessageInline(admin.StackedInline):
    model = TicketMessage
    extra = 0
    raw_id_fields = ["author"]


@admin.register(Ticket)
class TicketAdmin(admin.ModelAdmin):
    list_display = ["number", "subject", "customer", "status", "priority"]
    list_filter = ["status", "tenant"]
    raw_id_fields = ["customer", "order", "opened_by", "assignee"]
    inlines = [MessageInline]


@admin.register(TicketMessage)
class TicketMessageAdmin(admin.ModelAdmin):
    list_display = ["ticket", "author", "created_at"]
    raw_id_fields = ["ticket", "author"]


@admin.register(Attachment)
class AttachmentAdmin(admin.ModelAdmin):
    list_display = ["filename", "size", "content_type"]
    raw_id_fields = ["message"]
