"""What a view or a transaction usually touches, of all that it may."""

from __future__ import annotations

from pathlib import Path
from textwrap import dedent, indent

import pytest
from fakes.projects import FakeProject

from analyzer.model.facts import Facts

MODELS = """
    from django.db import models

    class Rare(models.Model):
        pass

    class Log(models.Model):
        pass

    class Owner(models.Model):
        pass

    class Owned(models.Model):
        owner = models.ForeignKey(Owner, models.CASCADE)
"""
MIDDLEWARE = """
    from django.utils.functional import SimpleLazyObject
    from shop.models import Log, Rare

    def middleware(get_response):
        def serve(request):
            request.lazy = SimpleLazyObject(lambda: make(request))
            return get_response(request)
        return serve

    def make(request):
        log = Log.objects.create()
        if request.user:
            for item in request.items:
                if item.old:
                    Rare.objects.create()
        return log
"""


def _facts(tmp_path: Path, body: str, **more: str) -> Facts:
    views = "from django.db import transaction\nfrom shop.models import *\n\n" + dedent(body)
    return FakeProject(
        tmp_path,
        {
            "site_/urls.py": """
                from django.urls import path
                from shop import views
                urlpatterns = [path("", views.page)]
            """,
            "site_/settings.py": """
                INSTALLED_APPS = ["shop"]
                ROOT_URLCONF = "site_.urls"
                MIDDLEWARE = ["shop.middleware.middleware"]
            """,
            "shop/models.py": MODELS,
            "shop/middleware.py": MIDDLEWARE,
            "shop/views.py": views,
            **more,
        },
    ).facts()


def _written(facts: Facts) -> tuple[set[str], set[str]]:
    """The tables that the view usually writes, and those that it may write."""
    (route,) = facts.routes
    (entry,) = [entry for entry in facts.entry_points if entry.kind == "view"]
    return set(route.tables_written), set(entry.tables_written)


CHAIN = """
def page(request):
%s

def deeper(request):
%s
"""


def _deep(outer: str, inner: str) -> str:
    """A view that calls ``deeper()`` inside blocks, which writes inside blocks."""
    parts = []
    for blocks, work in ((outer, "deeper(request)"), (inner, "Rare.objects.create()")):
        text = ""
        for depth, block in enumerate(blocks):
            text += "    " * depth + ("if request.a:\n" if block == "i" else "for each in request.b:\n")
        parts.append(indent(text + "    " * len(blocks) + work, "    "))
    return CHAIN % tuple(parts)


@pytest.mark.parametrize(
    ("outer", "inner", "usual"),
    [
        ("", "", True),
        ("iiii", "iiii", True),
        ("iiii", "iiiii", False),
        ("ff", "ff", True),
        ("ff", "iff", False),
    ],
)
def test_branches_and_loops_add_up_along_the_calls(
    tmp_path: Path, outer: str, inner: str, usual: bool
) -> None:
    often, ever = _written(_facts(tmp_path, _deep(outer, inner)))
    assert ever == {"shop_rare"}
    assert often == ({"shop_rare"} if usual else set())


def test_the_last_of_many_alternatives_is_as_likely_as_the_first(tmp_path: Path) -> None:
    tests = "".join(f"    elif request.x == {number}:\n        pass\n" for number in range(12))
    body = f"def page(request):\n    if request.x:\n        pass\n{tests}    else:\n        Rare.objects.create()\n"
    assert _written(_facts(tmp_path, body))[0] == {"shop_rare"}


def test_what_making_a_lazy_object_takes_is_usual_as_far_as_it_is_likely(tmp_path: Path) -> None:
    often, ever = _written(_facts(tmp_path, "def page(request):\n    request.lazy.pk\n"))
    assert often == {"shop_log"}
    assert ever == {"shop_log", "shop_rare"}


def test_the_shortest_of_several_ways_counts(tmp_path: Path) -> None:
    body = _deep("iiii", "iiiii") + "\ndef page(request):\n    deep(request)\n    deeper(request)\n"
    body = body.replace("def page", "def deep", 1)
    assert _written(_facts(tmp_path, body))[0] == {"shop_rare"}


def test_functions_that_call_each_other_are_closed_together(tmp_path: Path) -> None:
    body = """
        def page(request):
            one(request)

        def one(request):
            if request.a:
                two(request)
            Rare.objects.create()

        def two(request):
            if request.a:
                one(request)
            Log.objects.create()
    """
    assert _written(_facts(tmp_path, body))[0] == {"shop_log", "shop_rare"}


def test_a_transaction_lists_what_is_usual_once_it_is_open(tmp_path: Path) -> None:
    body = """
        def page(request):
            if request.a and request.b and request.c:
                for each in request.d:
                    for other in each:
                        with transaction.atomic():
                            Log.objects.create()
                            Owner.objects.get().delete()
                            for one in request.e:
                                for two in one:
                                    for three in two:
                                        for four in three:
                                            if four.a:
                                                Rare.objects.create()
    """
    (span,) = _facts(tmp_path, body).transactions
    assert set(span.tables_written) == {"shop_log", "shop_owner", "shop_owned"}


def test_a_key_that_a_branch_overwrites_may_still_be_what_it_was(tmp_path: Path) -> None:
    body = """
        def page(request):
            found = {"text": request.GET["text"]}
            if request.a:
                found["text"] = ""
            if found["text"]:
                Rare.objects.create()
    """
    assert _written(_facts(tmp_path, body))[0] == {"shop_rare"}


def test_an_empty_default_decides_nothing(tmp_path: Path) -> None:
    body = """
        def page(request):
            text = ""
            if request.a:
                text = request.GET["text"]
            if text:
                Rare.objects.create()
    """
    assert _written(_facts(tmp_path, body))[0] == {"shop_rare"}


def test_a_loop_over_what_is_known_adds_no_doubt(tmp_path: Path) -> None:
    body = """
        def page(request):
            for a in (1, 2):
                for b in [3]:
                    for c in (4, 5):
                        for d in (6, 7):
                            for e in (8, 9):
                                Rare.objects.create()
    """
    assert _written(_facts(tmp_path, body))[0] == {"shop_rare"}
