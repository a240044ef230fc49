"""Which tables functions touch, through which joins, in which transactions."""

from __future__ import annotations

from pathlib import Path

import pytest
from fakes.projects import FakeProject, touched

from analyzer.model.facts import Facts

MODELS = """
    from django.db import models

    class OrderQuerySet(models.QuerySet):
        def open(self):
            return self.filter(closed=False)

    class Customer(models.Model):
        name = models.CharField(max_length=10)
        company = models.ForeignKey("Company", on_delete=models.PROTECT)

    class Company(models.Model):
        title = models.CharField(max_length=10)

    class Tag(models.Model):
        pass

    class Order(models.Model):
        customer = models.ForeignKey(Customer, on_delete=models.CASCADE, related_name="orders")
        tags = models.ManyToManyField(Tag)
        closed = models.BooleanField()
        objects = OrderQuerySet.as_manager()

        def total(self):
            return sum(line.price for line in self.lines.all())

    class Line(models.Model):
        order = models.ForeignKey(Order, on_delete=models.CASCADE, related_name="lines")
        price = models.IntegerField()
"""
CODE = """
    from django.db import connection, transaction
    from django.db.models import Count, F, Prefetch, Q
    from django.shortcuts import get_object_or_404
    from . import helpers
    from .models import Customer, Order, Line

    def foreign(options, request):
        return options.get("a"), request.GET.get("b"), {}.values(), [1].count(1)

    def read():
        return Order.objects.open().count()

    def local():
        orders = Order.objects.all()
        for order in orders:
            order.save()

    def lazy(pk):
        return get_object_or_404(Order, pk=pk).customer.company

    def lookups():
        Order.objects.filter(Q(customer__company__title="x"), lines__price=F("lines__price")).annotate(n=Count("tags"))

    def column():
        Order.objects.filter(customer_id=1, customer=2)

    def selected():
        Order.objects.select_related("customer__company").prefetch_related(Prefetch("lines"))

    def many(order: Order):
        order.tags.add(1)

    def locked():
        return Order.objects.select_for_update().get(pk=1)

    def deleted():
        Customer.objects.filter(pk=1).delete()

    def made():
        Line.objects.bulk_create([])
        Customer.objects.update_or_create(name="x")

    def raw():
        with connection.cursor() as cursor:
            cursor.execute("UPDATE shop_line SET price = 0 WHERE order_id IN (SELECT id FROM shop_order)")
            cursor.execute(f"SELECT * FROM {Customer._meta.db_table} WHERE id = %s", [1])
            cursor.execute("SELECT FROM WHERE (")

    def paid():
        with transaction.atomic():
            helpers.close(Order.objects.get(pk=1))
            transaction.on_commit(lambda: Customer.objects.update(name="later"))
        Line.objects.create()

    @transaction.atomic
    def decorated():
        Customer.objects.create()

    def unclear(things):
        return things.filter(pk=1)
"""
HELPERS = """
    def close(order):
        order.closed = True
        order.save()
        audit(order)

    def audit(order):
        order.lines.create(price=0)
"""


@pytest.fixture(scope="module")
def facts(tmp_path_factory: pytest.TempPathFactory) -> Facts:
    files = {"shop/models.py": MODELS, "shop/code.py": CODE, "shop/helpers.py": HELPERS}
    return FakeProject(tmp_path_factory.mktemp("project"), files).facts()


def test_methods_of_dicts_and_lists_touch_nothing(facts: Facts) -> None:
    assert touched(facts, "foreign") == set()
    assert all("options" not in item.expression for item in facts.unresolved)


def test_a_key_is_compared_without_a_join(facts: Facts) -> None:
    assert touched(facts, "column") == {("shop_order", "read")}


@pytest.mark.parametrize(
    ("function", "expected"),
    [
        ("read", {"shop_order": "r"}),
        ("OrderQuerySet.open", {"shop_order": "r"}),
        ("local", {"shop_order": "rw"}),
        ("lazy", {"shop_order": "r", "shop_customer": "r", "shop_company": "r"}),
        (
            "lookups",
            {
                "shop_order": "r",
                "shop_customer": "r",
                "shop_company": "r",
                "shop_line": "r",
                "shop_order_tags": "r",
            },
        ),
        ("selected", {"shop_order": "r", "shop_customer": "r", "shop_company": "r", "shop_line": "r"}),
        ("many", {"shop_order_tags": "rw"}),
        ("locked", {"shop_order": "r"}),
        ("deleted", {"shop_customer": "rw", "shop_order": "rw", "shop_line": "w", "shop_order_tags": "w"}),
        ("made", {"shop_line": "w", "shop_customer": "rw"}),
        ("raw", {"shop_line": "w", "shop_order": "r", "shop_customer": "r"}),
        ("Order.total", {"shop_line": "r"}),
        ("close", {"shop_order": "w"}),
        ("audit", {"shop_line": "w"}),
    ],
)
def test_accesses(facts: Facts, function: str, expected: dict[str, str]) -> None:
    names = {"r": "read", "w": "write"}
    assert touched(facts, function) == {
        (table, names[mode]) for table, modes in expected.items() for mode in modes
    }


def test_locks_and_cascades_are_told_apart(facts: Facts) -> None:
    kinds = {(found.function, found.table, found.mode): found.kind for found in facts.accesses}
    assert kinds["locked", "shop_order", "read"] == "lock"
    assert kinds["deleted", "shop_line", "write"] == "cascade"
    assert kinds["made", "shop_line", "write"] == "bulk"


def test_lookup_paths_are_joins_hop_by_hop(facts: Facts) -> None:
    pairs = {(join.table_a, join.table_b) for join in facts.joins if join.function == "lookups"}
    assert pairs == {
        ("shop_customer", "shop_order"), ("shop_company", "shop_customer"), ("shop_line", "shop_order"),
        ("shop_order", "shop_order_tags"),
    }  # fmt: skip


def test_a_transaction_holds_what_its_calls_write_but_not_what_follows_the_commit(facts: Facts) -> None:
    spans = {span.function: span.tables_written for span in facts.transactions}
    assert spans == {"paid": ("shop_line", "shop_order"), "decorated": ("shop_customer",)}


def test_sql_that_cannot_be_parsed_is_listed(facts: Facts) -> None:
    assert [raw.parsed for raw in facts.raw_sql] == [True, True, False]


def test_calls_lead_from_function_to_function(facts: Facts) -> None:
    edges = {(call.source, call.target) for call in facts.calls}
    assert {("shop.code.paid", "shop.helpers.close"), ("shop.helpers.close", "shop.helpers.audit")} <= edges


def test_a_site_that_cannot_be_resolved_is_listed_with_the_reason(facts: Facts) -> None:
    assert [(item.expression, item.reason) for item in facts.unresolved] == [
        ("things.filter(pk=1)", "the parameter things")
    ]
    assert facts.orm_sites == facts.orm_sites_resolved + 1


def test_loaders_by_string_are_followed(tmp_path: Path) -> None:
    loading = """
        def get_class(module_label, name):
            return _registry()[module_label][name]

        def get_model(app, name):
            return _registry()[app][name]
    """
    code = """
        from shop.loading import get_class, get_model
        Order = get_model("shop", "Order")
        Helper = get_class("shop.services", "Helper")

        def run():
            Order.objects.first()
            Helper().work()
    """
    services = """
        from .models import Tag
        class Helper:
            def work(self):
                Tag.objects.create()
    """
    files = {
        "shop/models.py": MODELS,
        "shop/loading.py": loading,
        "shop/services.py": services,
        "people/code.py": code,
    }
    facts = FakeProject(tmp_path, files).facts()
    assert touched(facts, "run") == {("shop_order", "read")}
    assert ("people.code.run", "shop.services.Helper.work") in {
        (call.source, call.target) for call in facts.calls
    }
