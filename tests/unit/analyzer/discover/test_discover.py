"""Which files are found, and which names they are imported by."""

from __future__ import annotations

from pathlib import Path

import pytest

from analyzer.discover import discover
from analyzer.errors import NoProject


def _write(folder: Path, *names: str) -> None:
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("")


def _modules(folder: Path) -> dict[str, str]:
    return {source.file: source.module for source in discover(folder).files}


@pytest.mark.parametrize("kind", ["missing", "a file", "no Python"])
def test_what_is_no_project_is_refused_with_a_remedy(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "there"
    if kind == "a file":
        path.write_text("x = 1")
    elif kind == "no Python":
        path.mkdir()
    with pytest.raises(NoProject) as caught:
        discover(path)
    assert caught.value.where == str(path)
    assert caught.value.remedy


def test_environments_hidden_folders_and_build_output_are_not_read(tmp_path: Path) -> None:
    _write(
        tmp_path,
        "a.py",
        ".git/b.py",
        "node_modules/c.py",
        "venv/d.py",
        "build/e.py",
        "mine/pyvenv.cfg",
        "mine/lib/f.py",
    )
    assert set(_modules(tmp_path)) == {"a.py"}


def test_links_that_lead_back_up_end(tmp_path: Path) -> None:
    _write(tmp_path, "pkg/__init__.py", "pkg/a.py")
    (tmp_path / "pkg" / "loop").symlink_to(tmp_path, target_is_directory=True)
    assert set(_modules(tmp_path)) == {"pkg/__init__.py", "pkg/a.py"}


def test_a_package_that_is_called_build_is_source(tmp_path: Path) -> None:
    _write(tmp_path, "build/__init__.py", "build/models.py")
    assert _modules(tmp_path)["build/models.py"] == "build.models"


def test_names_start_at_the_source_root(tmp_path: Path) -> None:
    _write(
        tmp_path,
        "src/shop/__init__.py",
        "src/shop/models.py",
        "sandbox/manage.py",
        "sandbox/settings.py",
        "sandbox/apps/user/__init__.py",
        "sandbox/apps/user/models.py",
    )
    names = _modules(tmp_path)
    assert names["src/shop/models.py"] == "shop.models"
    assert names["src/shop/__init__.py"] == "shop"
    assert names["sandbox/settings.py"] == "settings"
    assert names["sandbox/apps/user/models.py"] == "apps.user.models"


def test_a_folder_without_init_inside_a_package_belongs_to_it(tmp_path: Path) -> None:
    _write(tmp_path, "shop/__init__.py", "shop/management/commands/sweep.py")
    assert _modules(tmp_path)["shop/management/commands/sweep.py"] == "shop.management.commands.sweep"


def test_a_manage_py_inside_a_package_does_not_start_the_names(tmp_path: Path) -> None:
    _write(tmp_path, "core/__init__.py", "core/app/__init__.py", "core/app/models.py", "core/app/settings.py")
    (tmp_path / "core/app/manage.py").write_text(
        'environ.setdefault("DJANGO_SETTINGS_MODULE", "core.app.settings")'
    )
    assert _modules(tmp_path)["core/app/models.py"] == "core.app.models"


def test_the_analysed_folder_may_be_a_package_itself(tmp_path: Path) -> None:
    _write(tmp_path, "shop/__init__.py", "shop/models.py")
    assert _modules(tmp_path / "shop") == {"__init__.py": "shop", "models.py": "shop.models"}


def test_tests_and_migrations_are_told_apart(tmp_path: Path) -> None:
    _write(tmp_path, "shop/__init__.py", "shop/models.py", "shop/tests/factories.py", "shop/test_views.py")
    _write(tmp_path, "shop/migrations/__init__.py", "shop/migrations/0001_initial.py", "shop/contest.py")
    found = {source.file: source for source in discover(tmp_path).files}
    assert {name for name, source in found.items() if source.is_test} == {
        "shop/tests/factories.py",
        "shop/test_views.py",
    }
    assert [name for name, source in found.items() if source.is_migration] == [
        "shop/migrations/0001_initial.py"
    ]
