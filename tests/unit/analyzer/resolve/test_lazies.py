"""What is bound to a request lazily is fetched where it is looked at."""

from __future__ import annotations

from pathlib import Path

import pytest
from fakes.projects import FakeProject

MODELS = """
    from django.contrib.auth.models import AbstractUser
    from django.db import models

    class Member(AbstractUser):
        pass

    class Entry(models.Model):
        member = models.ForeignKey(Member, models.CASCADE)
"""
SETTINGS = """
    INSTALLED_APPS = ["shop", "django.contrib.auth", "django.contrib.contenttypes"]
    AUTH_USER_MODEL = "shop.Member"
    ROOT_URLCONF = "site_.urls"
    TEMPLATES = [{"OPTIONS": {"context_processors": ["django.contrib.auth.context_processors.auth"]}}]
"""
VIEWS = """
    from django.shortcuts import render
    from shop.models import Entry, Member

    def helper(value):
        return value

    def page(request):
        %s
"""


def _lines(tmp_path: Path, statement: str, template: str = "") -> set[int]:
    """The lines of the view that read the user's table."""
    files = {
        "site_/urls.py": "from django.urls import path\nfrom shop import views\nurlpatterns = [path('', views.page)]\n",
        "site_/settings.py": SETTINGS,
        "shop/models.py": MODELS,
        "shop/views.py": VIEWS % statement,
        "shop/templates/page.html": template,
    }
    facts = FakeProject(tmp_path, files).facts()
    return {
        access.location.line
        for access in facts.accesses
        if access.table == "shop_member" and access.location.file == "shop/views.py"
    }


@pytest.mark.parametrize(
    "statement",
    [
        "helper(request.user)",
        "helper(value=request.user)",
        "render(request, 'page.html', {'member': request.user})",
        "render(request, 'page.html')",
    ],
)
def test_handing_it_on_fetches_nothing(tmp_path: Path, statement: str) -> None:
    assert _lines(tmp_path, statement) == set()


@pytest.mark.parametrize(
    "statement",
    [
        "request.user.email",
        "Entry.objects.filter(member=request.user)",
        "Entry(member=request.user)",
        "str(request.user)",
    ],
)
def test_looking_at_it_fetches_it(tmp_path: Path, statement: str) -> None:
    assert _lines(tmp_path, statement) == {9}


def test_a_template_that_looks_at_it_fetches_it(tmp_path: Path) -> None:
    assert _lines(tmp_path, "render(request, 'page.html')", "{% if user.is_staff %}x{% endif %}") == {9}


def test_what_is_handed_on_is_known_for_what_it_is(tmp_path: Path) -> None:
    views = VIEWS % "helper(request.user).entry_set.count()"
    files = {"site_/settings.py": SETTINGS, "shop/models.py": MODELS, "shop/views.py": views}
    facts = FakeProject(tmp_path, files).facts()
    assert ("shop_entry", 9) in {(access.table, access.location.line) for access in facts.accesses}


def test_what_one_view_binds_to_its_request_does_not_make_it_for_all_others(tmp_path: Path) -> None:
    """A view that logs in comes first; requests to the others still come with a user that nobody has fetched."""
    views = """
    from shop.models import Member

    def enter(request):
        request.user = Member()

    def page(request):
        return request.user.email
    """
    files = {
        "site_/urls.py": "from django.urls import path\nfrom shop import views\n"
        "urlpatterns = [path('enter/', views.enter), path('', views.page)]\n",
        "site_/settings.py": SETTINGS,
        "shop/models.py": MODELS,
        "shop/views.py": views,
    }
    facts = FakeProject(tmp_path, files).facts()
    (page,) = [route for route in facts.routes if route.view.endswith(".page")]
    assert page.tables_read == ("shop_member",)
