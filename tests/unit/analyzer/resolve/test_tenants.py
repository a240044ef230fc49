"""Queries that never say whose rows they want, tasks and caches: what is recorded of them."""

from __future__ import annotations

from pathlib import Path

import pytest
from fakes.projects import FakeProject

from analyzer.model.facts import Facts

SETTINGS = """
    INSTALLED_APPS = ["django.contrib.auth", "django.contrib.contenttypes", "django.contrib.admin", "shop"]
    ROOT_URLCONF = "site_.urls"
"""
MODELS = """
    from django.conf import settings
    from django.db import models

    class Tenant(models.Model):
        name = models.CharField(max_length=9)

    class OrderQuerySet(models.QuerySet):
        def of(self, tenant):
            return self.filter(tenant=tenant)

        def open(self):
            return self.filter(state="open")

    class Kept(models.Manager):
        def get_queryset(self):
            return super().get_queryset().filter(deleted=False)

    class Walled(models.Manager):
        def get_queryset(self):
            return super().get_queryset().filter(tenant=current())

    class Order(models.Model):
        tenant = models.ForeignKey(Tenant, on_delete=models.CASCADE)
        placed_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.CASCADE)
        number = models.IntegerField(unique=True)
        state = models.CharField(max_length=9)
        deleted = models.BooleanField()
        token = models.CharField(max_length=9)
        objects = OrderQuerySet.as_manager()
        kept = Kept()
        walled = Walled()

    class Open(Order):
        class Meta:
            proxy = True

    class Shipment(models.Model):
        tenant = models.ForeignKey(Tenant, on_delete=models.CASCADE)
        order = models.ForeignKey(Order, on_delete=models.CASCADE)

    class Country(models.Model):
        pass

    class Note(models.Model):
        tenant = models.ForeignKey(Tenant, null=True, on_delete=models.CASCADE)
        country = models.ForeignKey(Country, on_delete=models.CASCADE)
"""
URLS = """
    from django.contrib import admin
    from django.urls import path
    from shop import views
    urlpatterns = [path("", views.view), path("admin/", admin.site.urls)]
"""


def project(folder: Path, views: str, **more: str) -> Facts:
    heads = "from shop.models import *\n"
    files = {
        "site_/settings.py": SETTINGS,
        "shop/models.py": MODELS,
        "site_/urls.py": URLS,
        "shop/views.py": heads + views,
        **{f"shop/{name}.py": text for name, text in more.items()},
    }
    return FakeProject(folder, files).facts()


def view(folder: Path, *lines: str) -> Facts:
    """The facts of a project whose one view runs these lines."""
    return project(folder, "def view(request, pk):\n" + "".join(f"    {line}\n" for line in lines))


@pytest.mark.parametrize(
    "query",
    [
        "Order.objects.filter(tenant=request.tenant)",
        "Order.objects.filter(tenant_id=pk)",
        "Order.objects.filter(state='x').exclude(tenant__name='y').first()",
        "Order.objects.all().of(request.tenant).count()",
        "Order.objects.of(request.tenant).open().first()",
        "Order.walled.filter(state='x').first()",
        "Order.walled.first()",
        "Order.objects.filter(placed_by=request.user)",
        "Order.objects.get(token=pk)",
        "Order.objects.get(number=pk)",
        "Order.objects.filter(**request.conditions)",
        "Order.objects.filter(request.condition)",
        "Order.objects.none()",
        "Order.objects.create(state='x')",
        "Order.objects.bulk_create([])",
        "Shipment.objects.filter(order_id=pk).first()",
        "Shipment.objects.filter(order__tenant=request.tenant).first()",
        "Tenant.objects.get(pk=pk)",
        "Note.objects.get(pk=pk)",
        "Country.objects.get(pk=pk)",
    ],
)
def test_what_says_whose_rows_it_wants_or_asks_for_nobody_s_is_closed(tmp_path, query):
    assert view(tmp_path, query).open_queries == ()


@pytest.mark.parametrize(
    "lines",
    [
        ["orders = Order.objects.all()", "orders = orders.filter(tenant=request.tenant)", "len(orders)"],
        ["tenant = Tenant.objects.get(name='x')", "tenant.order_set.filter(state='x').first()"],
        ["mine = Order.objects.get(token=pk)", "Order.objects.filter(pk=mine.pk).update(state='x')"],
        ["from django.db.models import Q", "Order.objects.filter(Q(tenant=request.tenant) | Q(state='x'))"],
        ["from django.shortcuts import get_object_or_404 as get", "get(Order, tenant=request.tenant, pk=pk)"],
        ["from django.shortcuts import get_object_or_404 as get", "get(Order.objects.of(request.tenant), pk=pk)"],
        [
            "from django.db.models import Prefetch",
            "Tenant.objects.prefetch_related(Prefetch('shipment_set', queryset=Shipment.objects.order_by('pk')))",
        ],
        [
            "from django.db.models import Exists, OuterRef",
            "mine = Shipment.objects.filter(order__pk=OuterRef('pk'))",
            "Order.objects.of(request.tenant).annotate(sent=Exists(mine))",
        ],
    ],
)  # fmt: skip
def test_a_later_condition_a_row_at_hand_or_the_query_around_closes_as_well(tmp_path, lines):
    assert view(tmp_path, *lines).open_queries == ()


def test_who_is_handed_a_query_may_close_it(tmp_path):
    views = "def narrow(orders, tenant):\n    return orders.filter(tenant=tenant)\n"
    views += "def view(request):\n    return narrow(Order.objects.all(), request.tenant).first()\n"
    assert project(tmp_path, views).open_queries == ()


def test_the_staff_s_admin_commands_and_code_that_no_view_runs_are_not_asked(tmp_path):
    admin = "from django.contrib import admin\nfrom shop.models import Order\n"
    admin += "@admin.register(Order)\nclass Page(admin.ModelAdmin):\n"
    admin += "    def get_queryset(self, request):\n        return Order.objects.filter(state='x')\n"
    views = "def view(request):\n    pass\ndef report():\n    return Order.objects.first()\n"
    assert project(tmp_path, views, admin=admin).open_queries == ()


def test_of_a_project_without_tenants_nothing_is_recorded(tmp_path):
    views = "from django.core.cache import cache\ndef view(request, pk):\n"
    views += "    cache.set('x', Thing.objects.get(pk=pk))\n"
    models = "from django.db import models\nclass Thing(models.Model):\n    pass\n"
    files = {"site_/settings.py": SETTINGS, "site_/urls.py": URLS, "shop/models.py": models}
    facts = FakeProject(tmp_path, {**files, "shop/views.py": "from shop.models import *\n" + views}).facts()
    assert (facts.open_queries, facts.cache_uses) == ((), ())


@pytest.mark.parametrize(
    "query",
    [
        "Order.objects.get(pk=pk)",
        "Order.objects.filter(pk__in=request.GET.getlist('ids'))",
        "Order.objects.filter(state='x').first()",
        "Order.objects.filter(state='x').update(state='y')",
        "Order.objects.filter(pk=pk).delete()",
        "Order.objects.all().open().count()",
        "Order.objects.open().count()",
        "Order.kept.get(pk=pk)",
        "Open.objects.get(pk=pk)",
        "Shipment.objects.get(pk=pk)",
    ],
)
def test_a_number_or_a_state_does_not_say_whose_row_it_is(tmp_path, query):
    (found,) = view(tmp_path, query).open_queries
    assert (str(found.location), found.function) == ("shop/views.py:3", "view")


def test_get_object_or_404_begins_where_it_is_called(tmp_path):
    head = "from django.shortcuts import get_object_or_404"
    found = view(tmp_path, head, "get_object_or_404(Order, pk=pk)", "get_object_or_404(Shipment, pk=pk)")
    assert [str(query.location) for query in found.open_queries] == ["shop/views.py:4", "shop/views.py:5"]


def test_a_class_based_view_that_narrows_nothing_is_named(tmp_path):
    views = "from django.views.generic import DetailView\n"
    views += "class Show(DetailView):\n    model = Order\nview = Show.as_view()\n"
    (found,) = project(tmp_path, views).open_queries
    assert (str(found.location), found.function, found.table) == ("shop/views.py:3", "Show", "shop_order")


def test_the_names_that_a_cache_key_is_made_of_are_recorded(tmp_path):
    found = view(
        tmp_path,
        "from django.core.cache import cache",
        "key = f'orders:{request.tenant.pk}'",
        "cache.set(key, Order.objects.of(request.tenant))",
        "cache.get_or_set('all', lambda: 1)",
        "cache.get('all')",
    ).cache_uses
    assert [(use.location.line, use.words, use.page) for use in found] == [
        (5, ("pk", "request", "tenant"), False),
        (6, (), False),
    ]


def test_whole_pages_are_recorded_unless_they_vary(tmp_path):
    views = (
        "from django.views.decorators.cache import cache_page\n"
        "from django.views.decorators.vary import vary_on_cookie\n"
    )
    kept = "@cache_page(60)\ndef view(request):\n    return Order.objects.of(request.tenant)\n"
    assert project(tmp_path / "a", f"{views}@vary_on_cookie\n{kept}").cache_uses == ()
    (found,) = project(tmp_path / "b", views + kept).cache_uses
    assert (found.function, found.page) == ("view", True)


def test_what_a_task_is_sent_with_is_recorded_without_its_options(tmp_path):
    tasks = "from celery import shared_task\n"
    tasks += "@shared_task\ndef clean(days=30, dry=False):\n    pass\n"
    tasks += "@shared_task\ndef send(order_id, tenant=None):\n    pass\n"
    facts = project(tmp_path, "def view(request):\n    pass\n", tasks=tasks)
    takes = {e.name: e.takes for e in facts.entry_points if e.kind == "task"}
    assert takes == {"shop.tasks.clean": (), "shop.tasks.send": ("order_id", "tenant")}
