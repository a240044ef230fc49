import hashlib
from io import StringIO

from django.apps import apps
from django.core.management import CommandError, call_command
from django.test import TransactionTestCase

from accounts.models import Tenant
from core.testing import APPS
from orders.models import Order


def fingerprint():
    dump = StringIO()
    labels = [app for app in APPS if app in {config.label for config in apps.get_app_configs()}]
    call_command("dumpdata", *labels, stdout=dump)
    return hashlib.sha256(dump.getvalue().encode()).hexdigest()


class SeedTests(TransactionTestCase):
    def _seed(self, **options):
        call_command("seed", verbosity=0, **options)

    def test_a_database_with_data_is_left_alone(self):
        self._seed(orders=5)
        with self.assertRaisesMessage(CommandError, "the database is not empty"):
            self._seed(orders=5)
        self._seed(orders=9, if_empty=True)
        self.assertEqual(Order.objects.count(), 5)

    def test_a_half_seeded_database_is_named(self):
        Tenant.objects.create(name="Half", slug="half")
        with self.assertRaisesMessage(CommandError, "was interrupted; delete it"):
            self._seed(orders=5, if_empty=True)

    def test_a_negative_number_of_orders(self):
        with self.assertRaises(CommandError):
            self._seed(orders=-1)

    def test_no_orders_at_all(self):
        self._seed(orders=0)
        self.assertEqual(Order.objects.count(), 0)

    def test_the_same_rows_every_time(self):
        prints = []
        for orders in (40, 40, 41):
            call_command("flush", interactive=False, verbosity=0)
            self._seed(orders=orders)
            prints.append(fingerprint())
        self.assertEqual(prints[0], prints[1])
        self.assertNotEqual(prints[0], prints[2])
