"""Synthetic monoliths of any size, written together with what is true of them."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path


@dataclass(slots=True)
class Truth:
    """What a synthetic monolith was written to contain."""

    models: set[str] = field(default_factory=set)
    routes: set[str] = field(default_factory=set)
    accesses: set[tuple[str, str, str]] = field(default_factory=set)
    """(file, table, mode)"""
    joins: set[tuple[str, str]] = field(default_factory=set)


def write_monolith(folder: Path, apps: int) -> Truth:
    """A Django project of ``apps`` apps, each coupled to two others, and what is true of it."""
    truth = Truth()
    names = [f"app{number:03}" for number in range(apps)]
    project = folder / "project"
    _write(
        folder / "manage.py",
        'import os\nos.environ.setdefault("DJANGO_SETTINGS_MODULE", "project.settings")\n',
    )
    _write(project / "__init__.py", "")
    installed = ["django.contrib.auth", "django.contrib.contenttypes", *(f"shop.{name}" for name in names)]
    _write(project / "settings.py", f'INSTALLED_APPS = {installed!r}\nROOT_URLCONF = "project.urls"\n')
    includes = "".join(f'    path("{name}/", include("shop.{name}.urls")),\n' for name in names)
    _write(project / "urls.py", f"from django.urls import include, path\n\nurlpatterns = [\n{includes}]\n")
    _write(folder / "shop" / "__init__.py", "")
    for number, name in enumerate(names):
        others = names[number - 1], names[(number + 7) % apps]
        for file, text in _app(name, *others).items():
            _write(folder / "shop" / name / file, text)
        _expect(truth, name, *others)
    return truth


def _expect(truth: Truth, name: str, one: str, two: str) -> None:
    for model in ("Order", "Line", "Note"):
        truth.models.add(f"{name}.{model}")
    truth.routes |= {f"{name}/orders/", f"{name}/orders/<int:pk>/", f"{name}/close/<int:pk>/"}
    folder = f"shop/{name}"
    truth.accesses |= {
        (f"{folder}/services.py", f"{name}_order", "read"),
        (f"{folder}/services.py", f"{name}_order", "write"),
        (f"{folder}/services.py", f"{name}_line", "read"),
        (f"{folder}/services.py", f"{one}_order", "read"),
        (f"{folder}/services.py", f"{two}_note", "write"),
        (f"{folder}/views.py", f"{name}_order", "read"),
    }
    truth.joins.add((min(f"{name}_line", f"{one}_order"), max(f"{name}_line", f"{one}_order")))


def _app(name: str, one: str, two: str) -> dict[str, str]:
    plain = "\n\n".join(_PLAIN.format(number=number) for number in range(12))
    return {
        "__init__.py": "",
        "models.py": _MODELS.format(one=one),
        "services.py": _SERVICES.format(name=name, one=one, two=two),
        "views.py": _VIEWS.format(name=name),
        "urls.py": _URLS,
        "rules.py": f'"""Rules of {name}."""\n\n\n{plain}',
    }


_MODELS = """from django.db import models


class Order(models.Model):
    number = models.CharField(max_length=20, unique=True)
    state = models.CharField(max_length=20, default="open")
    created = models.DateTimeField(auto_now_add=True)

    def is_open(self):
        return self.state == "open"


class Line(models.Model):
    order = models.ForeignKey(Order, on_delete=models.PROTECT, related_name="lines")
    source = models.ForeignKey("{one}.Order", null=True, on_delete=models.SET_NULL, related_name="+")
    amount = models.DecimalField(max_digits=10, decimal_places=2)


class Note(models.Model):
    text = models.TextField()
"""
_SERVICES = """from django.db import transaction

from shop.{name}.models import Line, Order
from shop.{one}.models import Order as Source
from shop.{two}.models import Note


def total(order):
    return sum(line.amount for line in Line.objects.filter(order=order))


def open_sources():
    return Line.objects.filter(source__state="open").values_list("pk", flat=True)


def close(pk):
    with transaction.atomic():
        order = Order.objects.select_for_update().get(pk=pk)
        source = Source.objects.filter(number=order.number).first()
        if source is not None and not source.is_open():
            raise ValueError(f"{{order.number}} has a closed source")
        order.state = "closed"
        order.save()
        Note.objects.create(text=f"{{order.number}} closed, {{total(order)}}")
    return order
"""
_VIEWS = """from django.http import JsonResponse
from django.views.generic import DetailView, ListView

from shop.{name} import services
from shop.{name}.models import Order


class OrderList(ListView):
    model = Order


class OrderDetail(DetailView):
    queryset = Order.objects.all()


def close(request, pk):
    return JsonResponse({{"state": services.close(pk).state}})
"""
_URLS = """from django.urls import path

from . import views

urlpatterns = [
    path("orders/", views.OrderList.as_view(), name="orders"),
    path("orders/<int:pk>/", views.OrderDetail.as_view(), name="order"),
    path("close/<int:pk>/", views.close, name="close"),
]
"""
_PLAIN = '''def rule_{number}(values, limit={number}):
    """Plain code between the queries, as any monolith has it."""
    found = {{}}
    for position, value in enumerate(values):
        if value is None or value.amount < limit:
            continue
        name = f"{{value.kind}}-{{position % 7}}"
        try:
            found.setdefault(name, []).append(round(value.amount * 100) // limit)
        except ZeroDivisionError:
            found[name] = [0]
    ordered = sorted(found.items(), key=lambda item: (len(item[1]), item[0]))
    return [(name, sum(amounts), max(amounts, default=0)) for name, amounts in ordered]
'''


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, "utf-8")


def compare(analysis: dict[str, list[dict[str, str]]], truth: Truth) -> dict[str, tuple[float, float]]:
    """(recall, precision) of what was found in a synthetic monolith."""
    own = {label for model in analysis["models"] if (label := model["label"]).startswith("app")}
    return {
        "models": _score(own, truth.models),
        "routes": _score({route["route"] for route in analysis["routes"]}, truth.routes),
        "accesses": _score(
            {(item["file"], item["table"], item["mode"]) for item in analysis["accesses"]}, truth.accesses
        ),
        "joins": _score({(left, right) for left, right, _ in analysis["joins"]}, truth.joins),
    }


def _score(found: set[object], true: set[object]) -> tuple[float, float]:
    both = len(found & true)
    return both / len(true), both / max(len(found), 1)
