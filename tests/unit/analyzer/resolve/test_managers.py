"""Managers that are called, copied, and made of querysets in roundabout ways."""

from __future__ import annotations

import pytest
from fakes.projects import FakeProject, touched

from analyzer.model.facts import Facts

MODELS = """
    from django.db import models

    class Other(models.Model):
        pass

    class Rows(models.QuerySet):
        def known(self):
            Other.objects.count()
            return self.filter(pk=1)

    class Choosing(models.Manager):
        @classmethod
        def from_queryset(cls, queryset_class, class_name=None):
            return super().from_queryset(Rows, class_name)

    class Item(models.Model):
        objects = Choosing.from_queryset(models.QuerySet)()

    class Known(models.Manager):
        def known(self):
            return self.filter(pk=1)

    class Proxy:
        target = Known

        def __new__(cls, *args, **kwargs):
            return cls.target(*args, **kwargs)

    class Proxied(models.Model):
        objects = Proxy()

    def proxied():
        return list(Proxied.objects.known())

    class Note(models.Model):
        item = models.ForeignKey(Item, on_delete=models.CASCADE, related_name="notes")
        objects = models.Manager()
        special = Rows.as_manager()

    def made():
        return list(Item.objects.known())

    def called(item: Item):
        return list(item.notes(manager="special").known())

    def called_with_a_default(item: Item):
        return list(item.notes(manager="nothing").all())

    def copied():
        return list(Note.objects.all()._clone().filter(pk=1))
"""


@pytest.fixture(scope="module")
def facts(tmp_path_factory: pytest.TempPathFactory) -> Facts:
    return FakeProject(tmp_path_factory.mktemp("project"), {"shop/models.py": MODELS}).facts()


def test_another_manager_that_is_not_known_adds_nothing(facts: Facts) -> None:
    assert touched(facts, "called_with_a_default") == {("shop_note", "read")}


def test_a_copy_of_a_queryset_is_read(facts: Facts) -> None:
    assert touched(facts, "copied") == {("shop_note", "read")}


def test_the_querysets_methods_are_found(facts: Facts) -> None:
    assert touched(facts, "Rows.known") == {
        ("shop_item", "read"), ("shop_note", "read"), ("shop_other", "read"),
    }  # fmt: skip
    assert {call.source for call in facts.calls if call.target.endswith("Rows.known")} == {
        "shop.models.called", "shop.models.made",
    }  # fmt: skip


def test_a_manager_that_another_class_makes_is_a_manager(facts: Facts) -> None:
    assert touched(facts, "Known.known") == {("shop_proxied", "read")}
