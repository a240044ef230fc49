"""Settings that a class holds, and generic views of another library than Django."""

from __future__ import annotations

from pathlib import Path

from fakes.projects import FakeProject

BASE = """
    class Settings:
        @classmethod
        def load(cls, module):
            pass

    class Base(Settings):
        ROOT_URLCONF = "site_.urls"
        _PRIVATE = "x"

        @property
        def INSTALLED_APPS(self):
            apps = ["django.contrib.auth", "shop"]
            if self.MORE:
                apps.append("people")
            return apps

        MORE = True
"""
MAIN = """
    from site_.base import Base

    class Main(Base):
        @property
        def INSTALLED_APPS(self):
            return super().INSTALLED_APPS + ["extra"]

    Main.load(__name__)
"""
MODEL = """
    from django.db import models

    class {name}(models.Model):
        name = models.CharField(max_length=3)
"""
FILES = {
    "site_/settings.py": MAIN,
    "site_/base.py": BASE,
    "site_/urls.py": """
        from django.urls import path
        from shop.views import Change
        urlpatterns = [path("change/", Change.as_view())]
    """,
    "shop/models.py": MODEL.format(name="Item"),
    "extra/models.py": MODEL.format(name="More"),
    "left/models.py": MODEL.format(name="Left"),
    "shop/views.py": """
        from vanilla import UpdateView
        from shop.models import Item

        class Change(UpdateView):
            model = Item
            fields = ["name"]
    """,
}


def test_what_no_class_installs_is_left_out(tmp_path: Path) -> None:
    facts = FakeProject(tmp_path, FILES).facts()
    assert sorted(model.label for model in facts.models if not model.label.startswith("auth.")) == [
        "extra.More", "shop.Item",
    ]  # fmt: skip
    assert [route.route for route in facts.routes] == ["change/"]


def test_what_any_of_the_classes_installs_is_installed(tmp_path: Path) -> None:
    more = MAIN.replace("Main.load(__name__)", 'class Less(Base):\n        INSTALLED_APPS = ["left"]')
    facts = FakeProject(tmp_path, {**FILES, "site_/settings.py": more}).facts()
    assert {"extra.More", "left.Left", "shop.Item"} <= {model.label for model in facts.models}


def test_views_with_fewer_classes_save_as_well(tmp_path: Path) -> None:
    route = FakeProject(tmp_path, FILES).facts().routes[0]
    assert (route.tables_read, route.tables_written) == (("shop_item",), ("shop_item",))
