"""The twins that django-simple-history makes of tracked models."""

from __future__ import annotations

import pytest
from fakes.projects import FakeProject, model, touched

from analyzer.model.facts import Facts

MODELS = """
    from functools import partial
    from django.contrib.auth.models import User
    from django.db import models
    from simple_history import register
    from simple_history.models import HistoricalRecords

    Tracker = partial(HistoricalRecords, bases=[models.Model])

    class Tracked(models.Model):
        history = HistoricalRecords(inherit=True)

        class Meta:
            abstract = True

    class Item(Tracked):
        name = models.CharField(max_length=3, unique=True)

    class Note(models.Model):
        item = models.OneToOneField(Item, on_delete=models.CASCADE, related_name="note")
        changes = Tracker(table_name="shop_changes")

    class Plain(models.Model):
        name = models.CharField(max_length=3)

    register(User, app="shop")

    def change(item: Item):
        item.save()

    def leave(plain: Plain):
        plain.save()

    def look(note: Note):
        return list(note.changes.all())

    def look_at_all():
        return Item.history.count()
"""


@pytest.fixture(scope="module")
def facts(tmp_path_factory: pytest.TempPathFactory) -> Facts:
    return FakeProject(tmp_path_factory.mktemp("project"), {"shop/models.py": MODELS}).facts()


def test_what_is_not_tracked_has_no_twin(facts: Facts) -> None:
    assert sorted(found.label for found in facts.models if "Historical" in found.name) == [
        "shop.HistoricalItem", "shop.HistoricalNote", "shop.HistoricalUser",
    ]  # fmt: skip
    assert touched(facts, "leave") == {("shop_plain", "write")}


def test_a_twin_refers_to_what_its_model_refers_to_and_to_the_user(facts: Facts) -> None:
    twin = model(facts, "shop.HistoricalNote")
    assert twin.table == "shop_changes"
    assert {(found.field, found.kind, found.target, found.on_delete) for found in twin.relations} == {
        ("item", "fk", "shop.Item", "DO_NOTHING"),
        ("history_user", "fk", "auth.User", "SET_NULL"),
    }


def test_a_change_is_written_down(facts: Facts) -> None:
    assert ("shop_historicalitem", "write") in touched(facts, "change")


def test_the_past_is_read_where_it_is_asked_for(facts: Facts) -> None:
    assert touched(facts, "look") == {("shop_changes", "read")}
    assert touched(facts, "look_at_all") == {("shop_historicalitem", "read")}
