"""Whatever stands in the files: no traceback, a document that can be read again, a finding for each file lost."""

from __future__ import annotations

from pathlib import Path
from textwrap import dedent

import pytest
from fakes.deadline import within
from fakes.mutations import Files, mutated
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from analyzer.config import Limits
from analyzer.discover import Project, Source, discover
from analyzer.extract import extract, ir
from analyzer.model import schema
from analyzer.model.facts import Facts, Finding
from analyzer.parse import parse_bytes
from analyzer.pipeline import conclude
from analyzer.resolve import facts as resolve

SAMPLE = Path(__file__).parents[3] / "sample_monolith"
ONE = Limits(processes=1)
MADE_UP = {
    "site_/settings.py": """
        from .base import *
        INSTALLED_APPS += ["shop"]
        MIDDLEWARE = ["shop.views.Middleware"]
        DATABASES = {"default": {"ENGINE": "django.db.backends.postgresql", "ATOMIC_REQUESTS": True}}
    """,
    "site_/base.py": """
        INSTALLED_APPS = ["django.contrib.auth", "django.contrib.contenttypes", "people"]
        ROOT_URLCONF = "site_.urls"
        AUTH_USER_MODEL = "people.Person"
    """,
    "site_/urls.py": """
        from django.contrib import admin
        from django.urls import include, path
        from rest_framework.routers import DefaultRouter
        from shop import views
        router = DefaultRouter()
        router.register("orders", views.OrderSet)
        urlpatterns = [path("admin/", admin.site.urls), path("api/", include(router.urls))]
        urlpatterns += [path("orders/<int:pk>/", views.Update.as_view()), path("done/", views.done)]
    """,
    "people/models.py": """
        from django.contrib.auth.models import AbstractUser
        from django.db import models

        class Person(AbstractUser):
            friends = models.ManyToManyField("self")
            best = models.ForeignKey("self", null=True, on_delete=models.SET_NULL, related_name="+")
    """,
    "shop/models.py": """
        from django.conf import settings
        from django.contrib.contenttypes.fields import GenericForeignKey, GenericRelation
        from django.db import models, transaction

        class Base(models.Model):
            class Meta:
                abstract = True
                ordering = ["pk"]

            def save(self, *args, **kwargs):
                with transaction.atomic():
                    super().save(*args, **kwargs)
                    Note.objects.create(target=self)

        class OrderQuerySet(models.QuerySet):
            def open(self):
                return self.filter(lines__note__isnull=True).select_related("buyer")

        class Order(Base):
            buyer = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="orders")
            notes = GenericRelation("Note")
            objects = OrderQuerySet.as_manager()

            @property
            def total(self):
                return sum(line.price for line in self.lines.all())

        class Rush(Order):
            class Meta(Base.Meta):
                db_table = "rush"

        class Line(Base):
            order = models.ForeignKey(Order, on_delete=models.CASCADE, related_name="lines")
            price = models.IntegerField()
            note = models.OneToOneField("Note", null=True, on_delete=models.PROTECT)

        class Note(models.Model):
            content_type = models.ForeignKey("contenttypes.ContentType", on_delete=models.CASCADE)
            target = GenericForeignKey("content_type", "object_id")
    """,
    "shop/views.py": """
        from django import forms
        from django.contrib import admin
        from django.db import connection, transaction
        from django.db.models import Count, F, Prefetch, Q
        from django.db.models.signals import post_save
        from django.dispatch import receiver
        from django.views.generic import UpdateView
        from rest_framework import serializers, viewsets
        from shop.models import Line, Note, Order, Rush

        class LineSerializer(serializers.ModelSerializer):
            class Meta:
                model = Line
                fields = ["order", "price"]

        class OrderSerializer(serializers.ModelSerializer):
            lines = LineSerializer(many=True)

            class Meta:
                model = Order
                fields = "__all__"

        class OrderSet(viewsets.ModelViewSet):
            queryset = Order.objects.open()
            serializer_class = OrderSerializer

        class Form(forms.ModelForm):
            class Meta:
                model = Order
                fields = ["buyer"]

            def clean_buyer(self):
                return self.cleaned_data["buyer"].friends.first()

        class Update(UpdateView):
            model, form_class = Order, Form

            @transaction.atomic
            def form_valid(self, form):
                order = form.save(commit=False)
                for line in order.lines.select_for_update():
                    line.delete()
                return super().form_valid(form)

        class Middleware:
            def __init__(self, get_response):
                self.get_response = get_response

            def __call__(self, request):
                request.rush = Rush.objects.filter(buyer=request.user).first()
                return self.get_response(request)

        @receiver(post_save, sender=Line)
        def count(sender, instance, **kwargs):
            Note.objects.filter(Q(pk=1) | ~Q(pk=F("pk"))).annotate(n=Count("line")).update(pk=instance.order.pk)

        def done(request, pk=None):
            with connection.cursor() as cursor:
                cursor.execute(f"DELETE FROM {Order._meta.db_table} WHERE id = %s", [pk])
            try:
                found = {order.pk: order for order in Order.objects.prefetch_related(Prefetch("lines"))}
            except Order.DoesNotExist:
                found = {}
            transaction.on_commit(lambda: found[pk].delete())
            return [one.total if one else two for one, *two in found.items() if one not in (1, *two)]

        @admin.register(Order, Rush)
        class OrderAdmin(admin.ModelAdmin):
            list_display = ["buyer", "total"]
            search_fields = ["buyer__email"]
    """,
}


class Corpus:
    """A project in memory. What stays as it was is parsed once."""

    def __init__(self, folder: Path, sources: tuple[Source, ...], texts: Files) -> None:
        self.project = Project("p", folder, sources)
        self.texts = texts
        self._known: dict[tuple[str, str], tuple[ir.Unit | None, Finding | None]] = {}

    def facts(self, texts: Files) -> Facts:
        read = [self._read(file, text, keep=text == self.texts[file]) for file, text in texts.items()]
        units = [unit for unit, _ in read if unit is not None]
        return resolve(
            self.project, units, [problem for _, problem in read if problem is not None], limits=ONE
        )

    def _read(self, file: str, text: str, keep: bool) -> tuple[ir.Unit | None, Finding | None]:
        if (file, text) in self._known:
            return self._known[file, text]
        parsed = parse_bytes(file, text.encode("utf-8", "surrogatepass"))
        unit = extract(file, parsed.text, parsed.tree) if parsed.tree is not None else None
        if keep:
            self._known[file, text] = unit, parsed.problem
        return unit, parsed.problem


def made_up() -> Corpus:
    names = sorted([*MADE_UP, "manage.py", "shop/__init__.py", "people/__init__.py", "site_/__init__.py"])
    sources = tuple(
        Source(name, name.removesuffix(".py").removesuffix("/__init__").replace("/", "."), "",
               name.endswith("__init__.py"), False, False)
        for name in names
    )  # fmt: skip
    manage = "import os\nos.environ.setdefault('DJANGO_SETTINGS_MODULE', 'site_.settings')\n"
    texts = {name: dedent(MADE_UP.get(name, "")) for name in names} | {"manage.py": manage}
    return Corpus(Path("/nowhere"), sources, texts)


def sample() -> Corpus:
    project = discover(SAMPLE)
    texts = {source.file: (SAMPLE / source.file).read_text("utf-8") for source in project.files}
    return Corpus(SAMPLE, project.files, texts)


CORPORA = {"made up": made_up(), "sample": sample()}


def holds(corpus: Corpus, seed: int, most: int) -> None:
    """All that has to hold, for the project with the accidents of one seed."""
    texts = mutated(corpus.texts, seed, most)
    with within(60):
        facts = corpus.facts(texts)
        document = schema.write(conclude(facts))
        assert schema.write(conclude(corpus.facts(texts))) == document  # as always
    again = schema.read(document).facts
    told = {place.file for problem in again.problems for place in problem.locations}
    assert told >= {
        module.file for module in again.modules if module.lines == 0 and texts[module.file].strip()
    }
    assert again.orm_sites == again.orm_sites_resolved + len(again.unresolved)
    lengths = {file: len(text.encode("utf-8", "surrogatepass").split(b"\n")) for file, text in texts.items()}
    for access in again.accesses:
        assert (
            1
            <= access.location.line
            <= lengths[access.location.file] + texts[access.location.file].count("\r")
        )


def test_the_projects_are_understood_before_anything_happens_to_them() -> None:
    found = CORPORA["made up"].facts(CORPORA["made up"].texts)
    assert found.problems == ()
    tables = {(access.table, access.mode) for access in found.accesses}
    assert tables >= {
        ("shop_order", "write"),
        ("rush", "read"),
        ("shop_note", "write"),
        ("shop_line", "write"),
    }
    assert len(found.routes) > 10


@pytest.mark.parametrize(("name", "most", "examples"), [("made up", 5, 60), ("sample", 12, 10)])
def test_accidents_are_told_and_do_no_harm(name: str, most: int, examples: int) -> None:
    @settings(max_examples=examples, deadline=None, suppress_health_check=[HealthCheck.too_slow])
    @given(st.integers(0, 2**32))
    def check(seed: int) -> None:
        holds(CORPORA[name], seed, most)

    check()
