from django.db.models import F, Sum

from billing.models import Invoice, Payment
from core.testing import SeededTestCase
from inventory.models import StockItem
from reports.models import SavedReport
from reports.queries import revenue_by_month, stock_value, top_customers


class QueryTests(SeededTestCase):
    def test_revenue_agrees_with_the_orm(self):
        paid = Invoice.objects.filter(tenant=self.acme, status="P").aggregate(cents=Sum("total_cents"))
        rows = revenue_by_month(self.acme.pk)
        self.assertEqual(sum(row["paid_cents"] for row in rows), paid["cents"])
        self.assertEqual(rows, sorted(rows, key=lambda row: row["month"], reverse=True))

    def test_customers_are_counted_once_however_many_tickets_they_have(self):
        row = top_customers(self.acme.pk)[0]
        paid = Payment.objects.filter(invoice__customer=row["id"]).aggregate(cents=Sum("amount_cents"))
        self.assertEqual(row["paid_cents"], paid["cents"])

    def test_stock_value_agrees_with_the_orm(self):
        items = StockItem.objects.filter(warehouse__tenant=self.acme)
        value = items.aggregate(cents=Sum(F("on_hand") * F("product__price_cents")))
        self.assertEqual(sum(row["value_cents"] for row in stock_value(self.acme.pk)), value["cents"])


class ReportPageTests(SeededTestCase):
    def test_reports_of_other_tenants_do_not_run(self):
        foreign = SavedReport.objects.filter(tenant=self.globex).first()
        self.assertEqual(self.client.post(f"/reports/saved/{foreign.pk}/run/").status_code, 404)

    def test_pages_render(self):
        for name in ["", "revenue/", "customers/", "stock/", "products/"]:
            self.assertEqual(self.client.get(f"/reports/{name}").status_code, 200)

    def test_saved_reports_keep_their_rows(self):
        for report in SavedReport.objects.filter(tenant=self.acme):
            self.assertRedirects(self.client.post(f"/reports/saved/{report.pk}/run/"), "/reports/")
            report.refresh_from_db()
            self.assertGreater(len(report.last_rows), 0)
