from core.testing import SeededTestCase
from inventory import services
from inventory.models import StockItem
from notifications.models import Notification


class StockTests(SeededTestCase):
    def setUp(self):
        super().setUp()
        self.item = StockItem.objects.filter(warehouse__tenant=self.acme, reserved=0).first()
        self.url = f"/inventory/items/{self.item.pk}/"

    def test_reserved_goods_cannot_be_counted_away(self):
        StockItem.objects.filter(pk=self.item.pk).update(reserved=10)
        with self.assertRaises(services.OutOfStock):
            services.adjust(self.item, 5 - self.item.on_hand, "count", self.alice)

    def test_stock_of_other_tenants_does_not_exist(self):
        foreign = StockItem.objects.exclude(warehouse__tenant=self.acme).first()
        self.assertEqual(self.client.get(f"/inventory/items/{foreign.pk}/").status_code, 404)

    def test_a_bad_adjustment_comes_back(self):
        response = self.client.post(self.url, {"delta": -10_000, "reason": "count"})
        self.assertContains(response, "wanted")
        self.assertFalse(self.item.movements.exists())

    def test_an_adjustment_leaves_a_trace(self):
        response = self.client.post(self.url, {"delta": 7, "reason": "delivery"}, follow=True)
        self.assertContains(response, "Stock adjusted.")
        self.assertEqual(self.item.movements.get().delta, 7)
        self.assertContains(self.client.get("/audit/?verb=stock"), "stock.adjusted")

    def test_low_stock_is_told_once_until_it_is_read(self):
        services.adjust(self.item, 1 - self.item.on_hand, "count", self.alice)
        services.adjust(self.item, 1, "count", self.alice)
        warnings = Notification.objects.filter(link=self.url)
        self.assertEqual(sorted(n.recipient.username for n in warnings), ["alice", "bob"])
        self.assertContains(self.client.get("/inventory/?low=1"), self.item.product.sku)

    def test_the_api_filters_by_sku(self):
        sku = self.item.product.sku
        rows = self.with_token().get(f"/api/inventory/stock/?sku={sku}").json()["results"]
        self.assertEqual([row["sku"] for row in rows], [sku])
        self.assertEqual(rows[0]["free"], self.item.free)
