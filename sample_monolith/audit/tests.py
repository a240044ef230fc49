from audit.models import AuditEntry, Note
from billing.models import Invoice
from core.helpers import record
from core.testing import SeededTestCase


class TrailTests(SeededTestCase):
    def test_other_tenants_entries_stay_out(self):
        record("secret.verb", Invoice.objects.filter(tenant=self.globex).first())
        self.assertNotContains(self.client.get("/audit/"), "secret.verb")

    def test_entries_go_with_what_they_are_about(self):
        invoice = Invoice.objects.filter(tenant=self.acme, order=None).first() or Invoice.objects.first()
        entry = record("invoice.checked", invoice, actor=self.alice, by="hand")
        self.assertEqual(entry.target, invoice)
        self.assertEqual(
            AuditEntry.objects.get(invoice=invoice, verb="invoice.checked").changes, {"by": "hand"}
        )
        invoice.delete()
        self.assertFalse(AuditEntry.objects.filter(pk=entry.pk).exists())

    def test_notes_are_about_customers(self):
        self.assertEqual({note.subject.tenant_id == note.tenant_id for note in Note.objects.all()}, {True})

    def test_the_page_names_the_target(self):
        invoice = Invoice.objects.filter(tenant=self.acme).first()
        record("invoice.checked", invoice)
        self.assertContains(self.client.get("/audit/?verb=invoice.checked"), invoice.invoice_no)
