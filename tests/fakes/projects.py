"""A Django project written into a folder, for tests that read source."""

from __future__ import annotations

from pathlib import Path
from textwrap import dedent

from analyzer.config import Limits
from analyzer.model.facts import Facts, Model
from analyzer.resolve import read

SETTINGS = """
    INSTALLED_APPS = ["django.contrib.auth", "django.contrib.contenttypes", "shop", "people"]
    ROOT_URLCONF = "site_.urls"
"""
MANAGE = """
    import os
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "site_.settings")
"""


class FakeProject:
    """Files by path; ``facts()`` reads them. ``manage.py`` and settings are there unless the files replace them."""

    def __init__(self, folder: Path, files: dict[str, str], bare: bool = False) -> None:
        self.folder = folder
        base = {} if bare else {"manage.py": MANAGE, "site_/__init__.py": "", "site_/settings.py": SETTINGS}
        for name, text in {**base, **files}.items():
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            if name.count("/") and not bare:
                (path.parent / "__init__.py").touch()
            path.write_text(dedent(text), "utf-8")

    def facts(self) -> Facts:
        return read(self.folder, limits=Limits(processes=1))


def model(facts: Facts, label: str) -> Model:
    """The model of this label."""
    return next(found for found in facts.models if found.label == label)


def touched(facts: Facts, function: str) -> set[tuple[str, str]]:
    """(table, mode) of every access in functions of this name."""
    return {(access.table, access.mode) for access in facts.accesses if access.function == function}
