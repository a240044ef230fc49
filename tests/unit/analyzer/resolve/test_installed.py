"""Which applications are installed, and what becomes of the models of the others."""

from __future__ import annotations

from pathlib import Path

import pytest
from fakes.projects import MANAGE, FakeProject, touched

from analyzer.model.facts import Facts

APP = """
    from django.db import models
    class Thing(models.Model):
        pass
    class Labelled(models.Model):
        class Meta:
            app_label = "shop"
    class Base(models.Model):
        class Meta:
            abstract = True
"""
CODE = """
    from left.models import Thing
    def work():
        Thing.objects.create()
"""


def _facts(folder: Path, settings: str, **more: str) -> Facts:
    files = {"manage.py": MANAGE, "site_/settings.py": settings, "shop/models.py": APP, "left/models.py": APP}
    return FakeProject(folder, {**files, "shop/work.py": CODE, **more}).facts()


def _labels(facts: Facts) -> set[str]:
    return {model.label for model in facts.models if not model.library and not model.abstract}


def _left_out(facts: Facts) -> list[tuple[str, int]]:
    places = [found.locations[0] for found in facts.problems if found.code == "uninstalled-models"]
    return [(place.file, place.line) for place in places]


def test_models_of_an_app_that_is_not_installed_have_no_table(tmp_path: Path) -> None:
    facts = _facts(tmp_path, "INSTALLED_APPS = ['shop']")
    assert _labels(facts) == {"shop.Thing", "shop.Labelled"}
    assert _left_out(facts) == [("left/models.py", 3)]
    assert touched(facts, "work") == set()


def test_an_explicit_label_must_be_one_of_an_installed_app(tmp_path: Path) -> None:
    other = {"shop/more.py": APP.replace('"shop"', '"nowhere"').replace("Thing", "Other")}
    facts = _facts(tmp_path, "INSTALLED_APPS = ['shop', 'left']", **other)
    assert _left_out(facts) == [("shop/more.py", 5)]


@pytest.mark.parametrize(
    "settings",
    [
        "INSTALLED_APPS = ['shop']\nINSTALLED_APPS += ['left']",
        "def apps():\n    return ['shop', 'left']\nINSTALLED_APPS = [*apps()]",
        "LOCAL = ('left',)\nINSTALLED_APPS = ('shop',) + LOCAL",
        "INSTALLED_APPS = ['shop', 'left.apps.LeftConfig']",
    ],
)
def test_lists_that_are_put_together_are_read(tmp_path: Path, settings: str) -> None:
    config = "from django.apps import AppConfig\nclass LeftConfig(AppConfig):\n    name = 'left'"
    facts = _facts(tmp_path, settings, **{"left/apps.py": config})
    assert _labels(facts) >= {"shop.Thing", "left.Thing"}
    assert _left_out(facts) == []


@pytest.mark.parametrize(
    "settings",
    [
        "import os\nINSTALLED_APPS = ['shop', *os.environ['MORE'].split()]",
        "from elsewhere import MORE\nINSTALLED_APPS = ['shop'] + MORE",
        "class Site:\n    INSTALLED_APPS = unknown()",
    ],
)
def test_all_may_be_installed_where_the_list_is_not_known_to_its_end(tmp_path: Path, settings: str) -> None:
    assert _labels(_facts(tmp_path, settings)) >= {"shop.Thing", "left.Thing"}


def test_several_sites_install_together(tmp_path: Path) -> None:
    more = {"other/settings.py": "INSTALLED_APPS = ['left']\nROOT_URLCONF = 'other.urls'"}
    assert _left_out(_facts(tmp_path, "INSTALLED_APPS = ['shop']", **more)) == []


def test_what_only_the_tests_install_is_installed(tmp_path: Path) -> None:
    more = {"tests/settings.py": "INSTALLED_APPS = ['left']"}
    assert _left_out(_facts(tmp_path, "INSTALLED_APPS = ['shop']", **more)) == []


def test_a_library_that_is_imported_but_not_listed_has_no_tables(tmp_path: Path) -> None:
    code = """
        from taggit.managers import TaggableManager
        from django.db import models
        class Post(models.Model):
            tags = TaggableManager()
    """
    for listed, expected in (("'shop'", set()), ("'shop', 'taggit'", {"taggit.Tag"})):
        facts = _facts(
            tmp_path / str(len(listed)), f"INSTALLED_APPS = [{listed}]", **{"shop/models.py": code}
        )
        assert {model.label for model in facts.models if model.label.startswith("taggit")} == expected


def test_an_app_that_is_not_installed_is_never_ready(tmp_path: Path) -> None:
    config = """
        from django.apps import AppConfig
        class LeftConfig(AppConfig):
            name = "left"
            def ready(self):
                from django.db.models.signals import post_save
                post_save.connect(listen)
        def listen(sender, **kwargs):
            pass
    """
    for listed, number in (("'shop'", 0), ("'shop', 'left'", 1)):
        facts = _facts(tmp_path / str(number), f"INSTALLED_APPS = [{listed}]", **{"left/apps.py": config})
        assert sum(entry.kind == "receiver" for entry in facts.entry_points) == number


def test_an_app_inside_of_another_has_its_own_label(tmp_path: Path) -> None:
    config = "from django.apps import AppConfig\nclass ShopConfig(AppConfig):\n    name = 'shop'\n    label = 'store'"
    inner = "from django.db import models\nclass Leaf(models.Model):\n    pass"
    more = {"shop/apps.py": config, "shop/inner/models.py": inner}
    facts = _facts(tmp_path, "INSTALLED_APPS = ['shop.apps.ShopConfig', 'shop.inner']", **more)
    assert {"store.Thing", "inner.Leaf"} <= _labels(facts)


@pytest.mark.parametrize(
    ("listed", "has_log"),
    [
        ("'shop', 'django.contrib.admin'", True),
        ("'shop', 'shop.apps.Pages'", True),
        ("'shop', 'django.contrib.sites'", False),
    ],
)
def test_a_configuration_of_ones_own_installs_the_library(tmp_path: Path, listed: str, has_log: bool) -> None:
    config = """
        from django.contrib.admin.apps import AdminConfig
        class Pages(AdminConfig):
            default_site = "shop.site.Site"
    """
    work = """
        from django.contrib.admin.models import LogEntry
        def work():
            LogEntry.objects.create()
    """
    facts = _facts(tmp_path, f"INSTALLED_APPS = [{listed}]", **{"shop/apps.py": config, "shop/log.py": work})
    assert (("django_admin_log", "write") in touched(facts, "work")) == has_log
