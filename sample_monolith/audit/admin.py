from django.contrib import admin

from audit.models import AuditEntry, Note


@admin.register(AuditEntry)
class AuditEntryAdmin(admin.ModelAdmin):
    list_display = ["verb", "tenant", "content_type", "object_id", "actor", "created_at"]
    list_filter = ["verb"]
    raw_id_fields = ["actor"]


@admin.register(Note)
class NoteAdmin(admin.ModelAdmin):
    list_display = ["body", "author", "content_type", "object_id"]
    raw_id_fields = ["author"]
