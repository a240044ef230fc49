"""What a generic foreign key may lead to, and tests on attributes that classes are known to have."""

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

    class Place(models.Model):
        notes = GenericRelation(Note)

    class Person(models.Model):
        home = models.ForeignKey(Place, models.CASCADE)
        notes = GenericRelation(Note)

    class Thing(models.Model):
        name = models.TextField()
        notes = GenericRelation(Note)

        class Meta:
            default_related_name = "stuff"

        def shown(self):
            return self.name
"""
WORK = """
    from shop.models import Note, Thing

    def work(note: Note, thing: Thing):
        %s
"""


def _read(tmp_path: Path, statement: str) -> set[str]:
    files = {"shop/models.py": MODELS, "shop/work.py": WORK % statement}
    facts = FakeProject(tmp_path, files).facts()
    return {table.removeprefix("shop_") for table, mode in touched(facts, "work") if mode == "read"}


@pytest.mark.parametrize(
    ("statement", "read"),
    [
        ("note.target", {"place", "person", "thing"}),
        ("note.target.home", {"person", "place"}),
        ("note.target.name", {"thing"}),
        ("note.target.shown()", {"thing"}),
        ("note.target.pk", {"place", "person", "thing"}),
        ("note.target.what_nobody_has", {"place", "person", "thing"}),
    ],
)
def test_what_is_wanted_of_it_tells_which_models_it_may_be(
    tmp_path: Path, statement: str, read: set[str]
) -> None:
    assert _read(tmp_path, statement) == read


@pytest.mark.parametrize(
    ("test", "read"),
    [
        ("hasattr(thing, 'shown')", {"note"}),
        ("hasattr(thing, 'what_nobody_has')", {"note", "place"}),
        ("hasattr(thing, 'note')", {"note", "place"}),
    ],
)
def test_a_test_for_an_attribute_that_the_class_has_is_decided(
    tmp_path: Path, test: str, read: set[str]
) -> None:
    statement = (
        f"Note.objects.get() if {test} else __import__('shop.models').Place\n        if not {test}:\n"
        "            from shop.models import Place\n            Place.objects.get()"
    )
    assert _read(tmp_path, statement) == read
