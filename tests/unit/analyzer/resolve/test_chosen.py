"""Models that are chosen when the program runs: what bounds them is claimed, what nothing bounds stays open."""

from __future__ import annotations

from pathlib import Path

from fakes.projects import FakeProject, touched

from analyzer.model.facts import Facts

MODELS = """
    from django.contrib.contenttypes.fields import GenericForeignKey
    from django.contrib.contenttypes.models import ContentType
    from django.db import models

    class Tracked(models.Model):
        color = models.CharField(max_length=9)

        class Meta:
            abstract = True

    class Cat(Tracked):
        pass

    class Dog(Tracked):
        pass

    class Note(models.Model):
        pass

    class Page(models.Model):
        pass

    class Log(models.Model):
        kind = models.ForeignKey(
            ContentType, models.CASCADE, limit_choices_to=models.Q(app_label="shop", model__in=("cat", "note"))
        )
        key = models.IntegerField()
        subject = GenericForeignKey("kind", "key")
        any_kind = models.ForeignKey(ContentType, models.CASCADE, related_name="+")
"""
for _number in range(16):
    MODELS += f"\n    class Other{_number}(models.Model):\n        pass\n"


def facts(folder: Path, work: str, **files: str) -> Facts:
    return FakeProject(folder, {"shop/models.py": MODELS, "shop/work.py": work, **files}).facts()


def tables(found: Facts, function: str, mode: str = "read") -> set[str]:
    return {table for table, how in touched(found, function) if how == mode}


def test_a_choice_that_nothing_bounds_claims_no_table_and_is_listed(tmp_path: Path) -> None:
    found = facts(
        tmp_path,
        """
        from shop.models import Log

        def work(log: Log):
            return log.any_kind.model_class().objects.filter(pk=log.key)
        """,
    )
    assert tables(found, "work") == {"django_content_type"}
    assert [site.reason for site in found.unresolved] == ["a model that is chosen at run time"]


def test_the_fields_that_lookups_name_bound_a_choice(tmp_path: Path) -> None:
    found = facts(
        tmp_path,
        """
        from django.apps import apps

        def work(name):
            model = apps.get_model("shop", name)
            model.objects.filter(color="red").update(color="blue")
        """,
    )
    assert tables(found, "work", "write") == {"shop_cat", "shop_dog"}
    assert {access.confidence for access in found.accesses if access.mode == "write"} == {0.3}


def test_a_test_for_a_base_class_bounds_a_choice(tmp_path: Path) -> None:
    found = facts(
        tmp_path,
        """
        from django.apps import apps
        from shop.models import Tracked

        def work(name):
            model = apps.get_model(name)
            if issubclass(model, Tracked):
                return model.objects.count()
        """,
    )
    assert tables(found, "work") == {"shop_cat", "shop_dog"}


def test_a_content_type_that_is_limited_bounds_what_it_stands_for(tmp_path: Path) -> None:
    found = facts(
        tmp_path,
        """
        from shop.models import Log

        def by_type(log: Log):
            return log.kind.model_class().objects.get(pk=log.key)

        def by_key(log: Log):
            return log.subject
        """,
    )
    assert tables(found, "by_type") == {"django_content_type", "shop_cat", "shop_note"}
    assert tables(found, "by_key") == {"shop_cat", "shop_note"}


def test_code_that_goes_through_all_models_touches_each(tmp_path: Path) -> None:
    found = facts(
        tmp_path,
        """
        from django.apps import apps
        from django.contrib.contenttypes.models import ContentType

        def types():
            for kind in ContentType.objects.filter(model="x").order_by("model"):
                if model := kind.model_class():
                    model.objects.count()

        def models():
            for model in apps.get_models():
                model.objects.count()
        """,
    )
    assert {"shop_cat", "shop_note", "shop_other3"} <= tables(found, "types")
    assert {"shop_cat", "shop_note", "shop_other3"} <= tables(found, "models")


def test_a_choice_that_must_be_the_class_of_a_record_is_that_class(tmp_path: Path) -> None:
    found = facts(
        tmp_path,
        """
        from django.apps import apps
        from shop.models import Cat

        def allowed(name, obj):
            model = apps.get_model(name)
            if model._meta.concrete_model is not obj._meta.concrete_model:
                return False
            return model.objects.filter(pk=obj.pk).exists()

        def work(request, cat: Cat):
            return allowed(request.GET["model"], cat)
        """,
    )
    assert tables(found, "allowed") == {"shop_cat"}


def test_a_guard_does_not_take_away_what_is_known(tmp_path: Path) -> None:
    found = facts(
        tmp_path,
        """
        from django.apps import apps

        def count(label):
            if not isinstance(label, str):
                raise TypeError
            return apps.get_model(label).objects.count()

        def work():
            count("shop.Cat")
        """,
    )
    assert tables(found, "count") == {"shop_cat"}


def test_a_pattern_hands_its_arguments_to_the_view(tmp_path: Path) -> None:
    found = facts(
        tmp_path,
        """
        from django.views.generic import View

        class History(View):
            def get(self, request, model, **kwargs):
                return model.objects.get(**kwargs)
        """,
        **{
            "site_/urls.py": """
            from django.urls import path
            from shop.models import Cat, Note
            from shop.work import History

            views = []

            def register(model, kwargs=None):
                views.append({"name": model.__name__, "kwargs": kwargs or {}})

            register(Cat, {"model": Cat})
            register(Note, {"model": Note})
            urlpatterns = [
                path(f"{view['name']}/", History.as_view(), kwargs=view["kwargs"]) for view in views
            ]
        """
        },
    )
    assert tables(found, "History.get") == {"shop_cat", "shop_note"}


def test_many_constants_do_not_hide_the_models_beside_them(tmp_path: Path) -> None:
    calls = "\n".join(f'            look("shop.view_{number}", {{}}, note)' for number in range(200))
    found = facts(
        tmp_path,
        f"""
        from shop.models import Cat, Note

        def look(name, options, obj):
            obj.refresh_from_db()

        def work(note: Note, cat: Cat):
{calls}
            look("shop.view_cat", {{}}, cat)
        """,
    )
    assert tables(found, "look") == {"shop_cat", "shop_note"}


def test_what_a_context_variable_holds_by_default_is_filled_by_the_code(tmp_path: Path) -> None:
    found = facts(
        tmp_path,
        """
        from contextvars import ContextVar
        from shop.models import Cat

        queue = ContextVar("queue", default={})

        class Event:
            def freeze(self, obj):
                obj.refresh_from_db()

        def work(cat: Cat, key):
            events = queue.get()
            events[key] = Event()
            events[key].freeze(cat)
        """,
    )
    assert tables(found, "Event.freeze") == {"shop_cat"}


def test_a_string_that_can_only_be_another_decides_a_test(tmp_path: Path) -> None:
    found = facts(
        tmp_path,
        """
        from shop.models import Cat, Note

        def work(flag):
            if flag:
                kind = "made"
            else:
                kind = "changed"
            if kind == "gone":
                Note.objects.count()
            if kind == "made":
                Cat.objects.count()
        """,
    )
    assert tables(found, "work") == {"shop_cat"}
