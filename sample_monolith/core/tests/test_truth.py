import ast
import re
import tomllib
from pathlib import Path

from django.apps import apps
from django.conf import settings
from django.db import connection
from django.test import SimpleTestCase
from django.test.utils import CaptureQueriesContext

from billing.models import Invoice, Subscription
from billing.services import invoice_for_order, invoice_subscription, mark_paid, void_invoice
from catalog.models import Product
from core.models import TenantOwned
from core.testing import SeededTestCase
from inventory.models import StockItem
from inventory.services import adjust
from orders.models import Customer, Order
from orders.services import cancel_order, checkout, create_order, ship_order
from support.models import Ticket
from support.services import open_ticket, reply

ROOT = Path(settings.BASE_DIR)
TRUTH = tomllib.loads((ROOT / "TRUTH.toml").read_text())
OWN_APPS = [app for boundary in TRUTH["boundary"] for app in boundary["apps"]] + ["core"]
KINDS = set(
    "fk string_fk m2m cascade mti proxy generic_relation get_model signal_write signal_listen transaction lock "
    "raw_sql related_name_join template_query function_import task_call helper_import hub".split()
)


def own_models():
    return [model for app in OWN_APPS for model in apps.get_app_config(app).get_models()]


def source_of(file, scope):
    """The text of `scope` in `file`: "Class.method", a function, an assignment, or the whole file."""
    text = (ROOT / file).read_text()
    node = ast.parse(text) if file.endswith(".py") else None
    for name in filter(None, scope.split(".")):
        node = next(child for child in node.body if name in _names(child))
    if not scope:
        return text
    start = min([node.lineno, *(decorator.lineno for decorator in getattr(node, "decorator_list", []))])
    return "\n".join(text.splitlines()[start - 1 : node.end_lineno])


def _names(node):
    if isinstance(node, ast.Assign):
        return [target.id for target in node.targets if isinstance(target, ast.Name)]
    return [getattr(node, "name", None)]


class TruthTests(SimpleTestCase):
    def test_every_model_is_in_one_boundary_or_shared(self):
        placed = TRUTH["shared"] + [model for boundary in TRUTH["boundary"] for model in boundary["models"]]
        self.assertEqual(sorted(placed), sorted(model._meta.label for model in own_models()))

    def test_every_coupling_is_where_it_is_said_to_be(self):
        for coupling in TRUTH["coupling"]:
            with self.subTest(coupling):
                self.assertIn(coupling["symbol"], source_of(coupling["file"], coupling["scope"]))
                self.assertIn(coupling["kind"], KINDS)

    def test_every_end_exists(self):
        for coupling in TRUTH["coupling"]:
            for end in (coupling["from"], coupling["to"]):
                with self.subTest(end):
                    known = apps.get_model(end) if "." in end else apps.get_app_config(end)
                    self.assertIsNotNone(known)

    def test_every_kind_occurs(self):
        self.assertEqual({coupling["kind"] for coupling in TRUTH["coupling"]}, KINDS)

    def test_nothing_is_listed_twice(self):
        rows = [tuple(sorted(coupling.items())) for coupling in TRUTH["coupling"]]
        self.assertEqual(len(rows), len(set(rows)))

    def test_no_relation_between_apps_is_missing(self):
        listed = {
            (coupling["from"], coupling["symbol"], coupling["to"])
            for coupling in TRUTH["coupling"]
            if coupling["kind"] in {"fk", "string_fk", "hub", "m2m"}
        }
        for model in own_models():
            for field in [*model._meta.local_fields, *model._meta.local_many_to_many]:
                other = field.related_model if field.is_relation else None
                inherited = field.name == "tenant" and issubclass(model, TenantOwned)
                if other is None or inherited or other._meta.app_label in {model._meta.app_label, "auth"}:
                    continue
                with self.subTest(f"{model._meta.label}.{field.name}"):
                    self.assertIn((model._meta.label, field.name, other._meta.label), listed)


class TransactionTests(SeededTestCase):
    """What TRUTH.toml says of each transaction is what it writes when it runs."""

    WRITE = re.compile(r'^(?:INSERT INTO|UPDATE|DELETE FROM) "(\w+)"')

    def setUp(self):
        super().setUp()
        self.customer = Customer.objects.filter(tenant=self.acme).first()
        self.product = Product.objects.filter(tenant=self.acme, stock_items__isnull=False).first()
        self.draft = create_order(self.acme, self.customer, self.alice, [(self.product, 1)])
        self.placed = Order.objects.filter(tenant=self.acme, status="placed").first()
        self.invoice = Invoice.objects.filter(tenant=self.acme, status="O", order__status="placed").first()
        Ticket.objects.update(assignee=self.as_bob())
        self.ticket = Ticket.objects.filter(tenant=self.acme).first()

    def as_bob(self):
        return type(self.alice).objects.get(username="bob")

    def _foreign_writes(self, call):
        with CaptureQueriesContext(connection) as queries:
            call()
        tables = {match[1] for query in queries if (match := self.WRITE.match(query["sql"]))}
        models = [model for model in own_models() if not model._meta.proxy]
        return {model._meta.label for model in models if model._meta.db_table in tables}

    def test_transactions(self):
        acme, alice = self.acme, self.alice
        item = StockItem.objects.get(product=self.product)
        bob_knows = self.customer
        bob_knows.account_manager = self.as_bob()
        calls = {
            "create_order": lambda: create_order(acme, self.customer, alice, [(self.product, 1)]),
            "invoice_for_order": lambda: invoice_for_order(self.draft, alice),
            "checkout": lambda: checkout(
                create_order(acme, self.customer, alice, [(self.product, 1)]), alice
            ),
            "ship_order": lambda: ship_order(Order.objects.filter(status="placed").last(), alice),
            "cancel_order": lambda: cancel_order(Order.objects.filter(status="placed").last(), alice),
            "void_invoice": lambda: void_invoice(self.invoice, alice),
            "mark_paid": lambda: mark_paid(Invoice.objects.open().exclude(order=None).last(), "C", alice),
            "invoice_subscription": lambda: invoice_subscription(
                Subscription.objects.filter(cancelled_on=None).first(), self.invoice.issued
            ),
            "adjust": lambda: adjust(item, 1 - item.on_hand + item.reserved, "count", alice),
            "open_ticket": lambda: open_ticket(acme, alice, bob_knows, "?", "?"),
            "reply": lambda: reply(self.ticket, alice, "?"),
        }
        said = [coupling for coupling in TRUTH["coupling"] if coupling["kind"] == "transaction"]
        self.assertEqual(set(calls), {coupling["scope"] for coupling in said})
        for name, call in calls.items():
            with self.subTest(name):
                own = next(c["file"] for c in said if c["scope"] == name).partition("/")[0]
                seen = {label for label in self._foreign_writes(call) if not label.startswith(f"{own}.")}
                self.assertEqual(sorted(seen), sorted(c["to"] for c in said if c["scope"] == name))
