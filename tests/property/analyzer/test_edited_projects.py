"""A project of several cells through edits of any kind: what is known of earlier runs never changes an answer."""

from __future__ import annotations

import re

import pytest
from fakes.projects import FakeProject
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from analyzer.pipeline import run

APPS = ("shop", "stock", "people")
VIEWS = 151
MODELS = """\
from django.db import models, transaction

class {name}(models.Model):
    name = models.CharField(max_length=9)
    partner = models.ForeignKey("{other}.{other_name}", on_delete=models.CASCADE, null=True)

    def keep(self):
        with transaction.atomic():
            self.save()

    def about(self):
        return self.partner.name

class Registry:
    def run_one(self):
        return {name}.objects.count()

    def run(self, which):
        return getattr(self, "run_" + which)()
"""
VIEWS_HEAD = """\
from django.views.generic import ListView
from django.shortcuts import render
from {other}.models import {other_name}
from {app}.models import {name}, Registry

LIMIT = 10

def chosen(pk):
    return {name}.objects.filter(pk=pk).first()

def unused():
    {other_name}.objects.update(name="x")

class Page(ListView):
    model = {name}
    template_name = "{app}/page.html"

    def helped(self):
        return {other_name}.objects.all()

"""
VIEW = """\
def view{number}(request, pk):
    record = chosen(pk)
    record.{method}()
    return render(request, "{app}/page.html", {{"record": record}})

"""
URLS = """\
from django.urls import path
{imports}
urlpatterns = [
{paths}
]
"""
SIGNALS = """\
from django.db.models.signals import post_save
from django.dispatch import receiver
from shop.models import Shop
from stock.models import Stock

@receiver(post_save, sender=Shop)
def told(sender, instance, **kwargs):
    Stock.objects.filter(partner=None).delete()
"""


def _files() -> dict[str, str]:
    files = {
        "site_/settings.py": f"INSTALLED_APPS = {list(APPS)}\nROOT_URLCONF = 'site_.urls'\n",
        "shop/signals.py": SIGNALS,
        "shop/apps.py": "from django.apps import AppConfig\n\nclass ShopConfig(AppConfig):\n    name = 'shop'\n\n"
        "    def ready(self):\n        from shop import signals\n",
    }
    paths = []
    for number, app in enumerate(APPS):
        other = APPS[(number + 1) % len(APPS)]
        words = {"app": app, "name": app.title(), "other": other, "other_name": other.title()}
        files[f"{app}/__init__.py"] = ""
        files[f"{app}/models.py"] = MODELS.format(**words)
        files[f"{app}/views.py"] = VIEWS_HEAD.format(**words) + "".join(
            VIEW.format(number=each, method=("keep", "about")[each % 2], **words) for each in range(VIEWS)
        )
        files[f"{app}/templates/{app}/page.html"] = "{{ record.about }} {{ view.helped }}"
        paths += [f"    path('{app}/{each}/<pk>/', {app}.view{each})," for each in range(VIEWS)]
        paths.append(f"    path('{app}/', {app}.Page.as_view()),")
    imports = "\n".join(f"import {app}.views as {app}" for app in APPS)
    files["site_/urls.py"] = URLS.format(imports=imports, paths="\n".join(paths))
    return files


EDITS: dict[str, tuple[str, str]] = {
    "a function is added": (r"\Z", "\n\ndef added(request):\n    return 1\n"),
    "a function that asks is added": (
        r"\Z",
        "\n\ndef asking():\n    from people.models import People\n    return People.objects.create(name='x')\n",
    ),
    "a method that a template asks for": (
        r"    def helped",
        "    def extra(self):\n        pass\n\n    def helped",
    ),
    "a method that Django calls": (
        r"    def helped",
        "    def get_queryset(self):\n        return self.helped()\n\n    def helped",
    ),
    "a method that is called by a computed name": (
        r"    def run_one",
        "    def run_two(self):\n        from stock.models import Stock\n        return Stock.objects.first()\n\n"
        "    def run_one",
    ),
    "a method that shadows": (
        r"    def keep\(self\)",
        "    def save(self):\n        self.about()\n\n    def keep(self)",
    ),
    "a method takes another name": (r"def about\(", "def tell("),
    "a function goes": (r"def unused\(\):\n.*\n", ""),
    "a body grows": (
        r"    return (\w+)\.objects\.filter\(pk=pk\)",
        r"    \1.objects.count()\n    return \1.objects.filter(pk=pk)",
    ),
    "one view writes": (r"def view7\(request, pk\):\n", "def view7(request, pk):\n    chosen(pk).delete()\n"),
    "a line in front": (r"\A", "# a comment\n"),
    "a signature": (r"def chosen\(pk\)", "def chosen(pk, more=None)"),
    "a decorator": (r"def unused", "@print\ndef unused"),
    "code of the module": (r"LIMIT = 10", "LIMIT = 11"),
    "a field": (r"    name = models", "    code = models.CharField(max_length=3)\n    name = models"),
    "a method assigns what the class says": (
        r"    def helped\(self\):\n",
        "    def helped(self):\n        self.template_name = self.request.GET['name']\n",
    ),
    "a receiver does more": (r"    Stock\.objects", "    Shop.objects.exists()\n    Stock.objects"),
    "a sender": (r"sender=Shop", "sender=Stock"),
    "a setting": (r"ROOT_URLCONF", "ATOMIC_REQUESTS = True\nROOT_URLCONF"),
    "an application less": (r", 'people'\]", "]"),
    "a route less": (r"    path\('stock/3/.*\n", ""),
    "a template asks for less": (r"\{\{ view.helped \}\}", ""),
    "a template asks for more": (r"\Z", "{{ record.partner.about }} {{ view.extra }}"),
}


@settings(max_examples=12, suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(st.data())
def test_no_edit_makes_the_answer_another_one_than_a_fresh_one(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    base = tmp_path_factory.mktemp("cells")
    folder, cache = FakeProject(base / "project", _files()).folder, base / "cache"
    run(folder, cache=cache).document()
    for _ in range(data.draw(st.integers(1, 4))):
        pattern, text = EDITS[data.draw(st.sampled_from(sorted(EDITS)))]
        fitting = [
            path
            for path in sorted(folder.rglob("*"))
            if path.suffix in {".py", ".html"} and re.search(pattern, path.read_text("utf-8"))
        ]
        if fitting:
            path = data.draw(st.sampled_from(fitting))
            path.write_text(re.sub(pattern, text, path.read_text("utf-8"), count=1), "utf-8")
        assert run(folder, cache=cache).document() == run(folder).document()
