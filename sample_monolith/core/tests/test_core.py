import datetime as dt
from io import StringIO

from django.core.management import call_command
from django.db import connection
from django.test import RequestFactory, SimpleTestCase, TestCase, override_settings
from django.test.utils import CaptureQueriesContext

from core.helpers import client_ip, format_money, month_bounds, tax_on
from core.tasks import send_task, shared_task
from core.testing import SeededTestCase
from orders.models import Customer, Order


class HelperTests(SimpleTestCase):
    def test_a_stranger_cannot_choose_the_address(self):
        request = RequestFactory().get("/", headers={"X-Forwarded-For": "1.1.1.1, 2.2.2.2"})
        self.assertEqual(client_ip(request), "127.0.0.1")
        with override_settings(TRUST_PROXY=True):
            self.assertEqual(client_ip(request), "2.2.2.2")

    def test_tax_is_rounded_half_up(self):
        self.assertEqual([tax_on(50, 19), tax_on(150, 7), tax_on(0, 19)], [10, 11, 0])

    def test_month_bounds(self):
        self.assertEqual(month_bounds(dt.date(2024, 2, 9)), (dt.date(2024, 2, 1), dt.date(2024, 2, 29)))
        self.assertEqual(month_bounds(dt.date(2025, 12, 31)), (dt.date(2025, 12, 1), dt.date(2025, 12, 31)))

    def test_money(self):
        self.assertEqual(format_money(123456, "GBP"), "1,234.56 GBP")
        self.assertEqual(format_money(None), "0.00 EUR")


class TaskTests(SimpleTestCase):
    def test_unknown_tasks_are_errors(self):
        with self.assertRaises(KeyError):
            send_task("core.tests.test_core.missing")

    def test_a_task_runs_by_call_delay_and_name(self):
        @shared_task(name="tests.double")
        def double(number):
            return number * 2

        results = [double(2), double.delay(2), double.apply_async([2]), send_task("tests.double", [2])]
        self.assertEqual(results, [4, 4, 4, 4])


class ProjectTests(TestCase):
    def test_migrations_match_the_models(self):
        call_command("makemigrations", check=True, dry_run=True, verbosity=0)

    def test_no_complaints(self):
        call_command("check", fail_level="WARNING", stdout=StringIO())

    def test_health(self):
        self.assertEqual(self.client.get("/healthz").json(), {"status": "ok"})


class DashboardTests(SeededTestCase):
    def test_queries_do_not_grow_with_the_rows(self):
        customers = list(Customer.objects.filter(tenant=self.acme)[:5])
        with CaptureQueriesContext(connection) as before:
            self.client.get("/")
        for number, customer in enumerate(customers):
            Order.objects.create(tenant=self.acme, customer=customer, number=f"N{number}")
        with CaptureQueriesContext(connection) as after:
            response = self.client.get("/")
        self.assertContains(response, "N4")
        self.assertEqual(len(after), len(before))
