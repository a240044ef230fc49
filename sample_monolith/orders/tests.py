import csv

from django.apps import apps
from django.db.models import ProtectedError

from audit.models import AuditEntry
from billing.models import Invoice
from catalog.models import Product
from core.models import NumberRange
from core.testing import SeededTestCase
from inventory.models import Reservation, StockItem
from inventory.services import OutOfStock
from notifications.models import Notification
from orders import services
from orders.models import Customer, OpenOrder, Order, OrderLine
from orders.tasks import cancel_stale_drafts, chase_payment


class OrderTestCase(SeededTestCase):
    def draft(self, *quantities):
        products = Product.objects.filter(tenant=self.acme, stock_items__isnull=False).order_by("pk")
        customer = Customer.objects.filter(tenant=self.acme).first()
        items = list(zip(products, quantities, strict=False))
        return services.create_order(self.acme, customer, self.alice, items)


class CheckoutTests(OrderTestCase):
    TOUCHED = (Invoice, Reservation, Notification, AuditEntry, NumberRange)

    def _rows(self):
        numbers = list(NumberRange.objects.order_by("pk").values_list("kind", "next_value"))
        reserved = list(StockItem.objects.order_by("pk").values_list("reserved", flat=True))
        return [model.objects.count() for model in self.TOUCHED], numbers, reserved

    def test_out_of_stock_rolls_everything_back(self):
        order = self.draft(1, 1)
        OrderLine.objects.filter(order=order, position=2).update(quantity=50_000)
        before = self._rows()
        with self.assertRaises(OutOfStock):
            services.checkout(order, self.alice)
        self.assertEqual(self._rows(), before)
        order.refresh_from_db()
        self.assertEqual((order.status, order.placed_at), (Order.DRAFT, None))

    def test_a_failing_bill_rolls_the_reservations_back(self):
        order = self.draft(1)
        customer, tenant = order.customer, order.tenant
        Invoice.objects.create(
            tenant=tenant, customer=customer, order=order, invoice_no="X", due="2026-01-01", bill_to=""
        )
        before = self._rows()
        with self.assertRaisesMessage(Exception, "billed already"):
            services.checkout(order, self.alice)
        self.assertEqual(self._rows(), before)

    def test_the_credit_limit_holds(self):
        order = self.draft(1)
        Customer.objects.filter(pk=order.customer_id).update(credit_limit_cents=0)
        with self.assertRaisesMessage(services.OrderError, "over the credit limit"):
            services.checkout(order, self.alice)

    def test_an_order_is_placed_once(self):
        order = services.checkout(self.draft(1), self.alice)
        with self.assertRaisesMessage(services.OrderError, "is placed already"):
            services.checkout(order, self.alice)

    def test_checkout_reserves_bills_and_tells(self):
        order = self.draft(2, 3)
        with self.captureOnCommitCallbacks(execute=True) as callbacks:
            order = services.checkout(order, self.alice)
        self.assertEqual(len(callbacks), 1)
        self.assertEqual(order.status, Order.PLACED)
        self.assertEqual([r.quantity for r in Reservation.objects.filter(order_line__order=order)], [2, 3])
        self.assertEqual(order.invoice.net_cents, order.total_cents)
        self.assertEqual(order.invoice.lines.count(), 2)
        told = Notification.objects.filter(link=order.get_absolute_url())
        self.assertEqual(sorted(told.values_list("recipient__username", flat=True)), ["alice", "erin"])
        self.assertTrue(all(told.values_list("sent_at", flat=True)))
        verbs = set(AuditEntry.objects.filter(invoice=order.invoice).values_list("verb", flat=True))
        self.assertEqual(verbs, {"invoice.issued", "invoice.sent"})
        self.assertEqual(order.audit_entries.first().changes, {"status": "placed"})

    def test_numbers_continue_after_the_seed(self):
        last = Order.objects.filter(tenant=self.acme).order_by("-number").first().number
        self.assertEqual(int(self.draft(1).number[4:]), int(last[4:]) + 1)


class LifeCycleTests(OrderTestCase):
    def test_shipped_orders_cannot_be_cancelled(self):
        order = Order.objects.filter(status="shipped").first()
        with self.assertRaises(services.OrderError):
            services.cancel_order(order, self.alice)

    def test_shipping_takes_the_goods_out(self):
        order = services.checkout(self.draft(4), self.alice)
        item = StockItem.objects.get(product=order.lines.get().product)
        services.ship_order(order, self.alice, "TR1")
        after = StockItem.objects.get(pk=item.pk)
        self.assertEqual((item.on_hand - after.on_hand, item.reserved - after.reserved), (4, 4))
        self.assertEqual(order.shipments.get().warehouse.code, "MAIN")
        self.assertEqual(order.stock_movements.get().delta, -4)

    def test_cancelling_gives_the_goods_back(self):
        order = services.checkout(self.draft(4), self.alice)
        item = StockItem.objects.get(product=order.lines.get().product)
        services.cancel_order(order, self.alice)
        self.assertEqual(item.reserved - StockItem.objects.get(pk=item.pk).reserved, 4)

    def test_stale_drafts_are_cancelled(self):
        drafts = Order.objects.filter(status="draft").count()
        fresh = self.draft(1)
        self.assertGreater(drafts, 0)
        self.assertEqual(cancel_stale_drafts.delay(days=30), drafts)
        self.assertEqual(list(OpenOrder.objects.filter(status="draft")), [OpenOrder.objects.get(pk=fresh.pk)])

    def test_chasing_a_payment(self):
        overdue = Invoice.objects.overdue().exclude(order=None).first()
        self.assertTrue(chase_payment.delay(overdue.order_id))

    def test_deleting_an_order_frees_its_goods(self):
        order = services.checkout(self.draft(4), self.alice)
        item = StockItem.objects.get(product=order.lines.get().product)
        order.delete()
        self.assertEqual(item.reserved - StockItem.objects.get(pk=item.pk).reserved, 4)

    def test_a_customer_with_invoices_stays_and_loses_no_order(self):
        customer = Invoice.objects.first().customer
        with self.assertRaises(ProtectedError):
            customer.delete()

    def test_deleting_a_customer_takes_drafts_and_remarks_along(self):
        customer = Customer.objects.create(tenant=self.acme, name="Gone", email="gone@example.com")
        product = Product.objects.filter(tenant=self.acme).first()
        services.create_order(self.acme, customer, self.alice, [(product, 1)])
        self.client.post(f"/customers/{customer.pk}/notes/", {"body": "hello"})
        self.assertEqual(customer.remarks.get().body, "hello")
        customer.delete()
        self.assertFalse(apps.get_model("audit", "Note").objects.filter(body="hello").exists())


class OrderPageTests(OrderTestCase):
    def test_a_viewer_may_not_sell(self):
        frank = self.as_user("frank")
        self.assertEqual(frank.get("/orders/new/").status_code, 403)
        order = self.draft(1)
        self.assertEqual(frank.post(f"/orders/{order.pk}/checkout/").status_code, 403)

    def test_products_of_other_tenants_cannot_be_ordered(self):
        foreign = Product.objects.filter(tenant=self.globex).first()
        response = self.client.post("/orders/new/", self._form(foreign.pk))
        self.assertContains(response, "Select a valid choice")

    def test_an_order_by_form(self):
        product = Product.objects.filter(tenant=self.acme).first()
        response = self.client.post("/orders/new/", self._form(product.pk))
        order = Order.objects.filter(tenant=self.acme).latest("pk")
        self.assertRedirects(response, f"/orders/{order.pk}/")
        placed = self.client.post(f"/orders/{order.pk}/checkout/", follow=True)
        self.assertContains(placed, f"{order.number} placed and billed.")
        shipped = self.client.post(f"/orders/{order.pk}/ship/", follow=True)
        self.assertContains(shipped, f"{order.number} shipped.")
        refused = self.client.post(f"/orders/{order.pk}/cancel/", follow=True)
        self.assertContains(refused, "cannot be cancelled any more")

    def test_an_empty_order_comes_back(self):
        self.assertContains(self.client.post("/orders/new/", self._form("")), "at least one line")

    def test_pages(self):
        self.assertContains(self.client.get("/orders/?page=2"), "Page 2 of")
        self.assertEqual(self.client.get("/orders/?page=999").status_code, 404)

    def test_a_new_customer_belongs_to_the_tenant(self):
        form = {"name": "Fresh", "email": "fresh@example.com", "credit_limit_cents": 1000}
        response = self.client.post("/customers/new/", form)
        customer = Customer.objects.get(name="Fresh")
        self.assertRedirects(response, f"/customers/{customer.pk}/")
        self.assertEqual((customer.tenant, customer.account_manager), (self.acme, self.alice))

    def _form(self, product):
        customer = Customer.objects.filter(tenant=self.acme).first()
        counts = {"form-TOTAL_FORMS": 1, "form-INITIAL_FORMS": 0}
        return {**counts, "customer": customer.pk, "form-0-product": product, "form-0-quantity": 2}


class OrderApiTests(OrderTestCase):
    def test_bad_orders_are_refused(self):
        customer = Customer.objects.filter(tenant=self.acme).first()
        foreign = Customer.objects.filter(tenant=self.globex).first()
        line = {"sku": "ACM-0001", "quantity": 1}
        for status, body in [
            (400, {}),
            (400, {"customer_id": True, "lines": [line]}),
            (404, {"customer_id": foreign.pk, "lines": [line]}),
            (400, {"customer_id": customer.pk, "lines": []}),
            (400, {"customer_id": customer.pk, "lines": ["x"]}),
            (400, {"customer_id": customer.pk, "lines": [{"sku": "GLO-0061"}]}),
            (400, {"customer_id": customer.pk, "lines": [{**line, "quantity": 0}]}),
        ]:
            with self.subTest(body):
                response = self.with_token().post("/api/orders/", body, content_type="application/json")
                self.assertEqual(response.status_code, status)

    def test_order_and_checkout(self):
        api = self.with_token()
        customer = Customer.objects.filter(tenant=self.acme).first()
        body = {"customer_id": customer.pk, "lines": [{"sku": "ACM-0001", "quantity": 2}]}
        created = api.post("/api/orders/", body, content_type="application/json")
        self.assertEqual(created.status_code, 201)
        url = f"/api/orders/{created.json()['id']}/"
        self.assertEqual(api.get(url).json()["status"], "draft")
        placed = api.post(f"{url}checkout/").json()
        self.assertEqual(placed["status"], "placed")
        self.assertTrue(placed["invoice_no"].startswith("INV-"))
        self.assertEqual(api.post(f"{url}checkout/").status_code, 409)


class ExportTests(OrderTestCase):
    async def _export(self, query=""):
        response = await self.browser.get(f"/orders/export.csv{query}")
        self.assertTrue(response.streaming)
        return [chunk.decode() async for chunk in response]

    def setUp(self):
        super().setUp()
        self.browser = self.async_as_user("alice")

    async def test_only_the_own_tenant_and_one_chunk_a_row(self):
        chunks = await self._export()
        rows = list(csv.DictReader(chunks))
        self.assertEqual(len(chunks), await Order.objects.filter(tenant=self.acme).acount() + 1)
        own = Order.objects.filter(tenant=self.acme).order_by("pk")
        self.assertEqual([row["number"] for row in rows], [order.number async for order in own])

    async def test_a_filter(self):
        rows = list(csv.DictReader(await self._export("?status=draft")))
        self.assertEqual({row["status"] for row in rows}, {"draft"})
        self.assertEqual({row["invoice"] for row in rows}, {""})

    async def test_a_name_is_never_a_formula(self):
        await Customer.objects.filter(tenant=self.acme).aupdate(name="=1+1")
        rows = list(csv.DictReader(await self._export()))
        self.assertEqual({row["customer"] for row in rows}, {"'=1+1"})
