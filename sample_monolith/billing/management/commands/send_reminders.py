from django.core.management.base import BaseCommand

from billing.models import Invoice
from core.tasks import send_task


class Command(BaseCommand):
    help = "Remind of overdue invoices."

    def add_arguments(self, parser):
        parser.add_argument("--limit", type=int, default=100)

    def handle(self, *args, limit=100, **options):
        overdue = Invoice.objects.overdue().order_by("due", "pk").values_list("pk", flat=True)[:limit]
        sent = sum(bool(send_task("billing.tasks.remind", args=[pk])) for pk in list(overdue))
        self.stdout.write(f"{sent} reminders sent")
