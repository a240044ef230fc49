"""What an earlier run saw is taken only as far as it would be seen again."""

from __future__ import annotations

from pathlib import Path

import pytest
from fakes.projects import FakeProject

from analyzer.config import Limits
from analyzer.discover import discover
from analyzer.extract import read as read_units
from analyzer.resolve import resolve
from analyzer.resolve.earlier import Cells, Earlier
from analyzer.resolve.pieces import difference

VIEWS = 160
"""Of each application: more than share a cell."""
APPS = ("shop", "stock")
IMPORTS = "from django.urls import path\nfrom shop import views as shop\nfrom stock import views as stock\n"


def _files() -> dict[str, str]:
    files = {"site_/settings.py": "INSTALLED_APPS = ['shop', 'stock']\nROOT_URLCONF = 'site_.urls'\n"}
    for app in APPS:
        model = f"class {app.title()}(models.Model):\n    pass\n"
        files[f"{app}/models.py"] = f"from django.db import models\n\n{model}"
        views = "".join(f"def view{each}(request):\n    return chosen()\n\n" for each in range(VIEWS))
        chosen = f"def chosen():\n    return {app.title()}.objects.first()\n\n"
        files[f"{app}/views.py"] = f"from {app}.models import {app.title()}\n\nLIMIT = 3\n\n{chosen}{views}"
    routes = "".join(f"    path('{a}/{n}/', {a}.view{n}),\n" for a in APPS for n in range(VIEWS))
    files["site_/urls.py"] = f"{IMPORTS}\nurlpatterns = [\n{routes}]\n"
    return files


@pytest.fixture(scope="module")
def cells(tmp_path_factory: pytest.TempPathFactory) -> Cells:
    project = discover(FakeProject(tmp_path_factory.mktemp("before"), _files()).folder)
    found = resolve(project, *read_units(project, Limits())).cells
    assert found is not None
    return found


def _earlier(cells: Cells, folder: Path, old: str, new: str) -> Earlier:
    """The run, before this was replaced in the views of the shop."""
    files = _files()
    units = []
    for name, text in (
        ("before", files["shop/views.py"]),
        ("after", files["shop/views.py"].replace(old, new, 1)),
    ):
        project = discover(FakeProject(folder / name, {**files, "shop/views.py": text}).folder)
        units.append(next(unit for unit in read_units(project, Limits())[0] if unit.file == "shop/views.py"))
    found = difference(*units, "shop.views")
    assert found is not None
    return Earlier(cells, {"shop/views.py": found})


def _known(cells: Cells, earlier: Earlier) -> set[str]:
    return {
        name
        for name, kept in cells.kept.items()
        if earlier.seen(name, kept.roots, kept.candidates) is not None
    }


def test_who_has_run_a_function_that_changed_is_not_believed(cells: Cells, tmp_path: Path) -> None:
    earlier = _earlier(cells, tmp_path, "Shop.objects.first()", "Shop.objects.create()")
    assert earlier.begins_alike()
    assert _known(cells, earlier) == {"stock 0"}


def test_who_asked_for_a_name_that_is_given_now_is_not_believed(cells: Cells, tmp_path: Path) -> None:
    earlier = _earlier(cells, tmp_path, "def chosen():", "def chosen(more=None):")
    assert "shop 0" not in _known(cells, earlier)


def test_a_view_that_goes_is_seen_before_any_cell_begins(cells: Cells, tmp_path: Path) -> None:
    assert not _earlier(cells, tmp_path, "def view3(", "def view_3(").begins_alike()


def test_a_function_that_nobody_asks_for_changes_nothing(cells: Cells, tmp_path: Path) -> None:
    earlier = _earlier(cells, tmp_path, "def view3(", "def nobody(request):\n    pass\n\ndef view3(")
    assert earlier.begins_alike()
    assert _known(cells, earlier) == {"shop 0", "stock 0"}


def test_what_was_seen_is_where_it_is_now(cells: Cells, tmp_path: Path) -> None:
    earlier = _earlier(cells, tmp_path, "LIMIT = 3", "LIMIT = 3\n\n# moved")
    known = earlier.seen("shop 0", VIEWS, [])
    assert known is not None
    assert {access[:3] for access in known[0].files["shop/views.py"].accesses} == {(8, "chosen", "shop_shop")}


def test_another_number_of_roots_is_another_cell(cells: Cells, tmp_path: Path) -> None:
    assert _earlier(cells, tmp_path, "LIMIT = 3", "LIMIT  = 3").seen("shop 0", VIEWS + 1, []) is None
