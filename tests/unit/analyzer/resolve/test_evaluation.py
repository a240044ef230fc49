"""Where querysets are read: where they are made, and where they are gone through, with what they prefetch."""

from __future__ import annotations

from pathlib import Path

from fakes.projects import FakeProject, touched

from analyzer.model.facts import Facts

MODELS = """
    from django.db import models

    class Author(models.Model):
        pass

    class Tag(models.Model):
        pass

    class Book(models.Model):
        author = models.ForeignKey(Author, models.CASCADE)
        tags = models.ManyToManyField(Tag)
"""
READ = {("shop_book", "read")}
TAGS = {("shop_tag", "read"), ("shop_book_tags", "read")}


def facts(folder: Path, work: str) -> Facts:
    return FakeProject(folder, {"shop/models.py": MODELS, "shop/work.py": work}).facts()


def test_what_is_not_gone_through_is_not_fetched(tmp_path: Path) -> None:
    found = facts(
        tmp_path,
        """
        from shop.models import Book

        def narrow(books):
            return books.filter(pk=1)

        def count(books):
            return books.count()

        def forget(books):
            return list(books.prefetch_related(None))

        def work():
            books = Book.objects.prefetch_related("tags")
            narrow(books), count(books), forget(books)
        """,
    )
    assert [touched(found, name) & TAGS for name in ("narrow", "count", "forget")] == [set()] * 3


def test_a_queryset_is_read_with_what_it_prefetches_where_it_is_gone_through(tmp_path: Path) -> None:
    found = facts(
        tmp_path,
        """
        from shop.models import Book

        def each(books):
            for book in books:
                print(book)

        def listed(books):
            return list(books)

        def first(books):
            return books.first()

        def work(flag):
            books = Book.objects.all()
            if flag:
                books = books.prefetch_related("tags").filter(pk=1)
            each(books), listed(books), first(books)
        """,
    )
    for name in ("each", "listed", "first"):
        assert touched(found, name) == READ | TAGS


def test_of_computed_prefetches_the_many_to_many_relations_are_taken(tmp_path: Path) -> None:
    found = facts(
        tmp_path,
        """
        from shop.models import Book

        def listed(books):
            return list(books)

        def work(request):
            listed(Book.objects.prefetch_related(*request.GET.getlist("with")))
        """,
    )
    assert touched(found, "listed") == READ | TAGS
    assert {access.confidence for access in found.accesses if access.table == "shop_book_tags"} == {0.4}


def test_a_form_for_a_record_reads_its_many_to_many_fields(tmp_path: Path) -> None:
    found = facts(
        tmp_path,
        """
        from django import forms
        from shop.models import Book

        class BookForm(forms.ModelForm):
            class Meta:
                model = Book
                fields = ["author", "tags"]

        def new():
            return BookForm()

        def edit(book: Book):
            return BookForm(instance=book)
        """,
    )
    assert touched(found, "new") == set()
    assert touched(found, "edit") == TAGS


def test_what_a_user_picked_among_content_types_is_not_every_model(tmp_path: Path) -> None:
    found = facts(
        tmp_path,
        """
        from django import forms
        from django.contrib.contenttypes.models import ContentType

        class Kinds(forms.Form):
            kinds = forms.ModelMultipleChoiceField(queryset=ContentType.objects.all())

            def clean(self):
                for kind in self.cleaned_data["kinds"]:
                    kind.model_class().objects.count()
        """,
    )
    assert all(access.table != "shop_book" for access in found.accesses)
