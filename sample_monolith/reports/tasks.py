from django.utils import timezone

from core.tasks import shared_task
from reports.models import SavedReport
from reports.queries import BY_KIND


@shared_task(name="reports.run")
def run_report(report_id):
    report = SavedReport.objects.get(pk=report_id)
    report.last_rows = BY_KIND[report.kind](report.tenant_id)
    report.last_run_at = timezone.now()
    report.save(update_fields=["last_rows", "last_run_at"])
    return len(report.last_rows)
