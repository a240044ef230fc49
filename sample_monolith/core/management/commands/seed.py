from django.core.management.base import BaseCommand, CommandError
from django.db import connection

from accounts.models import Tenant
from core.demo_data import PASSWORD
from core.seeding import is_seeded, seed


class Command(BaseCommand):
    help = "Fill an empty database with demo data: the same rows every time."

    def add_arguments(self, parser):
        parser.add_argument("--orders", type=int, default=1000, help="how many orders (default: 1000)")
        parser.add_argument("--if-empty", action="store_true", help="do nothing when there is data already")

    def handle(self, *args, orders=1000, if_empty=False, verbosity=1, **options):
        if orders < 0:
            raise CommandError("--orders must not be negative")
        if Tenant.objects.exists():
            if not is_seeded():
                database = connection.settings_dict["NAME"]
                raise CommandError(f"seeding {database} was interrupted; delete it, or name a new one")
            if if_empty:
                return
            raise CommandError("the database is not empty; seed a new one")
        seed(orders, report=self.stderr.write if verbosity > 1 else lambda text: None)
        if verbosity:
            self.stdout.write(f"Seeded {orders} orders. Everybody's password is {PASSWORD!r}.")
