"""Many views are traced in cells: nothing that any of them saw may be lost."""

from __future__ import annotations

from pathlib import Path

import pytest
from fakes.projects import FakeProject, touched

from analyzer.config import Limits
from analyzer.discover import discover
from analyzer.extract import read as read_units
from analyzer.model.facts import Facts
from analyzer.resolve import read, resolve

VIEWS = 80
SHARED = """\
from django.db import connection, transaction
from shop import models

def keep(record):
    with transaction.atomic():
        record.save()

def by_nobody():
    models.Model0.objects.count()

"""
VIEW = """\
def view{0}(request):
    keep(models.Model{0}.objects.get(pk=1))
    connection.cursor().execute("SELECT * FROM plain{0}")
    request.basket.lines.filter(pk=1)

"""
PROJECT = {
    "shop/models.py": "from django.db import models\n"
    + "".join(f"class Model{number}(models.Model):\n    pass\n" for number in range(VIEWS)),
    "shop/views.py": SHARED + "".join(VIEW.format(number) for number in range(VIEWS)),
    "site_/urls.py": "from django.urls import path\nfrom shop import views\nurlpatterns = [\n"
    + "".join(f"    path('{number}/', views.view{number}),\n" for number in range(VIEWS))
    + "]\n",
}


@pytest.fixture(scope="module")
def facts(tmp_path_factory: pytest.TempPathFactory) -> Facts:
    return FakeProject(tmp_path_factory.mktemp("many"), PROJECT).facts()


def test_what_several_cells_reach_is_not_counted_again(facts: Facts) -> None:
    calls = [call for call in facts.calls if call.target == "shop.views.keep"]
    assert len(calls) == len(set(calls)) == VIEWS


def test_the_number_of_processes_changes_nothing(facts: Facts, tmp_path: Path) -> None:
    folder = FakeProject(tmp_path / "many", PROJECT).folder
    two, one = (read(folder, limits=Limits(processes=processes)) for processes in (2, 1))
    assert two == one
    assert two.routes == facts.routes


def test_each_route_touches_what_its_view_touches(facts: Facts) -> None:
    touching = {route.view: (route.tables_read, route.tables_written) for route in facts.routes}
    assert touching == {
        f"shop.views.view{number}": ((f"plain{number}", f"shop_model{number}"), (f"shop_model{number}",))
        for number in range(VIEWS)
    }


def test_the_cells_are_one_at_every_place(facts: Facts) -> None:
    assert touched(facts, "keep") == {(f"shop_model{number}", "write") for number in range(VIEWS)}
    assert {table for found in facts.transactions for table in found.tables_written} == {
        f"shop_model{number}" for number in range(VIEWS)
    }
    assert {table for raw in facts.raw_sql for table in raw.tables_read} == {
        f"plain{number}" for number in range(VIEWS)
    }


def test_what_no_cell_reaches_is_traced_behind_them(facts: Facts) -> None:
    assert touched(facts, "by_nobody") == {("shop_model0", "read")}


def test_modules_that_some_cell_reads_are_read(tmp_path: Path) -> None:
    late = {f"shop/late{number}.py": f"def late{number}():\n    pass\n" for number in (0, VIEWS - 1)}
    views = "".join(
        f"def view{number}(request):\n    from shop.tests.late{number} import late{number}\n    late{number}()\n\n"
        for number in range(VIEWS)
    )
    tests = {name.replace("shop/", "shop/tests/"): text for name, text in late.items()}
    unused = {"shop/tests/unused.py": "def unused():\n    pass\n"}
    files = {**PROJECT, "shop/views.py": views, **tests, **unused}
    project = discover(FakeProject(tmp_path / "late", files).folder)
    unread = resolve(project, *read_units(project, Limits())).unread
    assert "shop/tests/unused.py" in unread
    assert not unread & tests.keys()


def test_call_sites_of_all_cells_are_accounted_for(facts: Facts) -> None:
    assert facts.orm_sites == VIEWS + 2 + len(facts.unresolved)
    assert len({found.location for found in facts.unresolved}) == VIEWS
