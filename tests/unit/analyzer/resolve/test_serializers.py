"""REST framework and django-filter: what serializers, filter sets and the configured defaults touch."""

from __future__ import annotations

from pathlib import Path

from fakes.projects import SETTINGS, FakeProject, touched

MODELS = """
    from django.db import models

    class Author(models.Model):
        pass

    class Store(models.Model):
        pass

    class Log(models.Model):
        pass

    class Book(models.Model):
        author = models.ForeignKey(Author, models.CASCADE)
        stores = models.ManyToManyField(Store)
"""


def project(folder: Path, work: str, **files: str) -> FakeProject:
    return FakeProject(folder, {"shop/models.py": MODELS, "shop/work.py": work, **files})


def test_a_foreign_key_is_shown_without_being_loaded(tmp_path: Path) -> None:
    facts = project(
        tmp_path,
        """
        from rest_framework import serializers
        from shop.models import Author, Book

        class Plain(serializers.ModelSerializer):
            class Meta:
                model = Book
                fields = ["id", "author"]

        class AuthorSerializer(serializers.ModelSerializer):
            class Meta:
                model = Author
                fields = ["id"]

        class Nested(serializers.ModelSerializer):
            author = AuthorSerializer()

            class Meta:
                model = Book
                fields = ["author", "stores"]

        def plain(book: Book):
            return Plain(book).data

        def nested(book: Book):
            return Nested(book).data
        """,
    ).facts()
    assert touched(facts, "plain") == set()
    assert touched(facts, "nested") == {
        ("shop_author", "read"), ("shop_store", "read"), ("shop_book_stores", "read"),
    }  # fmt: skip


def test_a_read_only_field_is_neither_looked_up_nor_saved(tmp_path: Path) -> None:
    facts = project(
        tmp_path,
        """
        from rest_framework import serializers
        from shop.models import Book, Store

        class Base(serializers.ModelSerializer):
            class Meta:
                model = Book
                fields = ["stores"]

        class Reading(Base):
            stores = serializers.PrimaryKeyRelatedField(read_only=True, many=True)

        def refuse(data):
            serializer = Reading(data=data)
            serializer.is_valid()
            serializer.save()

        def accept(data):
            serializer = Base(data=data)
            serializer.is_valid()
            serializer.save()
        """,
    ).facts()
    assert touched(facts, "refuse") == {("shop_book", "write")}
    assert {("shop_store", "read"), ("shop_book_stores", "write")} <= touched(facts, "accept")


def test_the_methods_of_a_serializer_get_the_record(tmp_path: Path) -> None:
    facts = project(
        tmp_path,
        """
        from rest_framework import serializers
        from shop.models import Book

        class BookSerializer(serializers.ModelSerializer):
            where = serializers.SerializerMethodField()

            class Meta:
                model = Book
                fields = ["where"]

            def get_where(self, found):
                return found.stores.count()

            def validate_where(self, value):
                return Book.objects.exists()

        def show(book: Book):
            return BookSerializer(book).data
        """,
    ).facts()
    assert touched(facts, "show") == set()
    assert ("shop_store", "read") in touched(facts, "BookSerializer.get_where")


def test_a_filter_set_gives_its_queryset_to_its_methods_and_back(tmp_path: Path) -> None:
    facts = project(
        tmp_path,
        """
        import django_filters
        from shop.models import Book

        class BookFilter(django_filters.FilterSet):
            author = django_filters.NumberFilter()
            sold = django_filters.BooleanFilter(method="by_store")

            def by_store(self, queryset, name, value):
                return queryset.filter(stores__id=3)

        def drop(data):
            BookFilter(data, queryset=Book.objects.all()).qs.delete()
        """,
    ).facts()
    assert ("shop_author", "read") not in touched(facts, "BookFilter.by_store")
    assert {("shop_book", "read"), ("shop_book_stores", "read")} <= touched(facts, "BookFilter.by_store")
    assert ("shop_book", "write") in touched(facts, "drop")


def test_a_view_uses_the_classes_of_the_settings_unless_it_names_its_own(tmp_path: Path) -> None:
    work = """
        from rest_framework import generics, serializers
        from rest_framework.permissions import BasePermission
        from shop.models import Book, Log

        class Logged(BasePermission):
            def has_permission(self, request, view):
                return Log.objects.exists()

        class BookSerializer(serializers.ModelSerializer):
            class Meta:
                model = Book
                fields = ["id"]

        class Default(generics.ListAPIView):
            queryset = Book.objects.all()
            serializer_class = BookSerializer

        class Own(Default):
            permission_classes = []
    """
    urls = """
        from django.urls import path
        from shop.work import Default, Own
        urlpatterns = [path("a", Default.as_view()), path("b", Own.as_view())]
    """
    settings = SETTINGS + "    REST_FRAMEWORK = {'DEFAULT_PERMISSION_CLASSES': ['shop.work.Logged']}\n"
    facts = project(tmp_path, work, **{"site_/urls.py": urls, "site_/settings.py": settings}).facts()
    read = {route.view.rpartition(".")[2]: set(route.tables_read) for route in facts.routes}
    assert "shop_log" not in read["Own"]
    assert read["Default"] == {"shop_book", "shop_log"}


def test_a_nested_serializer_shows_only_the_fields_that_it_was_made_for(tmp_path: Path) -> None:
    work = """
        from rest_framework import serializers
        from shop.models import Author, Book, Store

        class StoreSerializer(serializers.ModelSerializer):
            class Meta:
                model = Store
                fields = ["id"]

        class Brief(serializers.ModelSerializer):
            def __init__(self, *args, brief=False, fields=None, **kwargs):
                self.names = self.Meta.brief_fields if brief else fields
                super().__init__(*args, **kwargs)

            @property
            def fields(self):
                return {name: field for name, field in super().fields.items() if name in self.names}

        class AuthorSerializer(serializers.ModelSerializer):
            class Meta:
                model = Author
                fields = ["id"]

        class BookSerializer(Brief):
            author = AuthorSerializer()
            stores = StoreSerializer(many=True)

            class Meta:
                model = Book
                fields = ["id", "author", "stores"]
                brief_fields = ["id", "author"]

        class Flagged(serializers.Serializer):
            book = BookSerializer(brief=True)

        class Named(serializers.Serializer):
            book = BookSerializer(fields=["stores"])

        class Whole(serializers.Serializer):
            book = BookSerializer(required=True)
        """
    classes = ("Flagged", "Named", "Whole")
    functions = "\n".join(
        f"        def as_{name.lower()}(log: Log):\n            return {name}(log).data\n" for name in classes
    )
    models = MODELS.replace(
        "class Log(models.Model):\n        pass",
        "class Log(models.Model):\n        book = models.ForeignKey('Book', models.CASCADE)",
    )
    found = FakeProject(
        tmp_path,
        {
            "shop/models.py": models,
            "shop/work.py": work + "\n        from shop.models import Log\n" + functions,
        },
    ).facts()
    author, stores = ("shop_author", "read"), ("shop_store", "read")
    assert {author, stores} & touched(found, "as_flagged") == {author}
    assert {author, stores} & touched(found, "as_named") == {stores}
    assert {author, stores} & touched(found, "as_whole") == {author, stores}


def test_what_surrounds_a_request_is_run(tmp_path: Path) -> None:
    files = {
        "shop/models.py": """
            from django.db import models

            class Exchange(models.Model):
                pass

            class Visit(models.Model):
                pass
        """,
        "shop/api.py": """
            from rest_framework.throttling import BaseThrottle
            from rest_framework.views import APIView
            from shop.models import Exchange, Visit

            class Counting(BaseThrottle):
                def allow_request(self, request, view):
                    return Visit.objects.count() < 5

            class Hook(APIView):
                throttle_classes = [Counting]

                def finalize_response(self, request, response, *args, **kwargs):
                    Exchange.objects.create()
                    return super().finalize_response(request, response, *args, **kwargs)

                def post(self, request):
                    return None
        """,
        "site_/urls.py": """
            from django.urls import path
            from shop.api import Hook
            urlpatterns = [path("hook/", Hook.as_view())]
        """,
    }
    route = FakeProject(tmp_path, files).facts().routes[0]
    assert (route.tables_read, route.tables_written) == (("shop_visit",), ("shop_exchange",))
