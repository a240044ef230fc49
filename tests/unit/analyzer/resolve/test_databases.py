"""Several databases: which one an access is made to, and transactions that cannot hold for all that they write."""

from __future__ import annotations

from pathlib import Path

import pytest
from fakes.projects import FakeProject

from analyzer.coupling import index_tables
from analyzer.model.facts import Facts
from analyzer.rules import find

MODELS = """
    from django.db import models

    class Book(models.Model):
        pass

    class Event(models.Model):
        pass
"""
CODE = """
    from django.db import transaction
    from .models import Book, Event

    def default():
        Book.objects.using("default").count()

    def named():
        return Book.objects.using("archive").filter(pk=1).first()

    def saved(book: Book):
        book.save(using="archive")

    def routed():
        Event.objects.create()

    def alone():
        with transaction.atomic(using="events"):
            Event.objects.create()

    def spread(book: Book):
        with transaction.atomic():
            book.save()
            routed()

    def spread_by_name(book: Book):
        with transaction.atomic():
            book.save()
            saved(book)
"""
ROUTERS = """
    class Router:
        tables = {"event"}

        def db_for_read(self, model, **hints):
            if model._meta.model_name in self.tables:
                return "events"
            return None

        def db_for_write(self, model, **hints):
            return "events" if model._meta.model_name in self.tables else None

    class Replica:
        def db_for_read(self, model, **hints):
            return "replica"
"""
SETTINGS = """
    INSTALLED_APPS = ["shop"]
    DATABASE_ROUTERS = ["site_.routers.Router", "nowhere.Router"]
"""


def project(folder: Path, settings: str) -> Facts:
    files = {
        "shop/models.py": MODELS, "shop/code.py": CODE, "site_/routers.py": ROUTERS, "site_/settings.py": settings,
    }  # fmt: skip
    return FakeProject(folder, files).facts()


@pytest.fixture(scope="module")
def facts(tmp_path_factory: pytest.TempPathFactory) -> Facts:
    return project(tmp_path_factory.mktemp("project"), SETTINGS)


@pytest.mark.parametrize(
    ("function", "databases"),
    [("default", {""}), ("named", {"archive"}), ("saved", {"archive"}), ("routed", {"events"})],
)
def test_an_access_says_which_database_it_is_made_to(
    facts: Facts, function: str, databases: set[str]
) -> None:
    assert {access.database for access in facts.accesses if access.function == function} == databases


def test_a_transaction_over_databases_is_a_finding(facts: Facts) -> None:
    spans = {span.function: span.databases for span in facts.transactions}
    assert spans == {
        "alone": (), "spread": ("default", "events"), "spread_by_name": ("archive", "default"),
    }  # fmt: skip
    found = find(facts, index_tables(facts), ())
    assert [finding.message for finding in found if finding.code == "STR015"] == [
        "spread writes default, events",
        "spread_by_name writes archive, default",
    ]


def test_a_router_that_treats_all_models_alike_says_nothing(tmp_path: Path) -> None:
    facts = project(tmp_path, 'INSTALLED_APPS = ["shop"]\nDATABASE_ROUTERS = ["site_.routers.Replica"]\n')
    assert {access.database for access in facts.accesses} == {"", "archive"}
