from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import override_settings

from billing.models import Invoice
from billing.services import mark_paid, void_invoice
from core.testing import SeededTestCase
from notifications.models import Notification
from orders.models import Customer
from support.models import Attachment, Ticket
from support.services import payment_history


class TicketTests(SeededTestCase):
    def setUp(self):
        super().setUp()
        self.browser = self.async_as_user("alice")
        self.rival = self.async_as_user("carol")
        self.ticket = Ticket.objects.filter(tenant=self.acme).exclude(order=None).first()

    def _reply(self, **fields):
        return self.client.post(f"/support/{self.ticket.pk}/", {"body": "see attachment", **fields})

    async def test_attachments_of_other_tenants_do_not_exist(self):
        attachment = await self._attach(b"secret")
        response = await self.rival.get(f"/support/attachments/{attachment.pk}/")
        self.assertEqual(response.status_code, 404)

    @override_settings(ATTACHMENT_MAX_BYTES=10)
    def test_a_large_upload_is_refused(self):
        response = self._reply(attachment=SimpleUploadedFile("big.bin", b"x" * 11))
        self.assertContains(response, "at most 10")
        self.assertFalse(Attachment.objects.exists())

    async def test_an_upload_comes_back_byte_for_byte(self):
        content = bytes(range(256)) * 1024
        attachment = await self._attach(content, name='../../ä "x".html')
        response = await self.browser.get(f"/support/attachments/{attachment.pk}/")
        self.assertEqual(b"".join([chunk async for chunk in response]), content)
        self.assertEqual(response["Content-Type"], "application/octet-stream")
        self.assertEqual(response["Content-Length"], str(len(content)))
        self.assertTrue(response["Content-Disposition"].startswith("attachment; filename*="))

    async def _attach(self, content, name="photo.png"):
        upload = SimpleUploadedFile(name, content, content_type="image/png")
        message = await self.ticket.messages.afirst()
        return await Attachment.objects.acreate(
            message=message, file=upload, filename=upload.name, size=len(content)
        )

    def test_a_reply_with_an_upload_tells_the_assignee(self):
        Ticket.objects.filter(pk=self.ticket.pk).update(assignee=self.as_bob())
        response = self._reply(attachment=SimpleUploadedFile("a.txt", b"hello"))
        self.assertRedirects(response, f"/support/{self.ticket.pk}/")
        attachment = Attachment.objects.get()
        self.assertEqual((attachment.filename, attachment.size), ("a.txt", 5))
        told = Notification.objects.filter(link=self.ticket.get_absolute_url())
        self.assertEqual([n.recipient.username for n in told], ["bob"])

    def as_bob(self):
        return type(self.alice).objects.get(username="bob")

    def test_open_and_close_by_form(self):
        customer = Customer.objects.filter(tenant=self.acme).first()
        form = {"subject": "Help", "body": "Please", "customer": customer.pk, "order": ""}
        self.client.post("/support/new/", form)
        ticket = Ticket.objects.get(subject="Help")
        self.assertEqual(ticket.audit_entries.get().verb, "ticket.opened")
        self.assertContains(self.client.get(f"/support/{ticket.pk}/"), "Please")
        self.assertRedirects(self.client.post(f"/support/{ticket.pk}/close/"), "/support/")
        self.assertNotContains(self.client.get("/support/"), ticket.number)

    def test_orders_of_other_tenants_cannot_be_named(self):
        foreign = Ticket.objects.exclude(tenant=self.acme).first()
        form = {"subject": "s", "body": "b", "customer": foreign.customer_id, "order": foreign.order_id}
        self.assertContains(self.client.post("/support/new/", form), "Select a valid choice", 2)

    def test_the_api_opens_a_ticket(self):
        customer = Customer.objects.filter(tenant=self.acme).first()
        body = {"subject": "Help", "body": "Please", "customer_id": customer.pk}
        response = self.with_token().post("/api/support/tickets/", body, content_type="application/json")
        self.assertEqual((response.status_code, response.json()["status"]), (201, "new"))
        bad = self.with_token().post("/api/support/tickets/", {}, content_type="application/json")
        self.assertEqual(bad.status_code, 400)


class MoneyTests(SeededTestCase):
    def setUp(self):
        super().setUp()
        invoice = Invoice.objects.filter(tenant=self.acme, status="O", order__status="placed").first()
        self.invoice = invoice
        self.ticket = Ticket.objects.create(
            tenant=self.acme, number="T", subject="?", customer=invoice.customer, order=invoice.order
        )

    def test_payments_are_found_through_order_and_invoice(self):
        self.assertIn(self.ticket, Ticket.objects.about_unpaid_orders())
        mark_paid(self.invoice, "D", self.alice)
        self.assertNotIn(self.ticket, Ticket.objects.about_unpaid_orders())
        self.assertIn(self.ticket, Ticket.objects.paid_by("D"))
        self.ticket.refresh_from_db()
        self.assertEqual([payment.method for payment in payment_history(self.ticket)], ["D"])
        self.assertContains(self.client.get(f"/support/{self.ticket.pk}/"), "Direct debit")

    def test_a_voided_invoice_makes_its_tickets_urgent(self):
        void_invoice(self.invoice, self.alice)
        self.ticket.refresh_from_db()
        self.assertEqual(self.ticket.priority, 1)
