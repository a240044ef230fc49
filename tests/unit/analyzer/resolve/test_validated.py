"""What a serializer's input is turned into, and what else is found behind classes of libraries."""

from __future__ import annotations

from pathlib import Path

import pytest
from fakes.projects import FakeProject, touched

from analyzer.model.facts import Facts

FILES = {
    "shop/models.py": """
        from django.db import models
        from kept.models import KeptModel

        class Owner(models.Model):
            name = models.CharField(max_length=3)

        class Tag(models.Model):
            owner = models.ForeignKey(Owner, on_delete=models.CASCADE)

        class Item(models.Model):
            owner = models.ForeignKey(Owner, on_delete=models.CASCADE)
            tags = models.ManyToManyField(Tag)

        class Kept(KeptModel):
            name = models.CharField(max_length=3)

        class Plan(models.Model):
            name = models.CharField(max_length=3)
    """,
    "site_/urls.py": """
        from django.urls import path
        from shop.api import FilteredItems
        urlpatterns = [path("items/", FilteredItems.as_view())]
    """,
    "shop/api.py": """
        from dataclasses import dataclass
        from itertools import islice
        import django_filters
        from django_filters.views import FilterView
        from rest_framework import serializers
        from shop.models import Item, Kept, Owner, Plan, Tag

        class ItemSerializer(serializers.ModelSerializer):
            main = serializers.PrimaryKeyRelatedField(queryset=Tag.objects.all())
            action = serializers.CharField()
            shown = serializers.PrimaryKeyRelatedField(queryset=Tag.objects.all(), read_only=True)

            class Meta:
                model = Item
                fields = ["owner", "tags", "main", "action", "shown"]

            def validate_action(self, value):
                return touch_plans

            def create(self, validated_data):
                by_key(validated_data["owner"])
                for tag in validated_data.pop("tags"):
                    by_tags(tag)
                by_declared(validated_data["main"])
                by_shown(validated_data["shown"])
                validated_data["action"]()

        def by_key(given):
            given.save()

        def by_tags(given):
            given.save()

        def by_declared(given):
            given.save()

        def by_shown(given):
            given.save()

        def touch_plans():
            Plan.objects.create()

        def view(request):
            serializer = ItemSerializer(data=request.data)
            serializer.is_valid()
            serializer.save()

        def kept():
            return list(Kept.all_objects.filter(pk=1))

        @dataclass
        class Settings:
            name: str

            def __post_init__(self):
                self.plan = Plan.objects.first()

        def configured():
            return Settings("a")

        def sliced():
            for item in islice(Item.objects.iterator(), 5):
                item.owner.name

        class OwnerFilter(django_filters.CharFilter):
            def filter(self, qs, value):
                return qs.filter(owner__name=value)

        class Items(django_filters.FilterSet):
            who = OwnerFilter()

            class Meta:
                model = Item

        class FilteredItems(FilterView):
            model = Item
            filterset_class = Items

        def filtered(request):
            return list(Items(request.GET, queryset=Item.objects.all()).qs)
    """,
}


@pytest.fixture(scope="module")
def facts(tmp_path_factory: pytest.TempPathFactory) -> Facts:
    return FakeProject(tmp_path_factory.mktemp("project"), FILES).facts()


def test_a_field_that_is_only_shown_is_not_among_the_data(facts: Facts) -> None:
    assert touched(facts, "by_shown") == set()


@pytest.mark.parametrize(
    ("function", "table", "mode"),
    [
        ("by_key", "shop_owner", "write"),
        ("by_tags", "shop_tag", "write"),
        ("by_declared", "shop_tag", "write"),
        ("kept", "shop_kept", "read"),
        ("Settings.__post_init__", "shop_plan", "read"),
        ("sliced", "shop_owner", "read"),
    ],
)
def test_what_is_known_of_a_value_leads_to_its_table(
    facts: Facts, function: str, table: str, mode: str
) -> None:
    assert (table, mode) in touched(facts, function)


def test_what_a_validation_returns_is_the_value(facts: Facts) -> None:
    calls = {(call.source, call.target) for call in facts.calls}
    assert ("shop.api.ItemSerializer.create", "shop.api.touch_plans") in calls


def test_filters_of_the_project_filter(facts: Facts) -> None:
    assert ("OwnerFilter.filter", "shop_item", "shop_owner") in {
        (join.function, join.table_a, join.table_b) for join in facts.joins
    }


def test_a_filtered_list_reads_what_it_shows(facts: Facts) -> None:
    assert facts.routes[0].tables_read == ("shop_item",)


def test_a_long_dict_of_querysets_is_taken_one_by_one(tmp_path: Path) -> None:
    names = [f"M{number}" for number in range(20)]
    models = "from django.db import models\n" + "".join(
        f"class {name}(models.Model):\n    pass\n" for name in names
    )
    entries = ", ".join(f'"{name}": {name}.objects.all()' for name in names)
    work = f"""
from unseen import more
from shop.models import *

def count(queryset):
    return queryset.count()

def work():
    everything = {{{entries}, "more": more()}}
    for name, queryset in everything.items():
        count(queryset)
"""
    facts = FakeProject(tmp_path, {"shop/models.py": models, "shop/work.py": work}).facts()
    assert len(touched(facts, "count")) == len(names)
