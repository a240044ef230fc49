"""Which records a deletion loads first, and which go unseen."""

from __future__ import annotations

from pathlib import Path

import pytest
from fakes.projects import FakeProject, touched

MODELS = """
    from django.contrib.contenttypes.fields import GenericForeignKey, GenericRelation
    from django.contrib.contenttypes.models import ContentType
    from django.db import models

    class Note(models.Model):
        content_type = models.ForeignKey(ContentType, models.CASCADE)
        object_id = models.IntegerField()
        target = GenericForeignKey()

    class Tag(models.Model):
        pass

    class Owner(models.Model):
        tags = models.ManyToManyField(Tag)
        notes = GenericRelation(Note)

    class Leaf(models.Model):
        owner = models.ForeignKey(Owner, models.CASCADE)

    class Node(models.Model):
        owner = models.ForeignKey(Owner, models.CASCADE)

    class Below(models.Model):
        node = models.ForeignKey(Node, models.CASCADE)
"""
WORK = """
    from shop.models import Leaf, Owner

    def one(owner: Owner):
        owner.delete()

    def leaves():
        Leaf.objects.filter(pk=1).delete()
"""
UNSEEN = {"shop_leaf", "shop_note", "shop_owner_tags", "shop_below"}
SEEN = {"shop_node"}


def _read(tmp_path: Path, function: str, settings: str = "", **more: str) -> set[str]:
    installed = "INSTALLED_APPS = ['shop', 'django.contrib.contenttypes']\n"
    files = {"site_/settings.py": installed + settings, "shop/models.py": MODELS, "shop/work.py": WORK}
    facts = FakeProject(
        tmp_path, {**files, **{f"shop/{name}.py": text for name, text in more.items()}}
    ).facts()
    return {table for table, mode in touched(facts, function) if mode == "read"}


def test_what_nothing_refers_to_is_deleted_unseen(tmp_path: Path) -> None:
    assert _read(tmp_path, "one") == SEEN
    assert _read(tmp_path, "leaves") == set()


LISTEN = """
    from django.db.models.signals import %s
    from shop.models import Leaf, Tag
    def hear(sender, instance, **kwargs):
        pass
    %s.connect(hear%s)
"""


@pytest.mark.parametrize(
    ("signal", "sender", "read"),
    [
        ("pre_delete", "", SEEN | UNSEEN),
        ("post_delete", "", SEEN | UNSEEN),
        ("post_delete", ", sender=Leaf", SEEN | {"shop_leaf"}),
        ("post_delete", ", sender=Tag", SEEN),
        ("post_save", "", SEEN),
    ],
)
def test_who_listens_wants_to_see_what_goes(tmp_path: Path, signal: str, sender: str, read: set[str]) -> None:
    assert _read(tmp_path, "one", signals=LISTEN % (signal, signal, sender)) == read


@pytest.mark.parametrize(
    "settings",
    [
        "HAYSTACK_SIGNAL_PROCESSOR = 'haystack.signals.RealtimeSignalProcessor'",
        "INSTALLED_APPS += ['wagtail.search']",
    ],
)
def test_libraries_that_listen_to_all(tmp_path: Path, settings: str) -> None:
    assert _read(tmp_path, "one", settings) == SEEN | UNSEEN
    assert _read(tmp_path, "leaves", settings) == {"shop_leaf"}


def test_a_page_that_asks_before_it_deletes_shows_all(tmp_path: Path) -> None:
    work = """
        from django.contrib.admin.utils import NestedObjects
        from shop.models import Owner
        def show(owner: Owner):
            NestedObjects("default").collect([owner])
    """
    assert _read(tmp_path, "show", shown=work) == SEEN | UNSEEN


def test_none_asks_for_nothing(tmp_path: Path) -> None:
    work = """
        from shop.models import Leaf
        def nothing():
            return Leaf.objects.none()
        def filtered():
            return Leaf.objects.filter(owner__pk=1).none()
    """
    assert _read(tmp_path, "nothing", quiet=work) == _read(tmp_path, "filtered", quiet=work) == set()


def test_an_order_by_the_key_of_another_model_needs_no_join(tmp_path: Path) -> None:
    models = """
        from django.db import models
        class Plain(models.Model):
            class Meta:
                ordering = ("-pk",)
        class Named(models.Model):
            name = models.TextField()
            class Meta:
                ordering = ("name",)
        class Child(models.Model):
            plain = models.ForeignKey(Plain, models.CASCADE)
            named = models.ForeignKey(Named, models.CASCADE)
    """
    work = """
        from shop.children import Child
        def plain():
            return list(Child.objects.order_by("plain"))
        def named():
            return list(Child.objects.order_by("named"))
    """
    assert _read(tmp_path, "plain", children=models, ordered=work) == {"shop_child"}
    assert _read(tmp_path, "named", children=models, ordered=work) == {"shop_child", "shop_named"}
