"""Filter sets of django-filter that are made by code which cannot be followed."""

from __future__ import annotations

from pathlib import Path

from fakes.projects import FakeProject, touched

MODELS = """
    from django.db import models

    class Tag(models.Model):
        pass

    class Book(models.Model):
        tags = models.ManyToManyField(Tag, related_name="books")
"""


def test_functions_given_as_methods_get_the_queryset_of_meta_model(tmp_path: Path) -> None:
    facts = FakeProject(
        tmp_path,
        {
            "shop/models.py": MODELS,
            "shop/filters.py": """
                import django_filters
                from shop.models import Book

                def by_tag(qs, name, value):
                    return qs.filter(tags__pk=value)

                def never(qs, name, value):
                    return qs.filter(tags__pk=value)

                class Books(django_filters.FilterSet):
                    tag = django_filters.CharFilter(method=by_tag)
                    own = django_filters.CharFilter(method="by_key")

                    class Meta:
                        model = Book

                    def by_key(self, qs, name, value):
                        return qs.filter(pk=value)

                class Abstract(django_filters.FilterSet):
                    other = django_filters.CharFilter(method=never)
            """,
        },
    ).facts()
    assert touched(facts, "never") == set()
    assert touched(facts, "by_tag") == {("shop_book", "read"), ("shop_book_tags", "read")}
    assert touched(facts, "Books.by_key") == {("shop_book", "read")}


def test_the_model_of_a_relation_is_reached_from_its_other_side(tmp_path: Path) -> None:
    facts = FakeProject(
        tmp_path,
        {
            "shop/models.py": MODELS,
            "shop/work.py": """
                from shop.models import Tag

                def work():
                    Tag.books.through.objects.filter(tag_id=1).delete()
            """,
        },
    ).facts()
    assert touched(facts, "work") == {("shop_book_tags", "write")}
