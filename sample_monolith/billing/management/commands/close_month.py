import datetime as dt

from django.core.management.base import BaseCommand, CommandError

from billing.models import Subscription
from billing.services import invoice_subscription
from core.helpers import local_today


class Command(BaseCommand):
    help = "Bill every running subscription for one month."

    def add_arguments(self, parser):
        parser.add_argument("--month", help="YYYY-MM; the current month by default")

    def handle(self, *args, month=None, **options):
        day = self._day(month)
        billed = 0
        for subscription in Subscription.objects.select_related("plan", "customer", "tenant").order_by("pk"):
            if subscription.started_on <= day and invoice_subscription(subscription, day):
                billed += 1
        self.stdout.write(f"{billed} subscriptions billed for {day:%Y-%m}")

    def _day(self, month):
        if month is None:
            return local_today()
        try:
            return dt.date.fromisoformat(f"{month}-28")
        except ValueError:
            raise CommandError(f"not a month: {month!r}; write it as 2025-03") from None
