import re

from django.apps import apps
from django.test import Client

from accounts.models import ApiToken, Tenant, User
from core.testing import SeededTestCase


class LoginTests(SeededTestCase):
    def setUp(self):
        self.client = Client(enforce_csrf_checks=True)

    def _log_in(self, password, token=None):
        page = self.client.get("/accounts/login/").content.decode()
        token = token or re.search(r'csrfmiddlewaretoken" value="([^"]+)"', page)[1]
        form = {"username": "alice", "password": password, "csrfmiddlewaretoken": token}
        return self.client.post("/accounts/login/", form)

    def test_a_wrong_password_does_not_log_in(self):
        self.assertEqual(self._log_in("guess").status_code, 200)
        self.assertNotIn("sessionid", self.client.cookies)

    def test_a_form_without_its_csrf_token_is_refused(self):
        self.assertEqual(self._log_in("demo-password", token="x" * 64).status_code, 403)

    def test_the_demo_password_logs_in_and_redirects(self):
        response = self._log_in("demo-password")
        self.assertRedirects(response, "/", fetch_redirect_response=False)
        self.assertContains(self.client.get("/"), "Acme GmbH")

    def test_strangers_are_sent_to_the_login_page(self):
        for url in ["/", "/orders/", "/billing/invoices/", "/support/", "/reports/", "/audit/"]:
            with self.subTest(url):
                self.assertRedirects(self.client.get(url), f"/accounts/login/?next={url}")


class TenantTests(SeededTestCase):
    def test_nobody_switches_to_a_tenant_they_do_not_work_for(self):
        self.assertEqual(self.client.post("/accounts/switch/", {"tenant": "globex"}).status_code, 404)
        self.assertEqual(self.client.get("/api/me/").json()["tenant"], "acme")

    def test_switching_needs_a_csrf_token(self):
        strict = self.as_user("erin", enforce_csrf_checks=True)
        self.assertEqual(strict.post("/accounts/switch/", {"tenant": "globex"}).status_code, 403)

    def test_a_user_of_two_tenants_switches(self):
        erin = self.as_user("erin")
        self.assertEqual(erin.get("/api/me/").json()["tenant"], "acme")
        self.assertRedirects(erin.post("/accounts/switch/", {"tenant": "globex"}), "/")
        self.assertEqual(erin.get("/api/me/").json()["tenant"], "globex")

    def test_pages_show_only_the_own_tenants_rows(self):
        theirs = {
            "/orders/{}/": apps.get_model("orders.Order"),
            "/customers/{}/": apps.get_model("orders.Customer"),
            "/billing/invoices/{}/": apps.get_model("billing.Invoice"),
            "/catalog/{}/": apps.get_model("catalog.Product"),
            "/support/{}/": apps.get_model("support.Ticket"),
        }
        for url, model in theirs.items():
            foreign = model.objects.exclude(tenant=self.acme).first()
            own = model.objects.filter(tenant=self.acme).first()
            with self.subTest(url):
                self.assertEqual(self.client.get(url.format(foreign.pk)).status_code, 404)
                self.assertEqual(self.client.get(url.format(own.pk)).status_code, 200)

    def test_a_new_tenant_gets_a_warehouse_and_a_plan(self):
        tenant = Tenant.objects.create(name="Umbra AG", slug="umbra", currency="CHF")
        self.assertEqual(tenant.inventory_warehouse_set.get().code, "MAIN")
        self.assertEqual(tenant.billing_plan_set.get().currency, "CHF")

    def test_a_new_user_gets_notification_preferences(self):
        user = User.objects.create_user("grace")
        self.assertEqual(user.notification_preferences.filter(enabled=True).count(), 2)


class TokenTests(SeededTestCase):
    def test_unknown_and_inactive_tokens_are_refused(self):
        ApiToken.objects.filter(user__username="frank").update(is_active=False)
        for client in [self.with_token("nobody"), self.with_token("frank"), Client()]:
            response = client.get("/api/me/")
            self.assertEqual(response.status_code, 401)
            self.assertEqual(response["WWW-Authenticate"], "Token")

    def test_a_token_says_who_and_for_which_tenant(self):
        self.assertEqual(
            self.with_token("carol", "globex").get("/api/me/").json(),
            {"username": "carol", "email": "carol@example.com", "tenant": "globex", "role": "owner"},
        )

    def test_the_profile_form_saves(self):
        form = {"first_name": "Al", "last_name": "Ice", "email": "al@example.com", "phone": "1"}
        self.assertRedirects(self.client.post("/accounts/profile/", form), "/accounts/profile/")
        self.assertContains(self.client.get("/accounts/team/"), "Al Ice")
