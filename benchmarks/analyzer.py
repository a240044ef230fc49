"""What an analysis costs, in units of parsing. Run: ``python benchmarks/analyzer.py [FOLDER ...]``.

The unit is the wall time that one process needs to ``ast.parse`` the same files. Measured in one run, whole commands
with the start of Python: cold with an empty cache, warm, and with one file changed; peak memory; a synthetic monolith
of ten times the size, whose couplings are known; and what pydeps needs for the import graph alone. Folders that are
named are copied first and measured as well.
"""

from __future__ import annotations

import argparse
import ast
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
import warnings
from dataclasses import dataclass, field
from pathlib import Path

APPS = 40
"""Apps of the smaller monolith: about 10,000 lines; the larger one has ten times as many."""


@dataclass(frozen=True, slots=True)
class Run:
    """One command: wall seconds, the peak memory of its largest process in MB, and what it wrote."""

    seconds: float
    megabytes: float
    output: bytes


@dataclass(slots=True)
class Truth:
    """What a synthetic monolith was written to contain."""

    models: set[str] = field(default_factory=set)
    routes: set[str] = field(default_factory=set)
    accesses: set[tuple[str, str, str]] = field(default_factory=set)
    """(file, table, mode)"""
    joins: set[tuple[str, str]] = field(default_factory=set)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("folders", nargs="*", type=Path, metavar="FOLDER")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        base = Path(name)
        small = _synthetic(base / "small", APPS)
        large = _synthetic(base / "large", 10 * APPS)
        print(f"linearity: 10 times the code costs {large.seconds / small.seconds:.1f} times the time")
        for folder in arguments.folders:
            copy = base / "copies" / folder.resolve().name
            shutil.copytree(
                folder, copy, ignore=shutil.ignore_patterns(".git", "node_modules"), symlinks=True
            )
            measure(copy, str(folder))


def _synthetic(folder: Path, apps: int) -> Run:
    truth = write_monolith(folder, apps)
    cold = measure(folder, f"synthetic, {apps} apps")
    for what, (recall, precision) in compare(json.loads(cold.output), truth).items():
        print(f"  {what:10} recall {recall:6.1%}   precision {precision:6.1%}")
    return cold


def measure(folder: Path, name: str) -> Run:
    """Print what the commands cost on a folder; a file of it is changed. Gives the cold run."""
    with tempfile.TemporaryDirectory() as cache:
        cold = analyze(folder, cache)
        modules = json.loads(cold.output)["modules"]
        files = [folder / module["file"] for module in modules]
        unit = min(parse(files) for _ in range(3))
        warm = min((analyze(folder, cache) for _ in range(3)), key=lambda run: run.seconds)
        views = [file for file in files if file.name == "views.py"] or files
        changed = views[len(views) // 2]
        changed.write_text(
            changed.read_text("utf-8") + "\n\ndef added(request):\n    return request.user\n", "utf-8"
        )
        one = analyze(folder, cache)
        assert one.output == analyze(folder, None).output, "the cache changed an answer"
    lines = sum(module["lines"] for module in modules)
    print(f"{name}: {len(files):,} files, {lines:,} lines, unit {unit:.2f} s")
    for what, run in (("cold", cold), ("warm", warm), ("one file changed", one)):
        print(f"  {what:18} {run.seconds:6.2f} s = {run.seconds / unit:5.2f} units   {run.megabytes:5.0f} MB")
    seconds = pydeps(folder, files)
    if seconds is not None:
        print(f"  {'pydeps, imports':18} {seconds:6.2f} s = {seconds / unit:5.2f} units")
    return cold


def analyze(folder: Path, cache: str | None) -> Run:
    """One run of ``strangler analyze``."""
    options = ["--cache-dir", cache] if cache else ["--no-cache"]
    command = [sys.executable, "-m", "strangler.cli", "analyze", str(folder), "--format", "json", *options]
    with tempfile.TemporaryFile() as out:
        started = time.perf_counter()
        process = subprocess.Popen(command, stdout=out, stderr=subprocess.DEVNULL)
        _, status, usage = os.wait4(process.pid, 0)
        seconds = time.perf_counter() - started
        process.returncode = os.waitstatus_to_exitcode(status)
        assert process.returncode == 0, command
        out.seek(0)
        return Run(seconds, usage.ru_maxrss / 1024, out.read())


def parse(files: list[Path]) -> float:
    """Seconds to parse the files, one after the other; reading them is not counted."""
    texts = [file.read_bytes() for file in files if file.stat().st_size <= 2_000_000]
    started = time.perf_counter()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for text in texts:
            try:
                ast.parse(text)
            except (SyntaxError, ValueError):
                continue
    return time.perf_counter() - started


def pydeps(folder: Path, files: list[Path]) -> float | None:
    """Seconds that pydeps needs for the import graph of the largest package, or None where it fails."""
    packages = {file.parent for file in files if file.name == "__init__.py"}
    tops = [package for package in packages if package.parent not in packages]
    if not tops:
        return None
    top = max(tops, key=lambda package: sum(file.is_relative_to(package) for file in files))
    command = [
        sys.executable,
        "-m",
        "pydeps",
        str(top),
        "--show-deps",
        "--no-output",
        "--max-bacon",
        "2",
        "--no-config",
    ]
    started = time.perf_counter()
    try:
        done = subprocess.run(command, cwd=top.parent, capture_output=True, timeout=600)
    except subprocess.TimeoutExpired:
        return None
    return time.perf_counter() - started if done.returncode == 0 else None


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


if __name__ == "__main__":
    main()
