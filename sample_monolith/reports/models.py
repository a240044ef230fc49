from django.conf import settings
from django.db import models

from core.models import TenantOwned


class SavedReport(TenantOwned):
    KINDS = [("revenue", "Revenue by month"), ("customers", "Top customers"), ("stock", "Stock value")]

    name = models.CharField(max_length=80)
    kind = models.CharField(max_length=12, choices=KINDS)
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="saved_reports"
    )
    last_run_at = models.DateTimeField(null=True, blank=True)
    last_rows = models.JSONField(default=list, blank=True)

    class Meta:
        ordering = ["name", "pk"]

    def __str__(self):
        return self.name
