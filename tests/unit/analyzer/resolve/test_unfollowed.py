"""What leads out of the analysed folder is told, and nothing is made up in its place."""

from __future__ import annotations

import pytest
from fakes.projects import FakeProject, model

from analyzer.model.facts import Facts

MODELS = """
    from django.conf import settings
    from django.contrib.auth.models import Group
    from django.db import models
    from taggit.models import Tag
    from outside.compat import AUTH_USER_MODEL
    from outside.models import OWNER_MODEL
    from .computed import target

    class Order(models.Model):
        user = models.ForeignKey(AUTH_USER_MODEL, on_delete=models.CASCADE)
        owner = models.ForeignKey(OWNER_MODEL, on_delete=models.CASCADE)
        other = models.ForeignKey(target(), on_delete=models.CASCADE)
        tag = models.ForeignKey(Tag, on_delete=models.CASCADE)
        group = models.ForeignKey(Group, on_delete=models.CASCADE)
"""
AGGREGATES = """
    from django.db import models
    from django.db.models import Aggregate, Func, JSONField
    from django.contrib.postgres.aggregates import ArrayAgg
    from elsewhere.models import Base
    from elsewhere.sql import Mixin

    class JSONBAgg(Aggregate):
        output_field = JSONField()

    class Ordered(Mixin, ArrayAgg):
        output_field = models.JSONField()
        extra = models.JSONField()

    class Third(Mixin, Func):
        field = models.JSONField()

    class Derived(Mixin):
        output_field = models.JSONField()

    class Real(Base):
        name = models.CharField(max_length=3)
"""
URLS = """
    from django.apps import apps
    from django.urls import include, path
    import toolbar

    urlpatterns = [
        path("own/", include("shop.urls")),
        path("none/", include([])),
        path("accounts/", include("allauth.urls")),
        path("debug/", include(toolbar.urls)),
        path("app/", include(apps.get_app_config("shop").urls[0])),
        path("broken/", include("shop.empty")),
    ]
"""


@pytest.fixture(scope="module")
def facts(tmp_path_factory: pytest.TempPathFactory) -> Facts:
    files = {
        "shop/models.py": MODELS,
        "shop/computed.py": "def target():\n    return open('x').read()\n",
        "shop/aggregates.py": AGGREGATES,
        "shop/empty.py": "x = 1\n",
        "shop/urls.py": """
            from django.urls import path
            from django.views.generic import TemplateView
            urlpatterns = [path("", TemplateView.as_view())]
        """,
        "site_/urls.py": URLS,
    }
    return FakeProject(tmp_path_factory.mktemp("project"), files).facts()


def test_no_model_is_made_of_a_constants_name(facts: Facts) -> None:
    assert not [found.label for found in facts.models if "MODEL" in found.label]
    targets = {relation.field: relation.target for relation in model(facts, "shop.Order").relations}
    assert targets == {
        "user": None, "owner": None, "other": None, "tag": "taggit.Tag", "group": "auth.Group",
    }  # fmt: skip


def test_no_expression_is_a_model(facts: Facts) -> None:
    labels = {found.label for found in facts.models if not found.library}
    assert labels == {"shop.Order", "shop.Real"}


def test_a_relation_that_leads_out_has_its_reason(facts: Facts) -> None:
    found = [problem for problem in facts.problems if problem.code == "unresolved-relation"]
    assert [problem.message for problem in found] == [
        "the model that Order.user leads to is not known: outside.compat.AUTH_USER_MODEL is not in the analysed folder",
        "the model that Order.owner leads to is not known: outside.models.OWNER_MODEL is not in the analysed folder",
        "the model that Order.other leads to is not known: it is not written plainly",
    ]
    assert [str(place) for problem in found for place in problem.locations] == [
        "shop/models.py:11",
        "shop/models.py:12",
        "shop/models.py:13",
    ]


def test_an_include_that_leads_out_is_told_with_its_line(facts: Facts) -> None:
    found = [problem for problem in facts.problems if problem.code == "unfollowed-include"]
    assert [(str(problem.locations[0]), problem.message) for problem in found] == [
        (
            "site_/urls.py:9",
            "include('allauth.urls') could not be followed: it is not in the analysed folder",
        ),
        ("site_/urls.py:10", "include(toolbar.urls) could not be followed: it is not in the analysed folder"),
        ("site_/urls.py:11", found[2].message),
        (
            "site_/urls.py:12",
            "include('shop.empty') could not be followed: no URL pattern was found in that module",
        ),
    ]
    assert all(problem.remedy for problem in found)
