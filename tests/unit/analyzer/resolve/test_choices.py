"""What values a field may take, where that is written down."""

from __future__ import annotations

from pathlib import Path

from fakes.projects import FakeProject, model

MODELS = """
    from django.db import models
    from django.utils.translation import gettext_lazy as _
    from somewhere import CODES

    class Status(models.TextChoices):
        OPEN = "O", _("Open")
        PAID = "P", "Paid"
        IN_DOUBT = "D"

        @property
        def color(self):
            return "red"

    class Level(models.IntegerChoices):
        LOW = 1
        HIGH = 2, "High"

    LISTED = [("a", "A"), ("b", CODES)]

    class Thing(models.Model):
        unknown = models.CharField(max_length=1, choices=CODES)
        partly = models.CharField(max_length=1, choices=[("a", "A"), CODES])
        called = models.CharField(max_length=1, choices=lambda: LISTED)
        free = models.CharField(max_length=1)
        listed = models.CharField(max_length=1, choices=LISTED)
        grouped = models.CharField(max_length=1, choices=[("Both", [("a", "A"), ("b", "B")]), ("c", "C")])
        mapped = models.CharField(max_length=1, choices={"a": "A"})
        spoken = models.CharField(max_length=1, choices=Status.choices, default="O")
        named = models.IntegerField(choices=Level, default=1)
        price = models.DecimalField(max_digits=9, decimal_places=3)
"""
FIELDS = {
    "unknown": (),
    "partly": (),
    "called": (),
    "free": (),
    "listed": (("a", "A"), ("b", "")),
    "grouped": (("a", "A"), ("b", "B"), ("c", "C")),
    "mapped": (("a", "A"),),
    "spoken": (("O", "Open"), ("P", "Paid"), ("D", "In Doubt")),
    "named": ((1, "Low"), (2, "High")),
}


def test_choices_are_read_where_they_are_literal(tmp_path: Path) -> None:
    thing = model(FakeProject(tmp_path, {"shop/models.py": MODELS}).facts(), "shop.Thing")
    assert {field.name: field.choices for field in thing.fields if field.name in FIELDS} == FIELDS


def test_decimals_and_defaults(tmp_path: Path) -> None:
    thing = model(FakeProject(tmp_path, {"shop/models.py": MODELS}).facts(), "shop.Thing")
    fields = {field.name: field for field in thing.fields}
    assert (fields["price"].digits, fields["price"].decimals) == (9, 3)
    assert [fields[name].default for name in ("spoken", "named", "free")] == ["O", 1, None]


def test_whether_times_carry_their_zone(tmp_path: Path) -> None:
    naive = {"site_/settings.py": "INSTALLED_APPS = ['shop']\nUSE_TZ = False\n", "shop/models.py": MODELS}
    assert FakeProject(tmp_path / "aware", {"shop/models.py": MODELS}).facts().use_tz
    assert not FakeProject(tmp_path / "naive", naive).facts().use_tz
