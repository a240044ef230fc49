from django.contrib import admin

from reports.models import SavedReport


@admin.register(SavedReport)
class SavedReportAdmin(admin.ModelAdmin):
    list_display = ["name", "kind", "tenant", "owner", "last_run_at"]
