import datetime as dt
import json
from io import StringIO

from django.core.management import CommandError, call_command

from audit.models import AuditEntry
from billing import services
from billing.models import Invoice, Subscription
from core.testing import SeededTestCase
from notifications.models import Notification

URL = "/api/billing/invoices/"


class InvoiceApiTests(SeededTestCase):
    def setUp(self):
        super().setUp()
        self.api = self.with_token()
        self.invoice = Invoice.objects.filter(tenant=self.acme, status="O").order_by("pk").first()

    def _pay(self, client=None, **body):
        client = client or self.api
        return client.post(f"{URL}{self.invoice.pk}/pay/", body, content_type="application/json")

    def test_invoices_of_other_tenants_do_not_exist(self):
        foreign = Invoice.objects.exclude(tenant=self.acme).filter(status="O").first()
        self.assertEqual(self.api.get(f"{URL}{foreign.pk}/").json(), {"error": "not found"})
        self.assertEqual(self.api.post(f"{URL}{foreign.pk}/pay/").status_code, 404)
        listed = self.api.get(f"{URL}?per_page=100").json()["results"]
        self.assertEqual({row["tenant_id"] for row in listed}, {self.acme.pk})

    def test_bad_parameters_are_named(self):
        for query in ["status=X", "customer=me", "page=0", "page=two", "per_page=-1", "page=\u0661"]:
            with self.subTest(query):
                response = self.api.get(f"{URL}?{query}")
                self.assertEqual(response.status_code, 400)
                self.assertIn(query.partition("=")[0], response.json()["error"])
        self.assertEqual(self.api.get(f"{URL}?page=999").status_code, 404)

    def test_a_session_may_not_write_without_a_csrf_token(self):
        strict = self.as_user("alice", enforce_csrf_checks=True)
        self.assertEqual(self._pay(strict).status_code, 403)
        strict.get("/billing/invoices/")
        token = strict.cookies.get("csrftoken")
        response = strict.post(
            f"{URL}{self.invoice.pk}/pay/",
            {"method": "C"},
            content_type="application/json",
            headers={"X-CSRFToken": token.value},
        )
        self.assertEqual(response.json()["status"], "P")

    def test_a_viewer_may_read_and_not_pay(self):
        viewer = self.with_token("frank")
        self.assertEqual(viewer.get(URL).status_code, 200)
        self.assertEqual(self._pay(viewer).status_code, 403)

    def test_an_invoice_is_paid_once(self):
        self.assertEqual(self._pay(method="C").status_code, 200)
        second = self._pay(method="C")
        self.assertEqual(second.status_code, 409)
        self.assertEqual(second.json(), {"error": "invoice is not open", "status": "P"})
        self.assertEqual(self.invoice.payments.count(), 1)

    def test_a_bad_payment_changes_nothing(self):
        for body in [{"method": "X"}, {"paid_on": "soon"}, {"paid_on": 5}, {"reference": "r" * 61}]:
            self.assertEqual(self._pay(**body).status_code, 400)
        broken = self.api.post(f"{URL}{self.invoice.pk}/pay/", "{", content_type="application/json")
        self.assertEqual(broken.status_code, 400)
        self.invoice.refresh_from_db()
        self.assertEqual(self.invoice.status, "O")

    def test_a_huge_body_is_refused(self):
        self.assertEqual(self._pay(reference="r" * 300_000).status_code, 413)

    def test_methods(self):
        response = self.api.delete(URL)
        self.assertEqual(response.status_code, 405)
        self.assertEqual(response.json(), {"error": "method not allowed"})

    def test_the_list(self):
        body = self.api.get(f"{URL}?status=P&per_page=3").json()
        self.assertEqual(list(body), ["count", "page", "pages", "per_page", "next", "previous", "results"])
        self.assertEqual(body["next"], f"{URL}?status=P&per_page=3&page=2")
        self.assertIsNone(body["previous"])
        self.assertEqual({row["status"] for row in body["results"]}, {"P"})
        keys = [(row["issued"], row["id"]) for row in body["results"]]
        self.assertEqual(keys, sorted(keys, reverse=True))

    def test_pages_hold_every_invoice_once(self):
        seen, url = [], f"{URL}?per_page=7"
        while url:
            body = self.api.get(url).json()
            seen += [row["id"] for row in body["results"]]
            url = body["next"]
        self.assertEqual(
            sorted(seen), sorted(Invoice.objects.for_tenant(self.acme).values_list("pk", flat=True))
        )
        self.assertEqual(len(seen), body["count"])

    def test_the_legacy_shape_of_one_invoice(self):
        response = self.api.get(f"{URL}{self.invoice.pk}/")
        invoice, line = self.invoice, self.invoice.lines.first()
        expected = {
            "id": invoice.pk,
            "invoice_no": invoice.invoice_no,
            "tenant_id": 1,
            "customer_id": invoice.customer_id,
            "order_id": invoice.order_id,
            "bill_to": invoice.customer.name,
            "status": "O",
            "issued": str(invoice.issued),
            "due": str(invoice.issued + dt.timedelta(days=30)),
            "paid_on": None,
            "currency": "EUR",
            "net_cents": sum(line.amount_cents for line in invoice.lines.all()),
            "tax_cents": invoice.tax_cents,
            "total_cents": invoice.net_cents + invoice.tax_cents,
            "po_number": invoice.po_number,
            "notes": invoice.notes,
            "exported": invoice.exported,
        }
        body = response.json()
        lines = body.pop("lines")
        self.assertEqual(json.dumps(body), json.dumps(expected))
        self.assertEqual(
            lines[0],
            {
                "position": 1,
                "product_id": line.product_id,
                "sku": line.product.sku,
                "description": line.product.name,
                "quantity": line.quantity,
                "unit_cents": line.unit_cents,
                "tax_percent": f"{line.tax_percent:.2f}",
                "amount_cents": line.quantity * line.unit_cents,
            },
        )

    def test_nothing_varies_from_request_to_request(self):
        for url in [URL, f"{URL}{self.invoice.pk}/"]:
            first, second = self.api.get(url), self.api.get(url)
            self.assertEqual(first.content, second.content)
            self.assertEqual(dict(first.headers), dict(second.headers))

    def test_old_rows_carry_null_where_new_ones_are_empty(self):
        invoices = Invoice.objects.filter(tenant=self.acme)
        self.assertTrue(invoices.filter(po_number=None).exists())
        self.assertTrue(invoices.filter(po_number="").exists())

    def test_paying_reaches_the_order_the_audit_trail_and_the_accountants(self):
        before = Notification.objects.filter(template__code="payment-received").count()
        body = self._pay(method="C", reference="TX 1", paid_on="2026-07-02").json()
        self.assertEqual((body["status"], body["paid_on"]), ("P", "2026-07-02"))
        self.invoice.refresh_from_db()
        payment = self.invoice.payments.get()
        self.assertEqual((payment.amount_cents, payment.reference), (body["total_cents"], "TX 1"))
        self.assertTrue(self.invoice.order.is_paid)
        self.assertEqual(self.invoice.audit_entries.filter(verb="invoice.paid").count(), 1)
        told = Notification.objects.filter(template__code="payment-received").count() - before
        self.assertEqual(told, 2)  # alice and erin


class InvoicePageTests(SeededTestCase):
    def test_paying_by_form(self):
        invoice = Invoice.objects.filter(tenant=self.acme, status="O").first()
        form = {"method": "B", "reference": "", "received_on": "2026-07-01"}
        response = self.client.post(f"/billing/invoices/{invoice.pk}/pay/", form, follow=True)
        self.assertContains(response, f"{invoice.invoice_no} is paid.")
        again = self.client.post(f"/billing/invoices/{invoice.pk}/pay/", form, follow=True)
        self.assertContains(again, "invoice is not open")

    def test_an_incomplete_form_comes_back(self):
        invoice = Invoice.objects.filter(tenant=self.acme, status="O").first()
        self.assertEqual(self.client.post(f"/billing/invoices/{invoice.pk}/pay/", {}).status_code, 400)

    def test_sales_people_may_not_bill(self):
        invoice = Invoice.objects.filter(tenant=self.acme, status="O").first()
        bob = self.as_user("bob")
        self.assertEqual(bob.post(f"/billing/invoices/{invoice.pk}/void/").status_code, 403)

    def test_a_voided_invoice_cancels_its_order_and_frees_the_goods(self):
        invoice = Invoice.objects.filter(tenant=self.acme, status="O", order__status="placed").first()
        services.void_invoice(invoice, self.alice)
        invoice.order.refresh_from_db()
        self.assertEqual(invoice.order.status, "cancelled")
        self.assertFalse(invoice.order.lines.filter(reservation__isnull=False).exists())
        with self.assertRaises(services.BillingError):
            services.void_invoice(invoice, self.alice)

    def test_lists_and_details_render(self):
        for url in ["/billing/invoices/?status=O", "/billing/subscriptions/"]:
            self.assertEqual(self.client.get(url).status_code, 200)


class CommandTests(SeededTestCase):
    def test_a_month_is_billed_once(self):
        out = StringIO()
        call_command("close_month", month="2026-07", stdout=out)
        running = [s for s in Subscription.objects.all() if s.is_running]
        self.assertEqual(out.getvalue(), f"{len(running)} subscriptions billed for 2026-07\n")
        self.assertEqual(Invoice.objects.filter(subscription__isnull=False).count(), len(running))
        again = StringIO()
        call_command("close_month", month="2026-07", stdout=again)
        self.assertEqual(again.getvalue(), "0 subscriptions billed for 2026-07\n")
        invoice = Invoice.objects.filter(subscription__isnull=False).first()
        self.assertEqual((invoice.order_id, invoice.lines.get().sku), (None, ""))

    def test_a_month_that_is_none(self):
        with self.assertRaisesMessage(CommandError, "not a month: 'July'"):
            call_command("close_month", month="July")

    def test_reminders_go_out_for_overdue_invoices(self):
        overdue = Invoice.objects.overdue().count()
        self.assertGreater(overdue, 0)
        out = StringIO()
        call_command("send_reminders", stdout=out)
        self.assertEqual(out.getvalue(), f"{overdue} reminders sent\n")
        self.assertEqual(AuditEntry.objects.filter(verb="invoice.reminded").count(), overdue)
