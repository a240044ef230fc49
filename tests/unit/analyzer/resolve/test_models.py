"""The model registry: labels, tables, relations, inheritance."""

from __future__ import annotations

from pathlib import Path

import pytest
from fakes.projects import FakeProject, model

from analyzer.model.facts import Facts

PEOPLE = """
    from django.contrib.auth.models import AbstractUser
    from django.db import models

    class User(AbstractUser):
        pass

    class Named(models.Model):
        name = models.CharField(max_length=80)
        owner = models.ForeignKey("people.User", on_delete=models.SET_NULL, null=True, related_name="%(class)s_set")

        class Meta:
            abstract = True
            app_label = "people"

    class NotAModel:
        field = models.CharField()
"""
SHOP = """
    from django.apps import apps
    from django.conf import settings
    from django.contrib.auth import get_user_model
    from django.contrib.contenttypes.fields import GenericForeignKey, GenericRelation
    from django.db import models
    from people import models as people
    from people.models import Named as Base

    class Key(models.ForeignKey):
        def __init__(self, *args, **kwargs):
            kwargs.setdefault("on_delete", models.PROTECT)
            super().__init__(*args, **kwargs)

    class Product(Base):
        class Meta:
            db_table = '"Products"'

    class Bundle(Product):
        contents = models.ManyToManyField(Product, related_name="in_bundles")

    class Cheap(Product):
        class Meta:
            proxy = True

    class Line(models.Model):
        product = Key("Product")
        order = models.ForeignKey(to="shop.Order", on_delete=models.CASCADE)

    class Order(models.Model):
        buyer = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE)
        seller = models.OneToOneField(get_user_model(), on_delete=models.CASCADE, related_name="+")
        parent = models.ForeignKey("self", null=True, on_delete=models.CASCADE)
        products = models.ManyToManyField(Product, through="Line")
        watchers = models.ManyToManyField(people.User, related_name="watched")
        registered = models.ForeignKey(apps.get_model("shop", "Product"), on_delete=models.DO_NOTHING)
        notes = GenericRelation("Note")
        lost = models.ForeignKey("nowhere.Thing", on_delete=models.CASCADE)

    class Note(models.Model):
        content_type = models.ForeignKey("contenttypes.ContentType", on_delete=models.CASCADE)
        object_id = models.IntegerField()
        target = GenericForeignKey("content_type", "object_id")
"""


@pytest.fixture(scope="module")
def facts(tmp_path_factory: pytest.TempPathFactory) -> Facts:
    settings = """
        from .base import *
        INSTALLED_APPS += ["people"]
        AUTH_USER_MODEL = "people.User"
    """
    base = 'INSTALLED_APPS = ["django.contrib.auth", "django.contrib.contenttypes"] + ["shop"]'
    files = {
        "people/models.py": PEOPLE,
        "shop/models.py": SHOP,
        "site_/settings.py": settings,
        "site_/base.py": base,
    }
    return FakeProject(tmp_path_factory.mktemp("project"), files).facts()


def _targets(facts: Facts, label: str) -> dict[str, tuple[str, str | None, str | None]]:
    return {
        found.field: (found.kind, found.target, found.on_delete) for found in model(facts, label).relations
    }


def test_what_is_no_model_is_not_listed(facts: Facts) -> None:
    labels = {found.label for found in facts.models if not found.library}
    assert labels == {
        "people.User", "people.Named", "shop.Product", "shop.Bundle", "shop.Cheap", "shop.Line", "shop.Order",
        "shop.Note",
    }  # fmt: skip


def test_the_swapped_user_is_not_listed(facts: Facts) -> None:
    assert {found.label for found in facts.models if found.library} == {
        "auth.Group", "auth.Permission", "contenttypes.ContentType"
    }  # fmt: skip


def test_every_way_to_name_a_target(facts: Facts) -> None:
    targets = _targets(facts, "shop.Order")
    assert targets["buyer"] == ("fk", "people.User", "CASCADE")
    assert targets["seller"] == ("o2o", "people.User", "CASCADE")
    assert targets["parent"] == ("fk", "shop.Order", "CASCADE")
    assert targets["registered"] == ("fk", "shop.Product", "DO_NOTHING")
    assert targets["notes"] == ("grel", "shop.Note", None)
    assert targets["lost"] == ("fk", "nowhere.Thing", "CASCADE")
    assert _targets(facts, "shop.Note")["target"] == ("gfk", None, None)


def test_a_projects_own_foreign_key_is_one(facts: Facts) -> None:
    assert _targets(facts, "shop.Line")["product"] == ("fk", "shop.Product", "PROTECT")


def test_fields_of_abstract_bases_belong_to_the_concrete_model(facts: Facts) -> None:
    assert _targets(facts, "shop.Product") == {"owner": ("fk", "people.User", "SET_NULL")}
    assert [field.name for field in model(facts, "shop.Product").fields] == ["id", "name", "owner"]


def test_the_fields_of_a_concrete_parent_stay_with_it(facts: Facts) -> None:
    assert _targets(facts, "shop.Bundle") == {
        "product_ptr": ("mti", "shop.Product", "CASCADE"), "contents": ("m2m", "shop.Product", None)
    }  # fmt: skip
    assert _targets(facts, "shop.Cheap") == {}


def test_tables(facts: Facts) -> None:
    assert model(facts, "shop.Product").table == "products"
    assert model(facts, "shop.Cheap").table == "products"
    assert model(facts, "people.Named").table == ""
    through = {
        found.field: (found.through, found.through_table) for found in model(facts, "shop.Order").relations
    }
    assert through["products"] == ("shop.Line", "shop_line")
    assert through["watchers"] == (None, "shop_order_watchers")
    groups = next(found for found in model(facts, "people.User").relations if found.field == "groups")
    assert groups.through_table == "people_user_groups"


def test_the_same_source_gives_the_same_facts(tmp_path: Path) -> None:
    project = FakeProject(tmp_path, {"people/models.py": PEOPLE, "shop/models.py": SHOP})
    assert repr(project.facts()) == repr(project.facts())


def test_an_application_inside_anothers_package_has_its_own_label(tmp_path: Path) -> None:
    settings = """
        INSTALLED_APPS = ["django.contrib.auth", "shop.apps.ShopConfig", "shop.votes"]
        ROOT_URLCONF = "site_.urls"
    """
    files = {
        "site_/settings.py": settings,
        "shop/apps.py": """
            from django.apps import AppConfig

            class ShopConfig(AppConfig):
                name = "shop"
        """,
        "shop/votes/models.py": """
            from django.db import models

            class Vote(models.Model):
                pass
        """,
    }
    assert [found.label for found in FakeProject(tmp_path, files).facts().models] == ["votes.Vote"]


def test_models_are_found_where_their_base_class_imports_in_a_circle(tmp_path: Path) -> None:
    files = {
        "shop/base.py": """
            from django.db import models
            from shop.early import Early
            from shop.managers import ShopManager

            class Plain(models.Model):
                objects = ShopManager()

                class Meta:
                    abstract = True

            class Model(Plain):
                class Meta:
                    abstract = True
        """,
        "shop/early.py": """
            from shop.base import Model

            class Early(Model):
                class Meta:
                    app_label = "shop"
        """,
        "shop/managers.py": """
            from django.db import models
            from shop.models import Late

            class ShopManager(models.Manager):
                pass
        """,
        "shop/models.py": """
            from django.db import models
            from shop.base import Model

            class Late(Model):
                name = models.CharField(max_length=3)
        """,
    }
    facts = FakeProject(tmp_path, files).facts()
    assert [found.label for found in facts.models if not found.abstract] == ["shop.Early", "shop.Late"]
