"""What saving, validating, serializing and deleting a record touches; what belongs to a transaction and what not."""

from __future__ import annotations

from pathlib import Path

from fakes.projects import SETTINGS, FakeProject, touched

MODELS = """
    from django.contrib.contenttypes.fields import GenericForeignKey, GenericRelation
    from django.contrib.contenttypes.models import ContentType
    from django.db import models

    class Author(models.Model):
        name = models.CharField(max_length=9)
        notes = GenericRelation("shop.Note")

    class Note(models.Model):
        content_type = models.ForeignKey(ContentType, models.CASCADE)
        object_id = models.IntegerField()
        about = GenericForeignKey()

    class Store(models.Model):
        pass

    class Log(models.Model):
        pass

    class Book(models.Model):
        author = models.ForeignKey(Author, models.CASCADE)
        stores = models.ManyToManyField(Store)
        title = models.CharField(max_length=9, unique=True)

        def save(self, *args, **kwargs):
            Log.objects.create()
            super().save(*args, **kwargs)

        def clean(self):
            Log.objects.count()
"""


def project(folder: Path, work: str, **files: str) -> FakeProject:
    return FakeProject(folder, {"shop/models.py": MODELS, "shop/work.py": work, **files})


def test_validation_asks_no_more_tables_than_django_does(tmp_path: Path) -> None:
    facts = project(
        tmp_path,
        """
        from shop.models import Author, Book

        def check(author: Author):
            author.full_clean()

        def check_fields(book: Book):
            book.full_clean(validate_unique=False)

        def check_all(book: Book):
            book.full_clean()
        """,
    ).facts()
    assert touched(facts, "check") == set()
    assert touched(facts, "check_fields") == {("shop_author", "read")}
    assert touched(facts, "check_all") == {("shop_author", "read"), ("shop_book", "read")}
    assert touched(facts, "Book.clean") == {("shop_log", "read")}


def test_create_runs_the_save_of_the_model(tmp_path: Path) -> None:
    facts = project(
        tmp_path,
        """
        from shop.models import Book

        def make():
            Book.objects.create()

        def make_many():
            Book.objects.bulk_create([])
        """,
    ).facts()
    assert touched(facts, "make_many") == {("shop_book", "write")}
    assert touched(facts, "Book.save") == {("shop_book", "write"), ("shop_log", "write")}


def test_a_generic_key_leads_to_the_models_with_a_generic_relation_only(tmp_path: Path) -> None:
    facts = project(
        tmp_path,
        """
        from shop.models import Note

        def look(note: Note):
            return note.about.name
        """,
    ).facts()
    assert touched(facts, "look") == {("shop_author", "read")}


def test_a_transaction_leaves_out_what_runs_after_it_and_what_generic_relations_may_hold(
    tmp_path: Path,
) -> None:
    facts = project(
        tmp_path,
        """
        from django.db import transaction
        from shop.models import Author, Log, Store

        def later():
            Log.objects.create()

        def inner():
            transaction.on_commit(later)
            Store.objects.create()

        def work(author: Author):
            with transaction.atomic():
                inner()
                author.delete()
        """,
    ).facts()
    (span,) = facts.transactions
    assert "shop_log" not in span.tables_written
    assert "shop_note" not in span.tables_written
    assert {"shop_author", "shop_store"} <= set(span.tables_written)


def test_requests_are_no_transactions_when_one_settings_module_denies_it(tmp_path: Path) -> None:
    view = {
        "site_/urls.py": """
            from django.urls import path
            from shop.work import show
            urlpatterns = [path("", show)]
        """
    }
    work = """
        from shop.models import Log

        def show(request):
            Log.objects.create()
    """
    on = SETTINGS + "    DATABASES = {'default': {'ATOMIC_REQUESTS': True}}\n"
    off = "DATABASES = {'default': {}}\n"
    alone = project(tmp_path / "a", work, **view, **{"site_/settings.py": on}).facts()
    denied = project(
        tmp_path / "b", work, **view, **{"site_/settings.py": on, "tests/settings.py": off}
    ).facts()
    assert denied.transactions == ()
    assert [span.tables_written for span in alone.transactions] == [("shop_log",)]


def test_serializing_reads_the_keys_of_many_to_many_tables(tmp_path: Path) -> None:
    facts = project(
        tmp_path,
        """
        from django.core import serializers
        from shop.models import Author, Book

        def few(author: Author):
            return serializers.serialize("json", [author])

        def more(book: Book):
            return serializers.serialize("json", [book])
        """,
    ).facts()
    assert touched(facts, "few") == set()
    assert touched(facts, "more") == {("shop_book_stores", "read"), ("shop_store", "read")}


def test_a_change_of_many_to_many_runs_those_who_listen_to_all(tmp_path: Path) -> None:
    facts = project(
        tmp_path,
        """
        from django.db.models.signals import m2m_changed
        from shop.models import Book, Log

        def note(sender, instance, **kwargs):
            instance.refresh_from_db()

        m2m_changed.connect(note)

        def put(book: Book, store):
            book.stores.add(store)
        """,
    ).facts()
    assert touched(facts, "note") == {("shop_book", "read")}


def test_ordering_by_a_relation_joins_only_for_the_order_of_its_model(tmp_path: Path) -> None:
    facts = FakeProject(
        tmp_path,
        {
            "shop/models.py": """
                from django.db import models

                class Plain(models.Model):
                    pass

                class Sorted(models.Model):
                    name = models.CharField(max_length=9)

                    class Meta:
                        ordering = ["name"]

                class Item(models.Model):
                    plain = models.ForeignKey(Plain, models.CASCADE)
                    named = models.ForeignKey(Sorted, models.CASCADE)

                    class Meta:
                        ordering = ["plain", "named"]
            """,
            "shop/work.py": """
                from shop.models import Item

                def implicit():
                    return Item.objects.filter(pk=1)

                def explicit():
                    return Item.objects.order_by("-named", "plain")
            """,
        },
    ).facts()
    joined = {(join.function, join.table_a, join.table_b) for join in facts.joins}
    assert joined == {("implicit", "shop_item", "shop_sorted"), ("explicit", "shop_item", "shop_sorted")}


def test_a_mixin_behind_model_does_not_replace_its_methods(tmp_path: Path) -> None:
    facts = FakeProject(
        tmp_path,
        {
            "shop/models.py": """
                from django.db import models

                class Behind:
                    def save(self, *args, **kwargs):
                        super().save(*args, **kwargs)

                class Before:
                    def save(self, *args, **kwargs):
                        super().save(*args, **kwargs)

                class Item(Before, models.Model, Behind):
                    pass
            """,
            "shop/work.py": """
                from shop.models import Item

                def make():
                    Item.objects.create()
            """,
        },
    ).facts()
    assert ("shop_item", "write") in touched(facts, "Before.save")
    assert "shop.models.Behind.save" not in {call.target for call in facts.calls}


def test_an_object_that_is_no_field_is_what_it_is(tmp_path: Path) -> None:
    facts = FakeProject(
        tmp_path,
        {
            "shop/models.py": """
                from django.db import models

                class Positions:
                    def __init__(self, name):
                        self.name = name

                    def move(self, item):
                        item._meta.model.objects.update(position=1)

                class CleverField(models.CharField):
                    def move(self, item):
                        Other.objects.create()

                class Other(models.Model):
                    pass

                class Item(models.Model):
                    position = models.IntegerField()
                    clever = CleverField(max_length=3)
                    positions = Positions("position")

                    def save(self, *args, **kwargs):
                        self.positions.move(self)
                        super().save(*args, **kwargs)

                def make():
                    Item.objects.create()
            """,
        },
    ).facts()
    assert touched(facts, "Positions.move") == {("shop_item", "write")}
