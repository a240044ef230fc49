"""Calls whose target is only known by a name in a string, by subclasses, or by arguments that are handed on."""

from __future__ import annotations

from pathlib import Path

from fakes.projects import FakeProject, touched

MODELS = """
    from django.db import models

    class Author(models.Model):
        pass

    class Book(models.Model):
        pass
"""


def read(folder: Path, work: str, **files: str) -> FakeProject:
    return FakeProject(folder, {"shop/models.py": MODELS, "shop/work.py": work, **files})


def test_each_method_that_is_asked_for_by_name_is_run(tmp_path: Path) -> None:
    facts = read(
        tmp_path,
        """
        from shop.models import Author, Book

        class Plugin:
            def on_book(self):
                Book.objects.create()

            def on_author(self):
                Author.objects.create()
                return Author()

        class Manager:
            def __init__(self):
                self.plugin = Plugin()

            def run(self, method_name):
                return self.ask(self.plugin, method_name)

            def ask(self, plugin, method_name):
                return getattr(plugin, method_name)()

            def one(self):
                self.run("on_book")

            def other(self):
                self.run("on_author").delete()

            def none(self):
                self.run("on_nothing")

        def work():
            manager = Manager()
            manager.none()
            manager.one()
            manager.other()
        """,
    ).facts()
    assert ("shop_author", "write") in touched(facts, "Manager.other")
    assert {call.target for call in facts.calls if call.source == "shop.work.Manager.ask"} == {
        "shop.work.Plugin.on_author",
        "shop.work.Plugin.on_book",
    }


def test_a_method_that_only_subclasses_have_is_theirs(tmp_path: Path) -> None:
    facts = read(
        tmp_path,
        """
        from shop.models import Author, Book

        class Step:
            pass

        class MakeBook(Step):
            def go(self):
                return Book.objects.create()

        class MakeAuthor(MakeBook):
            def go(self):
                return Author.objects.create()

        def work(step: Step):
            step.go().delete()
        """,
    ).facts()
    assert {table for table, mode in touched(facts, "work") if mode == "write"} == {
        "shop_book",
        "shop_author",
    }


def test_defaults_do_not_hold_for_keywords_that_are_handed_on(tmp_path: Path) -> None:
    facts = read(
        tmp_path,
        """
        from shop.models import Author, Book

        def outer(**kwargs):
            inner(**kwargs)

        def inner(book=None, **more):
            if book:
                Book.objects.create()
            if more.get("author"):
                Author.objects.create()

        def closed():
            shut(1)

        def shut(key, book=None, **more):
            if book:
                Book.objects.create()
        """,
    ).facts()
    assert touched(facts, "inner") == {("shop_book", "write"), ("shop_author", "write")}
    assert touched(facts, "shut") == set()


def test_relations_to_a_class_whose_body_is_running_are_known(tmp_path: Path) -> None:
    facts = FakeProject(
        tmp_path,
        {
            "shop/models.py": """
                from django.db import models
                from shop.helpers import number

                class Order(models.Model):
                    number = models.IntegerField(default=number)

                class Line(models.Model):
                    order = models.ForeignKey(Order, models.CASCADE)
            """,
            "shop/helpers.py": """
                from shop.models import Order
                from shop.more import Other
                def number():
                    return 1
            """,
            "shop/more.py": """
                from django.db import models
                from shop.models import Line
                class Other(models.Model):
                    line = models.ForeignKey(Line, models.CASCADE)
            """,
        },
    ).facts()
    targets = {relation.target for model in facts.models for relation in model.relations}
    assert {"shop.Order", "shop.Line"} <= targets


def test_a_class_method_behind_another_decorator_gets_its_class(tmp_path: Path) -> None:
    facts = read(
        tmp_path,
        """
        from functools import wraps
        from shop.models import Author

        def guarded(function):
            @wraps(function)
            def wrapper(*args, **kwargs):
                return function(*args, **kwargs)
            return wrapper

        class Work:
            model = Author

            @classmethod
            @guarded
            def run(cls, count):
                cls.model.objects.create()

        def work():
            Work.run(3)
        """,
    ).facts()
    assert touched(facts, "Work.run") == {("shop_author", "write")}
