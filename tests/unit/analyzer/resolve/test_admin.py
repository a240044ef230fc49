"""The pages of Django's admin, with the hooks that a project overrides."""

from __future__ import annotations

import pytest
from fakes.projects import FakeProject, touched

from analyzer.model.facts import Facts, Route

MODELS = """
    from django.db import models

    class Author(models.Model):
        name = models.CharField(max_length=9)

    class Tag(models.Model):
        pass

    class Log(models.Model):
        pass

    class Mail(models.Model):
        pass

    class Book(models.Model):
        author = models.ForeignKey(Author, on_delete=models.CASCADE)
        tags = models.ManyToManyField(Tag)

        def first_review(self):
            return self.reviews.first()

    class Review(models.Model):
        book = models.ForeignKey(Book, on_delete=models.CASCADE, related_name="reviews")
"""
ADMIN = """
    from django.contrib import admin
    from import_export.admin import ImportExportModelAdmin
    from .models import Author, Book, Log, Mail, Review, Tag

    class ReviewInline(admin.TabularInline):
        model = Review

        def get_queryset(self, request):
            Log.objects.count()
            return super().get_queryset(request)

    def retire(modeladmin, request, queryset):
        queryset.update(author=None)

    class BookAdmin(admin.ModelAdmin):
        list_display = ["author", "logged", "first_review"]
        search_fields = ["author__name"]
        inlines = [ReviewInline]
        actions = [retire, "mail"]

        def logged(self, book):
            return Log.objects.first()

        def mail(self, request, queryset):
            Mail.objects.create()

        def save_model(self, request, obj, form, change):
            super().save_model(request, obj, form, change)
            obj.author.save()

        def delete_model(self, request, obj):
            Log.objects.create()

    admin.site.register(Book, BookAdmin)
    admin.site.register(Tag)

    @admin.register(Author)
    class AuthorAdmin(ImportExportModelAdmin):
        pass
"""
URLS = """
    from django.contrib import admin
    from django.urls import path
    urlpatterns = [path("admin/", admin.site.urls)]
"""


@pytest.fixture(scope="module")
def facts(tmp_path_factory: pytest.TempPathFactory) -> Facts:
    settings = """
        INSTALLED_APPS = ["django.contrib.admin", "django.contrib.auth", "django.contrib.contenttypes", "shop"]
        ROOT_URLCONF = "site_.urls"
    """
    files = {
        "shop/models.py": MODELS,
        "shop/admin.py": ADMIN,
        "site_/urls.py": URLS,
        "site_/settings.py": settings,
    }
    return FakeProject(tmp_path_factory.mktemp("project"), files).facts()


def page(facts: Facts, route: str) -> Route:
    return next(found for found in facts.routes if found.route == f"admin/shop/{route}")


def own(tables: tuple[str, ...]) -> set[str]:
    return {table.removeprefix("shop_") for table in tables if table.startswith("shop_")}


@pytest.mark.parametrize(
    ("route", "read", "written"),
    [
        ("book/", "author book log review", "book mail"),
        ("book/add/", "author book log review tag book_tags", "author book book_tags review"),
        (
            "book/<path:object_id>/change/",
            "author book log review tag book_tags",
            "author book book_tags review",
        ),
        ("book/<path:object_id>/delete/", "book book_tags review", "log"),
        ("book/<path:object_id>/history/", "book", ""),
        ("tag/<path:object_id>/delete/", "tag book_tags", "tag book_tags"),
        ("author/add/", "", "author"),
    ],
)
def test_pages(facts: Facts, route: str, read: str, written: str) -> None:
    found = page(facts, route)
    assert (own(found.tables_read), own(found.tables_written)) == (set(read.split()), set(written.split()))


def test_what_the_admin_does_is_put_down_to_the_class_that_it_does_it_for(facts: Facts) -> None:
    assert ("shop_review", "write") in touched(facts, "BookAdmin")
    assert ("shop_book", "write") in touched(facts, "BookAdmin.save_model")
    assert touched(facts, "BookAdmin.mail") == {("shop_mail", "write")}
    assert not [item for item in facts.unresolved if item.location.file == "shop/admin.py"]


def test_a_change_is_logged(facts: Facts) -> None:
    assert "django_admin_log" in page(facts, "book/add/").tables_written
    assert "django_admin_log" not in page(facts, "book/").tables_written
