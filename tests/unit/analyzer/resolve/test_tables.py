"""django-tables2: showing the rows of a table reads its data, and what its columns look at."""

from __future__ import annotations

from pathlib import Path

import pytest
from fakes.projects import FakeProject, touched

from analyzer.model.facts import Facts

MODELS = """
    from django.db import models

    class Region(models.Model):
        pass

    class Author(models.Model):
        region = models.ForeignKey(Region, models.CASCADE)

    class Tag(models.Model):
        pass

    class Log(models.Model):
        pass

    class Book(models.Model):
        title = models.CharField(max_length=9)
        author = models.ForeignKey(Author, models.CASCADE)
        tags = models.ManyToManyField(Tag)

        def get_absolute_url(self):
            return Log.objects.get(pk=self.pk).url
"""
BOOK = ("shop_book", "read")


def facts(folder: Path, columns: str, work: str = "list(table.rows)", **templates: str) -> Facts:
    code = f"""
        import django_tables2 as tables
        from django.shortcuts import render
        from shop.models import Book, Log

        class BookTable(tables.Table):
            title = tables.Column()
            {columns}

            class Meta:
                model = Book

        def show(request):
            table = BookTable(Book.objects.all())
            {work}
        """
    files = {f"shop/templates/{name}.html": text for name, text in templates.items() if name != "urls"}
    files["site_/urls.py"] = templates.get("urls", "urlpatterns = []")
    return FakeProject(folder, {"shop/models.py": MODELS, "shop/work.py": code, **files}).facts()


def test_a_table_that_is_not_shown_reads_nothing_through_its_columns(tmp_path: Path) -> None:
    found = facts(tmp_path, 'region = tables.Column(accessor="author.region")', "return table")
    assert touched(found, "show") == {BOOK}


@pytest.mark.parametrize(
    ("columns", "more"),
    [
        ('region = tables.Column(accessor="author__region")', {"shop_author", "shop_region"}),
        ("tags = tables.ManyToManyColumn()", {"shop_tag", "shop_book_tags"}),
        ('author = tables.TemplateColumn(template_code="{{ record.author.region }}")', {"shop_author", "shop_region"}),
        ('author = tables.TemplateColumn(template_name="cell.html")', {"shop_author", "shop_region"}),
    ],
)  # fmt: skip
def test_each_column_looks_at_the_record(tmp_path: Path, columns: str, more: set[str]) -> None:
    found = facts(tmp_path, columns, cell="{{ value.region }}")
    assert {table for table, _ in touched(found, "show")} == {"shop_book", *more}


@pytest.mark.parametrize(("linkify", "more"), [("False", set()), ("True", {"shop_log"})])
def test_a_column_that_links_asks_the_record_for_its_address(
    tmp_path: Path, linkify: str, more: set[str]
) -> None:
    found = facts(
        tmp_path,
        f"name = tables.Column(accessor='title', linkify={linkify})",
        "return list(table.rows)",
        urls="from django.urls import path\nfrom shop.work import show\nurlpatterns = [path('', show)]\n",
    )
    assert set(found.routes[0].tables_read) == {"shop_book", *more}


def test_the_methods_of_table_and_column_draw_cells(tmp_path: Path) -> None:
    found = facts(
        tmp_path,
        """
            def render_title(self, record):
                return record.author.pk

            class Counted(tables.Column):
                def render(self, value, record):
                    return Log.objects.count()

            count = Counted(accessor="pk")
        """,
    )
    assert touched(found, "BookTable.render_title") == {("shop_author", "read")}
    assert touched(found, "BookTable.Counted.render") == {("shop_log", "read")}


def test_of_a_table_with_many_columns_some_are_chosen(tmp_path: Path) -> None:
    columns = "; ".join(
        [f'c{number} = tables.Column(accessor="title")' for number in range(14)]
        + ['region = tables.Column(accessor="author.region")']
    )
    found = facts(tmp_path, columns)
    assert {access.confidence for access in found.accesses if access.table == "shop_region"} == {0.4}


def test_tables_are_shown_by_templates_and_exports(tmp_path: Path) -> None:
    column = 'region = tables.Column(accessor="author.region")'
    drawn = facts(
        tmp_path / "drawn",
        column,
        'return render(request, "page.html", {"table": table})',
        page="{% load render_table from django_tables2 %}{% render_table table %}",
    )
    exported = facts(
        tmp_path / "exported",
        column,
        'from django_tables2.export import TableExport; TableExport("csv", table)',
    )
    for found in (drawn, exported):
        assert touched(found, "show") == {BOOK, ("shop_author", "read"), ("shop_region", "read")}
