"""Code that walks over ``_meta``, collects deletions itself, listens to signals of any model."""

from __future__ import annotations

from pathlib import Path

from fakes.projects import FakeProject, touched

MODELS = """
    from django.db import models

    class Author(models.Model):
        pass

    class Store(models.Model):
        pass

    class Award(models.Model):
        author = models.ForeignKey(Author, models.SET_NULL, null=True)

    class Book(models.Model):
        author = models.ForeignKey(Author, models.CASCADE)
        stores = models.ManyToManyField(Store)
"""


def project(folder: Path, **files: str) -> FakeProject:
    return FakeProject(
        folder, {"shop/models.py": MODELS, **{f"shop/{name}.py": text for name, text in files.items()}}
    )


def test_a_loop_over_relations_leaves_out_those_that_a_test_excludes(tmp_path: Path) -> None:
    facts = project(
        tmp_path,
        work="""
            from django.db.models import CASCADE, ManyToOneRel
            from shop.models import Author

            def orphan(author: Author):
                for relation in author._meta.related_objects:
                    if type(relation) is ManyToOneRel and relation.on_delete not in (CASCADE,):
                        for other in relation.related_model.objects.filter(**{relation.remote_field.name: author}):
                            other.save()
        """,
    ).facts()
    assert touched(facts, "orphan") == {("shop_award", "read"), ("shop_award", "write")}


def test_get_field_with_a_computed_name_claims_nothing(tmp_path: Path) -> None:
    facts = project(
        tmp_path,
        work="""
            from shop.models import Book

            def look(name):
                Book._meta.get_field(name).related_model.objects.count()

            def see():
                Book._meta.get_field("author").related_model.objects.count()
        """,
    ).facts()
    assert touched(facts, "look") == set()
    assert touched(facts, "see") == {("shop_author", "read")}


def test_a_receiver_with_a_sender_that_is_not_known_does_not_hear_every_model(tmp_path: Path) -> None:
    facts = project(
        tmp_path,
        signals="""
            from django.db.models.signals import post_save
            from shop.models import Store
            from elsewhere import find

            def touch(sender, instance, **kwargs):
                Store.objects.update(pk=1)

            def note(sender, instance, **kwargs):
                sender.objects.count()

            post_save.connect(touch, sender=find())
            post_save.connect(note)
        """,
        work="""
            from shop.models import Book

            def keep(book: Book):
                book.save()
        """,
    ).facts()
    spans = {call.target for call in facts.calls}
    assert "shop.signals.touch" not in spans
    assert ("shop_book", "read") in touched(facts, "note")


def test_a_collector_reads_and_deletes_for_what_it_was_given_only(tmp_path: Path) -> None:
    facts = project(
        tmp_path,
        work="""
            from django.db.models.deletion import Collector
            from shop.models import Author, Book

            class Careful(Collector):
                pass

            def look(author: Author):
                Careful(using="default", origin=author).collect([author])

            def drop(book: Book):
                collector = Careful(using="default", origin=book)
                collector.collect([book])
                collector.delete()
        """,
    ).facts()
    assert {mode for _, mode in touched(facts, "look")} == {"read"}
    assert touched(facts, "drop") == {
        ("shop_book", "write"), ("shop_book_stores", "write"),
    }  # fmt: skip


def test_emptying_references_does_not_load_them(tmp_path: Path) -> None:
    facts = project(
        tmp_path,
        work="""
            from shop.models import Author

            def drop(author: Author):
                author.delete()
        """,
    ).facts()
    assert ("shop_award", "read") not in touched(facts, "drop")
    assert {("shop_award", "write"), ("shop_book", "read"), ("shop_book", "write")} <= touched(facts, "drop")


def test_instances_that_are_made_with_different_models_are_kept_apart(tmp_path: Path) -> None:
    facts = project(
        tmp_path,
        work="""
            from shop.models import Author, Store

            class Counter:
                def __init__(self, model):
                    self.model = model

                def count(self):
                    return self.model.objects.count()

            def authors():
                return Counter(Author).model.objects.all().delete()

            def stores():
                return Counter(Store).model.objects.all().delete()
        """,
    ).facts()
    assert ("shop_store", "write") not in touched(facts, "authors")
    assert ("shop_store", "write") in touched(facts, "stores")
