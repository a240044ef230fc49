"""GraphQL with strawberry: what a view may touch through its schema, and the routes that mutations are."""

from __future__ import annotations

from pathlib import Path

from fakes.projects import FakeProject, touched

from analyzer.model.facts import Facts, Route

MODELS = """
    from django.db import models

    class Author(models.Model):
        pass

    class Tag(models.Model):
        pass

    class Log(models.Model):
        pass

    class Never(models.Model):
        pass

    class Book(models.Model):
        author = models.ForeignKey(Author, models.CASCADE, related_name="books")
        tags = models.ManyToManyField(Tag)
"""
TYPES = """
    from __future__ import annotations
    from typing import Annotated
    import strawberry
    import strawberry_django
    from shop import models

    @strawberry.type
    class Logged:
        @strawberry_django.field
        def logs(self) -> list[str]:
            return models.Log.objects.filter(name=str(self))

    @strawberry_django.type(models.Book, fields="__all__")
    class BookType(Logged):
        author: Annotated["AuthorType", strawberry.lazy(".people")]
        tags: list[TagType]

    @strawberry_django.type(models.Tag)
    class TagType:
        name: str

    @strawberry_django.type(models.Never)
    class NeverType:
        name: str
"""
PEOPLE = """
    import strawberry_django
    from shop import models

    @strawberry_django.type(models.Author)
    class AuthorType:
        @classmethod
        def get_queryset(cls, queryset, info, **kwargs):
            return queryset.filter(books__tags__name="public")
"""
SCHEMA = """
    import strawberry
    import strawberry_django
    from strawberry_django import mutations
    from shop import models
    from shop.types import BookType, TagType

    @strawberry.type
    class Query:
        book_list: list[BookType] = strawberry_django.field()

    @strawberry.type
    class Mutation:
        create_tag: TagType = mutations.create(TagType)

        @strawberry.mutation
        def forget(self, info, pk: int) -> bool:
            models.Log.objects.filter(pk=pk).update(seen=True)
            return True

    schema = strawberry.Schema(query=Query, mutation=Mutation)
"""
URLS = """
    from django.urls import path
    from shop.schema import schema
    from shop.views import ShopView
    urlpatterns = [path("graphql/", ShopView.as_view(schema=schema))]
"""
VIEWS = """
    from strawberry.django.views import GraphQLView

    class ShopView(GraphQLView):
        def dispatch(self, request, *args, **kwargs):
            return super().dispatch(request, *args, **kwargs)
"""


def facts(folder: Path) -> Facts:
    return FakeProject(
        folder,
        {
            "shop/models.py": MODELS,
            "shop/types.py": TYPES,
            "shop/people.py": PEOPLE,
            "shop/schema.py": SCHEMA,
            "shop/views.py": VIEWS,
            "site_/urls.py": URLS,
        },
    ).facts()


def routes(found: Facts) -> dict[str, Route]:
    return {route.view: route for route in found.routes}


def test_a_type_that_the_schema_does_not_offer_is_not_read(tmp_path: Path) -> None:
    assert all(access.table != "shop_never" for access in facts(tmp_path).accesses)


def test_the_view_touches_what_any_field_of_the_schema_may_touch(tmp_path: Path) -> None:
    found = facts(tmp_path)
    view = routes(found)["shop.views.ShopView"]
    assert view.tables_read == ("shop_author", "shop_book", "shop_book_tags", "shop_log", "shop_tag")
    assert view.tables_written == ("shop_log", "shop_tag")


def test_what_the_library_fetches_is_put_down_to_the_view_that_called_it(tmp_path: Path) -> None:
    read = touched(facts(tmp_path), "ShopView.dispatch")
    assert {("shop_book", "read"), ("shop_book_tags", "read"), ("shop_author", "read")} <= read


def test_each_mutation_is_a_route_without_a_path(tmp_path: Path) -> None:
    found = {view: route for view, route in routes(facts(tmp_path)).items() if route.route is None}
    assert {view: route.tables_written for view, route in found.items()} == {
        "shop.schema.Mutation.create_tag": ("shop_tag",),
        "shop.schema.Mutation.forget": ("shop_log",),
    }
