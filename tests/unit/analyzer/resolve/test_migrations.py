"""Data migrations: their accesses are told, as of a kind of their own, and couple nothing."""

from __future__ import annotations

from pathlib import Path

import pytest
from fakes.projects import FakeProject

from analyzer.coupling import WEIGHTS, couple, index_tables
from analyzer.model.facts import Facts

MODELS = """
    from django.db import models

    class Log(models.Model):
        pass

    class Author(models.Model):
        pass

    class Book(models.Model):
        author = models.ForeignKey(Author, on_delete=models.CASCADE, related_name="books")

        def save(self, *args, **kwargs):
            super().save(*args, **kwargs)
            Log.objects.create()
"""
MIGRATION = """
    from django.db import migrations, models, transaction

    def forward(apps, schema_editor):
        Book = apps.get_model("shop", "Book")
        with transaction.atomic():
            for book in Book.objects.filter(author__pk=1):
                book.save()
                book.author.save()
        helper(apps)

    def helper(apps):
        apps.get_model("shop.Log").objects.all().delete()

    def never(apps, schema_editor):
        apps.get_model("shop", "Author").objects.all().delete()

    class Migration(migrations.Migration):
        dependencies = [("shop", "0001_initial")]
        operations = [
            migrations.AddField("book", "x", models.IntegerField()),
            migrations.RunPython(forward, migrations.RunPython.noop),
            migrations.RunSQL("UPDATE shop_author SET id = id; DELETE FROM shop_old"),
            migrations.SeparateDatabaseAndState(
                database_operations=[migrations.RunSQL(["DROP TABLE shop_gone"])], state_operations=[],
            ),
        ]
"""


@pytest.fixture(scope="module")
def facts(tmp_path_factory: pytest.TempPathFactory) -> Facts:
    plain = (
        "from django.db import migrations\n\nclass Migration(migrations.Migration):\n    operations = []\n"
    )
    files = {
        "shop/models.py": MODELS, "shop/migrations/0001_initial.py": plain,
        "shop/migrations/0002_data.py": MIGRATION,
    }  # fmt: skip
    return FakeProject(tmp_path_factory.mktemp("project"), files).facts()


def test_a_migration_couples_nothing(facts: Facts) -> None:
    assert facts.joins == ()
    assert facts.transactions == ()
    kinds = {edge.kind for edge in couple(facts, index_tables(facts), WEIGHTS)}
    assert kinds <= {"fk", "cascade", "import"}


def test_the_models_of_a_migration_have_none_of_their_methods(facts: Facts) -> None:
    assert "Book.save" not in {call.target for call in facts.calls}
    found = {
        (access.function, access.table, access.mode)
        for access in facts.accesses
        if access.kind == "migration"
    }
    assert found == {
        ("forward", "shop_book", "read"), ("forward", "shop_book", "write"), ("forward", "shop_author", "read"),
        ("forward", "shop_author", "write"), ("helper", "shop_log", "write"),
        ("", "shop_author", "write"), ("", "shop_old", "write"), ("", "shop_gone", "write"),
    }  # fmt: skip


def test_the_function_of_a_migration_is_where_work_begins(facts: Facts) -> None:
    found = [(entry.name, entry.tables_written) for entry in facts.entry_points if entry.kind == "migration"]
    assert found == [("shop.migrations.0002_data.forward", ("shop_author", "shop_book", "shop_log"))]


def test_call_sites_of_migrations_are_not_counted(facts: Facts) -> None:
    assert facts.unresolved == ()


def test_a_library_model_that_only_a_migration_touches_is_not_listed(tmp_path: Path) -> None:
    files = {
        "site_/settings.py": """
            INSTALLED_APPS = ["shop"]
        """,
        "shop/models.py": MODELS,
        "shop/migrations/0001_initial.py": """
            from django.db import migrations

            def forward(apps, schema_editor):
                apps.get_model("auth", "Group").objects.all().delete()

            class Migration(migrations.Migration):
                operations = [migrations.RunPython(forward)]
        """,
    }
    facts = FakeProject(tmp_path, files).facts()
    assert {access.table for access in facts.accesses} >= {"auth_group"}
    assert "auth.Group" not in {model.label for model in facts.models}
