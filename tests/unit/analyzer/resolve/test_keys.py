"""Unique constraints and indexes, as ``Meta`` declares them."""

from __future__ import annotations

from pathlib import Path

import pytest
from fakes.projects import FakeProject, model

from analyzer.model.facts import Facts

MODELS = """
    from django.db import models
    from django.db.models.functions import Lower

    NAME = "number"

    class Bare(models.Model):
        number = models.CharField(max_length=9, unique=True)

    class Order(models.Model):
        class Meta:
            unique_together = [("tenant", "number"), ["tenant", "code"]]
            constraints = [
                models.UniqueConstraint(fields=["tenant", NAME], name="a"),
                models.UniqueConstraint(Lower("code"), name="b"),
                models.CheckConstraint(condition=models.Q(number__gt=0), name="c"),
            ]
            indexes = [models.Index(fields=["-placed", "tenant"], name="d")]

    class Old(models.Model):
        class Meta:
            unique_together = ("tenant", "number")
            index_together = [["number", "tenant"]]
"""


@pytest.fixture(scope="module")
def facts(tmp_path_factory: pytest.TempPathFactory) -> Facts:
    folder: Path = tmp_path_factory.mktemp("keys")
    return FakeProject(folder, {"shop/models.py": MODELS}).facts()


def keys(facts: Facts, label: str) -> list[tuple[tuple[str, ...], bool]]:
    return [(key.fields, key.unique) for key in model(facts, label).keys]


def test_a_unique_column_is_no_key_of_meta(facts):
    assert keys(facts, "shop.Bare") == []


def test_checks_and_expressions_have_no_fields(facts):
    assert all("code" not in fields for fields, _ in keys(facts, "shop.Order")[2:])


def test_keys_stand_with_their_fields_in_order(facts):
    assert keys(facts, "shop.Order") == [
        (("tenant", "number"), True),
        (("tenant", "code"), True),
        (("tenant", "number"), True),
        (("placed", "tenant"), False),
    ]
    lines = {key.location.line for key in model(facts, "shop.Order").keys}
    assert len(lines) == 3


def test_one_group_needs_no_list_around_it(facts):
    assert keys(facts, "shop.Old") == [(("tenant", "number"), True), (("number", "tenant"), False)]
