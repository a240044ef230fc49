"""Invoices as JSON, in the shape that customers' ERP connectors have parsed since the first release."""

import datetime as dt

from django.shortcuts import get_object_or_404

from billing import services
from billing.models import Invoice, Payment
from core.api import ApiError, ApiView, page_of, read_json


def invoice_as_json(invoice):
    return {
        "id": invoice.pk,
        "invoice_no": invoice.invoice_no,
        "tenant_id": invoice.tenant_id,
        "customer_id": invoice.customer_id,
        "order_id": invoice.order_id,
        "bill_to": invoice.bill_to,
        "status": invoice.status,
        "issued": invoice.issued.isoformat(),
        "due": invoice.due.isoformat(),
        "paid_on": invoice.paid_on.isoformat() if invoice.paid_on else None,
        "currency": invoice.currency,
        "net_cents": invoice.net_cents,
        "tax_cents": invoice.tax_cents,
        "total_cents": invoice.total_cents,
        "po_number": invoice.po_number,
        "notes": invoice.notes,
        "exported": invoice.exported,
    }


def line_as_json(line):
    return {
        "position": line.position,
        "product_id": line.product_id,
        "sku": line.sku,
        "description": line.description,
        "quantity": line.quantity,
        "unit_cents": line.unit_cents,
        "tax_percent": str(line.tax_percent),
        "amount_cents": line.amount_cents,
    }


def invoice_with_lines(invoice):
    return {**invoice_as_json(invoice), "lines": [line_as_json(line) for line in invoice.lines.all()]}


class InvoiceList(ApiView):
    def get(self, request):
        invoices = Invoice.objects.for_tenant(request.tenant).for_api()
        if status := request.GET.get("status"):
            if status not in dict(Invoice.STATUSES):
                raise ApiError(400, "status must be one of O, P, V")
            invoices = invoices.filter(status=status)
        if customer := request.GET.get("customer"):
            if not (customer.isascii() and customer.isdigit() and len(customer) < 19):
                raise ApiError(400, "customer must be a number")
            invoices = invoices.filter(customer_id=int(customer))
        return page_of(request, invoices, invoice_as_json)


class InvoiceDetail(ApiView):
    def get(self, request, pk):
        invoice = get_object_or_404(Invoice, tenant=request.tenant, pk=pk)
        return invoice_with_lines(invoice)


class InvoicePay(ApiView):
    needs = "can_bill"

    def post(self, request, pk):
        invoice = get_object_or_404(Invoice, tenant=request.tenant, pk=pk)
        data = read_json(request)
        method = data.get("method", "B")
        if method not in dict(Payment.METHODS):
            raise ApiError(400, "method must be one of C, B, D")
        reference = data.get("reference")
        if reference is not None and not (isinstance(reference, str) and len(reference) <= 60):
            raise ApiError(400, "reference must be a text of at most 60 characters")
        try:
            paid = services.mark_paid(invoice, method, request.user, reference, _date(data.get("paid_on")))
        except services.BillingError as error:
            invoice.refresh_from_db()
            raise ApiError(409, str(error), status=invoice.status) from None
        return invoice_with_lines(paid)


def _date(value):
    if value is None:
        return None
    try:
        return dt.date.fromisoformat(value)
    except (TypeError, ValueError):
        raise ApiError(400, "paid_on must be a date, YYYY-MM-DD") from None
