from __future__ import annotations

import os
from pathlib import Path
from shutil import which

import pytest

from analyzer.errors import NoPicture
from analyzer.report.picture import import_picture


@pytest.fixture
def package(tmp_path: Path) -> Path:
    folder = tmp_path / "shop"
    folder.mkdir()
    (folder / "__init__.py").write_text("raise SystemExit('this was run')\n")
    (folder / "models.py").write_text("from shop import money\n")
    (folder / "money.py").write_text("")
    return folder


@pytest.fixture
def dot(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A ``dot`` to be found, which is never run."""
    tools = tmp_path / "tools"
    tools.mkdir()
    (tools / "dot").write_text("#!/bin/sh\nexit 1\n")
    (tools / "dot").chmod(0o755)
    monkeypatch.setenv("PATH", f"{tools}{os.pathsep}{os.environ['PATH']}")


def test_without_graphviz_the_remedy_is_told(package, tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(NoPicture, match=r"Graphviz is not installed.*apt-get install graphviz"):
        import_picture(package)


@pytest.mark.usefixtures("dot")
def test_a_folder_that_is_no_package_is_told(tmp_path):
    with pytest.raises(NoPicture, match="is drawn of one package"):
        import_picture(tmp_path)


@pytest.mark.service
@pytest.mark.skipif(which("dot") is None, reason="Graphviz is not installed")
def test_the_modules_are_drawn_and_none_is_run(package):
    before = sorted(package.rglob("*"))
    picture = import_picture(package).decode()
    assert "<svg" in picture
    assert "money" in picture
    assert sorted(package.rglob("*")) == before
