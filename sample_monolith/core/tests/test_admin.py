from django.contrib import admin
from django.urls import reverse

from core.testing import SeededTestCase


class AdminTests(SeededTestCase):
    def test_staff_only(self):
        response = self.client.get("/admin/")
        self.assertRedirects(response, "/admin/login/?next=/admin/")

    def test_every_model_has_its_pages(self):
        root = self.as_user("admin")
        for model in admin.site._registry:
            name = f"admin:{model._meta.app_label}_{model._meta.model_name}"
            row = model._default_manager.first()
            urls = [reverse(f"{name}_changelist"), reverse(f"{name}_add")]
            urls += [reverse(f"{name}_change", args=[row.pk])] if row else []
            for url in urls:
                with self.subTest(url):
                    self.assertEqual(root.get(url).status_code, 200)

    def test_an_action(self):
        root = self.as_user("admin")
        Invoice = self.acme.billing_invoice_set.model
        pks = list(Invoice.objects.filter(exported=False).values_list("pk", flat=True)[:3])
        form = {"action": "mark_exported", "_selected_action": pks}
        root.post("/admin/billing/invoice/", form)
        self.assertEqual(Invoice.objects.filter(pk__in=pks, exported=True).count(), 3)
