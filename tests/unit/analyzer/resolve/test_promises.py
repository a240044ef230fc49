"""What annotations in class bodies, strings and type parameters tell of a value."""

from __future__ import annotations

from pathlib import Path

from fakes.projects import FakeProject, touched

MODELS = """
    from django.db import models

    class Author(models.Model):
        pass

    class Book(models.Model):
        author = models.ForeignKey(Author, models.CASCADE)
"""


def read(folder: Path, work: str) -> FakeProject:
    return FakeProject(folder, {"shop/models.py": MODELS, "shop/work.py": work})


def test_a_string_of_a_literal_type_names_no_class(tmp_path: Path) -> None:
    facts = read(
        tmp_path,
        """
        from typing import Literal
        from shop.models import Book

        def work(kinds: Literal["Book"]):
            kinds.author.pk
        """,
    ).facts()
    assert touched(facts, "work") == set()


def test_a_queryset_of_no_known_model_decides_nothing(tmp_path: Path) -> None:
    facts = read(
        tmp_path,
        """
        from django.db.models import Model, QuerySet
        from shop.models import Book

        def node(book_id, qs: QuerySet | None = None) -> Model:
            if qs is not None:
                return qs.get(pk=book_id)
            return Book.objects.get(pk=book_id)

        def work(given):
            node(1, qs=given.get("qs")).author
        """,
    ).facts()
    assert touched(facts, "node") == {("shop_book", "read")}
    assert touched(facts, "work") == {("shop_author", "read")}


def test_annotated_attributes_of_an_instance_are_known(tmp_path: Path) -> None:
    facts = read(
        tmp_path,
        """
        from __future__ import annotations
        from dataclasses import dataclass, field
        from typing import TYPE_CHECKING, Optional

        if TYPE_CHECKING:
            from shop.models import Book

        @dataclass
        class Info:
            name: str
            book: Book
            books: list["Book"] = field(default_factory=list)
            perhaps: Optional["Book"] = None

        def one(info: Info):
            info.book.author

        def each(info: Info):
            for book in info.books:
                book.author

        def perhaps(info: Info):
            if info.perhaps:
                info.perhaps.author
        """,
    ).facts()
    for name in ("one", "each", "perhaps"):
        assert ("shop_author", "read") in touched(facts, name), name


def test_a_dataclass_keeps_what_it_is_made_with(tmp_path: Path) -> None:
    facts = read(
        tmp_path,
        """
        from dataclasses import dataclass
        from typing import Any
        from shop.models import Author, Book

        @dataclass
        class Pair:
            name: str
            item: Any

        def work():
            use(Pair("book", item=Book.objects.get()))
            use(Pair("book", Author.objects.get()))

        def use(pair):
            pair.item.delete()
        """,
    ).facts()
    assert {("shop_book", "write"), ("shop_author", "write")} <= touched(facts, "use")


def test_type_parameters_reach_the_attributes(tmp_path: Path) -> None:
    facts = read(
        tmp_path,
        """
        from dataclasses import dataclass
        from typing import Generic, TypeVar
        from django.db.models import QuerySet
        from shop.models import Author, Book

        N = TypeVar("N")

        @dataclass
        class Context(Generic[N]):
            channel: str
            node: N
            every: QuerySet[N]

        def work(root: Context[Book]):
            root.node.author
            root.every.count()

        def other(root: Context[Author]):
            root.every.count()
        """,
    ).facts()
    assert touched(facts, "work") == {("shop_author", "read"), ("shop_book", "read")}
    assert touched(facts, "other") == {("shop_author", "read")}
