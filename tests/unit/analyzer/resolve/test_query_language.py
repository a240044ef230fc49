"""What the less common words of Django's query language touch."""

from __future__ import annotations

from pathlib import Path

import pytest
from fakes.projects import FakeProject, touched

from analyzer.model.facts import Facts

MODELS = """
    from django.conf import settings
    from django.contrib.contenttypes.models import ContentType
    from django.db import models

    class Author(models.Model):
        name = models.CharField(max_length=9)

    class Tag(models.Model):
        pass

    class Book(models.Model):
        author = models.ForeignKey(Author, on_delete=models.CASCADE, related_name="books")
        tags = models.ManyToManyField(Tag)
        sold = models.DateField()

    class Review(models.Model):
        book = models.ForeignKey(Book, on_delete=models.CASCADE, related_name="reviews")
        user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE)

    class Place(models.Model):
        name = models.CharField(max_length=9)
        owner = models.ForeignKey(Author, on_delete=models.CASCADE)

    class Cafe(Place):
        seats = models.IntegerField()

    class Chain(Cafe):
        shops = models.IntegerField()
"""
CODE = """
    from django.contrib.contenttypes.models import ContentType
    from django.contrib.sites.shortcuts import get_current_site
    from django.db import connection
    from django.db.models import *
    from django.db.models import prefetch_related_objects
    from .models import Author, Book, Chain, Place, Review

    def counted():
        return Chain.objects.filter(shops=1).count()

    def whole():
        return Chain.objects.first()

    def parents_column():
        return Chain.objects.filter(name="x").count()

    def parents_relation():
        return Chain.objects.filter(owner__name="x").count()

    def child(place: Place):
        return place.cafe.chain

    def parent_updated():
        Chain.objects.filter(shops=1).update(name="x")

    def own_updated():
        Chain.objects.update(shops=2)

    def links(book):
        return Book.tags.through.objects.filter(book=book).exists()

    def links_made():
        Links = Book.tags.through
        Links.objects.bulk_create([Links(book_id=1, tag_id=1)])

    def links_of(book: Book):
        book.tags.through.objects.filter(tag__pk=1).delete()

    def star():
        return Author.objects.filter(Q(books__reviews__pk=1)).count()

    def when():
        return Book.objects.annotate(x=Case(When(reviews__pk=1, then=F("author__name")), default=Value(1)))

    def descending():
        return Book.objects.order_by(F("author__name").desc(nulls_last=True))

    def extra():
        return Book.objects.extra(
            tables=["shop_tag"], where=["id IN (SELECT book_id FROM shop_review)"],
            select={"n": "SELECT COUNT(*) FROM shop_author"},
        )

    def fetched(books):
        books = list(Book.objects.all())
        prefetch_related_objects(books, "reviews__user")

    def neighbour(book: Book):
        return book.get_next_by_sold()

    def content_type():
        return ContentType.objects.get_for_model(Book)

    def site(request):
        return get_current_site(request).domain
"""
SETTINGS = """
    INSTALLED_APPS = ["django.contrib.auth", "django.contrib.contenttypes", "django.contrib.sites", "shop"]
    ROOT_URLCONF = "site_.urls"
"""


@pytest.fixture(scope="module")
def facts(tmp_path_factory: pytest.TempPathFactory) -> Facts:
    files = {"shop/models.py": MODELS, "shop/code.py": CODE, "site_/settings.py": SETTINGS}
    return FakeProject(tmp_path_factory.mktemp("project"), files).facts()


@pytest.mark.parametrize(
    ("function", "expected"),
    [
        ("counted", "chain:r"),
        ("own_updated", "chain:w"),
        ("whole", "chain:r cafe:r place:r"),
        ("parents_column", "chain:r cafe:r place:r"),
        ("parents_relation", "chain:r cafe:r place:r author:r"),
        ("child", "cafe:r place:r chain:r"),
        ("parent_updated", "chain:r cafe:r place:r place:w"),
        ("links", "book_tags:r"),
        ("links_made", "book_tags:w"),
        ("links_of", "book_tags:w"),
        ("star", "author:r book:r review:r"),
        ("when", "book:r review:r author:r"),
        ("descending", "book:r author:r"),
        ("extra", "book:r tag:r review:r author:r"),
        ("fetched", "book:r review:r auth_user:r"),
        ("neighbour", "book:r"),
        ("content_type", "django_content_type:r"),
        ("site", "django_site:r"),
    ],
)
def test_tables(facts: Facts, function: str, expected: str) -> None:
    found = {f"{table.removeprefix('shop_')}:{mode[0]}" for table, mode in touched(facts, function)}
    assert found == set(expected.split())


def test_a_child_is_joined_with_each_of_its_parents_on_the_way_to_a_relation(facts: Facts) -> None:
    pairs = {(join.table_a, join.table_b) for join in facts.joins if join.function == "parents_relation"}
    assert pairs == {("shop_cafe", "shop_chain"), ("shop_cafe", "shop_place"), ("shop_author", "shop_place")}


def test_the_user_model_is_djangos_own_where_no_settings_name_another(facts: Facts) -> None:
    assert not facts.problems


def test_forms_of_a_set_and_groups_in_templates_are_gone_through(tmp_path: Path) -> None:
    views = """
        from django.forms import inlineformset_factory
        from django.shortcuts import render
        from .models import Book, Review

        Reviews = inlineformset_factory(Book, Review, fields="__all__")

        def each(request):
            for form in Reviews(request.POST):
                form.save()

        def grouped(request):
            return render(request, "grouped.html", {"books": Book.objects.all()})
    """
    urls = """
        from django.urls import path
        from shop import views
        urlpatterns = [path("each/", views.each), path("grouped/", views.grouped)]
    """
    files = {"shop/models.py": MODELS, "shop/views.py": views, "site_/urls.py": urls}
    project = FakeProject(tmp_path, files)
    (tmp_path / "templates").mkdir()
    (tmp_path / "templates" / "grouped.html").write_text(
        "{% regroup books by author as groups %}{% for group in groups %}{{ group.grouper.name }}"
        "{% for book in group.list %}{{ book.tags.count }}{% endfor %}{% endfor %}"
    )
    facts = project.facts()
    assert ("shop_review", "write") in touched(facts, "each")
    assert {table for table, _ in touched(facts, "grouped")} == {
        "shop_author", "shop_book", "shop_book_tags", "shop_tag",
    }  # fmt: skip
