"""Attributes of views that ``as_view()`` or a method sets: what the class says of them decides no branch."""

from __future__ import annotations

import pytest
from fakes.projects import FakeProject

from analyzer.model.facts import Facts, Route

MODELS = """
    from django.db import models

    class Item(models.Model):
        name = models.CharField(max_length=3)

    class Note(models.Model):
        text = models.CharField(max_length=3)
"""
VIEWS = """
    from django.views.generic import ListView, View
    from .models import Item, Note

    class Base(View):
        preview = False
        step = ""
        form = None

        def post(self, request):
            if not self.preview:
                return None
            self.handle()

        def handle(self):
            Item.objects.create()

    class Configured(Base):
        pass

    class InSetup(Base):
        def setup(self, request):
            super().setup(request)
            self.preview = request.GET.get("preview") == "1"

    class InDispatch(Base):
        def dispatch(self, request):
            if request.GET:
                self.preview, other = True, 1
            return super().dispatch(request)

    class ByStep(Base):
        def setup(self, request):
            self.step = request.GET["step"]
            self.form = Note

        def post(self, request):
            if self.form is None:
                Note.objects.create()
            if self.step:
                self.handle()

    class Parent(View):
        flag = False

        def get(self, request):
            run(self)

    class Child(Parent):
        def get(self, request):
            self.flag = True

    def run(view: Parent):
        if view.flag:
            Item.objects.create()
"""
URLS = """
    from django.urls import path
    from django.views.generic import ListView
    from shop import models, views

    urlpatterns = [
        path("never/", views.Base.as_view()),
        path("plain/", views.Configured.as_view()),
        path("preview/", views.Configured.as_view(preview=True)),
        path("setup/", views.InSetup.as_view()),
        path("dispatch/", views.InDispatch.as_view()),
        path("step/", views.ByStep.as_view()),
        path("items/", ListView.as_view(model=models.Item)),
        path("notes/", ListView.as_view(queryset=models.Note.objects.all())),
        path("child/", views.Child.as_view()),
    ]
"""


@pytest.fixture(scope="module")
def facts(tmp_path_factory: pytest.TempPathFactory) -> Facts:
    files = {"shop/models.py": MODELS, "shop/views.py": VIEWS, "site_/urls.py": URLS}
    return FakeProject(tmp_path_factory.mktemp("project"), files).facts()


def _route(facts: Facts, route: str) -> Route:
    return next(found for found in facts.routes if found.route == route)


def test_what_as_view_is_not_given_stays_as_the_class_says(facts: Facts) -> None:
    assert _route(facts, "plain/").tables_written == ()
    assert _route(facts, "items/").tables_read == ("shop_item",)
    assert _route(facts, "notes/").tables_read == ("shop_note",)


@pytest.mark.parametrize("route", ["preview/", "setup/", "dispatch/"])
def test_what_may_be_set_decides_no_branch(facts: Facts, route: str) -> None:
    assert _route(facts, route).tables_written == ("shop_item",)


def test_an_attribute_of_any_kind_may_have_been_set(facts: Facts) -> None:
    assert _route(facts, "step/").tables_written == ("shop_item", "shop_note")


def test_a_subclass_may_have_set_it(facts: Facts) -> None:
    assert "shop_item" in {access.table for access in facts.accesses if access.function == "run"}


def test_the_view_keeps_its_name(facts: Facts) -> None:
    assert _route(facts, "preview/").view == "shop.views.Configured"
    assert len({(access.location, access.table, access.mode) for access in facts.accesses}) == len(
        facts.accesses
    )
