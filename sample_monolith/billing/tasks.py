from billing.models import Invoice
from core.helpers import local_today, notify_role, record
from core.tasks import shared_task


@shared_task
def send_invoice(invoice_id):
    """Stands for rendering and mailing the PDF."""
    invoice = Invoice.objects.select_related("customer").get(pk=invoice_id)
    record("invoice.sent", invoice, to=invoice.customer.email)


@shared_task
def remind(invoice_id):
    invoice = Invoice.objects.select_related("customer__account_manager", "tenant").get(pk=invoice_id)
    if not invoice.is_overdue:
        return False
    days = (local_today() - invoice.due).days
    notify_role(
        invoice.tenant,
        "can_bill",
        "invoice-overdue",
        link=invoice.get_absolute_url(),
        invoice=invoice.invoice_no,
        customer=invoice.customer.name,
        days=days,
    )
    record("invoice.reminded", invoice, days=days)
    return True
