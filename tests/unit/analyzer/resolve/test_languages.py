"""The languages before URL patterns: from the settings where they say it, else as Django has them."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.conf import global_settings
from fakes.projects import SETTINGS, FakeProject

from analyzer.model.facts import Facts
from analyzer.resolve.languages import DJANGO

LOCALE = 'MIDDLEWARE = ["django.middleware.locale.LocaleMiddleware"]'
URLS = """
    from django.conf.urls.i18n import i18n_patterns
    from django.urls import path
    from shop import views

    urlpatterns = [path("plain/", views.page)]
    urlpatterns += i18n_patterns(path("first/", views.page){})
    urlpatterns += i18n_patterns(path("second/", views.page), prefix_default_language=False)
"""


def _facts(folder: Path, settings: str, first: str = "") -> Facts:
    lines = [SETTINGS, *(f"    {line}" for line in settings.splitlines())]
    files = {
        "site_/settings.py": "\n".join(lines),
        "site_/urls.py": URLS.replace("{}", first),
        "shop/views.py": "def page(request): pass",
    }
    return FakeProject(folder, files).facts()


def test_djangos_own_list_is_current() -> None:
    assert DJANGO.split() == [code for code, _ in global_settings.LANGUAGES]


@pytest.mark.parametrize("settings", ["", "LANGUAGES = read()", 'LANGUAGES = [("de", "German"), *more()]'])
def test_what_cannot_be_read_is_djangos_default(tmp_path: Path, settings: str) -> None:
    facts = _facts(tmp_path, f"{LOCALE}\n{settings}")
    assert (facts.languages, facts.language_code) == (tuple(DJANGO.split()), "en-us")


def test_without_the_middleware_there_is_one_language(tmp_path: Path) -> None:
    settings = 'MIDDLEWARE = []\nLANGUAGES = [("de", "German")]\nLANGUAGE_CODE = "en-GB"'
    facts = _facts(tmp_path, settings)
    assert (facts.languages, facts.language_code) == (("en-gb",), "en-GB")


def test_the_settings_are_read(tmp_path: Path) -> None:
    settings = (
        "from django.utils.translation import gettext_lazy as _\n"
        'LANGUAGES = (("de", _("German")), ("pt-BR", _("Brazilian")))\nLANGUAGE_CODE = "de"\n' + LOCALE
    )
    facts = _facts(tmp_path, settings)
    assert (facts.languages, facts.language_code) == (("de", "pt-br"), "de")


def test_where_languages_are_not_used_none_stands_before_a_pattern(tmp_path: Path) -> None:
    assert not [route for route in _facts(tmp_path, "USE_I18N = False").routes if route.i18n]


@pytest.mark.parametrize(
    ("first", "unprefixed"),
    [("", []), (", prefix_default_language=False", ["first/", "second/"])],
)
def test_the_first_decides_whether_the_default_language_has_a_prefix(
    tmp_path: Path, first: str, unprefixed: list[str]
) -> None:
    facts = _facts(tmp_path, LOCALE, first)
    assert [route.route for route in facts.routes if route.i18n] == ["first/", "second/"]
    assert [route.route for route in facts.routes if route.unprefixed] == unprefixed
