from catalog.models import Bundle, Product
from core.testing import SeededTestCase


class CatalogTests(SeededTestCase):
    def test_products_of_other_tenants_do_not_exist(self):
        self.assertEqual(self.with_token().get("/api/catalog/products/GLO-0061/").status_code, 404)

    def test_search_and_tags(self):
        self.assertContains(self.client.get("/catalog/?q=drill"), "Drill")
        self.assertNotContains(self.client.get("/catalog/?q=drill"), "Clamp")
        tagged = Product.objects.filter(tenant=self.acme, tags__name="eco").count()
        self.assertEqual(self.client.get("/catalog/?tag=eco").context["paginator"].count, tagged)

    def test_the_api(self):
        api = self.with_token()
        body = api.get("/api/catalog/products/?sellable=1&per_page=100").json()
        self.assertEqual(body["count"], 60)  # the bundle is not stocked
        one = api.get("/api/catalog/products/ACM-0001/").json()
        self.assertEqual(one["available"], Product.objects.get(sku="ACM-0001").available)

    def test_a_bundle_is_a_product_with_contents(self):
        bundle = Bundle.objects.get(tenant=self.acme)
        self.assertEqual(bundle.items.count(), 3)
        self.assertEqual(bundle.product_ptr, Product.objects.get(pk=bundle.pk))
        self.assertEqual(self.client.get(bundle.get_absolute_url()).status_code, 200)

    def test_bestsellers_come_first(self):
        sold = [product.sold or 0 for product in Product.objects.filter(tenant=self.acme).bestsellers()]
        self.assertEqual(sold[0], max(sold))
