"""The languages of a project, which ``i18n_patterns`` puts before its URL patterns."""

from __future__ import annotations

from dataclasses import replace

from analyzer.resolve.levels import Found, Prefix
from analyzer.resolve.machine import Machine
from analyzer.resolve.values import Items, Literal, Made, Value, strings, text

DJANGO = (
    "af ar ar-dz ast az bg be bn br bs ca ckb cs cy da de dsb el en en-au en-gb eo es es-ar es-co es-mx es-ni es-ve et "
    "eu fa fi fr fy ga gd gl he hi hr hsb hu hy ia id ig io is it ja ka kab kk km kn ko ky lb lt lv mk ml mn mr ms my "
    "nb ne nl nn os pa pl pt pt-br ro ru sk sl sq sr sr-latn sv sw ta te tg th tk tr tt udm ug uk ur uz vi zh-hans "
    "zh-hant"
)
"""``LANGUAGES`` of a project that does not set it (``django.conf.global_settings`` of Django 5.2)."""


def of_project(m: Machine) -> tuple[tuple[str, ...], str]:
    """The codes that a path may begin with, in small letters, and ``LANGUAGE_CODE``.

    Without Django's middleware, which looks at the path, that is the ``LANGUAGE_CODE`` alone.
    """
    default = text(m.setting("LANGUAGE_CODE")) or "en-us"
    middleware = m.setting("MIDDLEWARE")
    names = list(strings(middleware))
    whole = isinstance(middleware, Items) and middleware.rest is None and len(names) == len(middleware.items)
    if whole and not any("locale" in name.lower() or "language" in name.lower() for name in names):
        return (default.lower(),), default
    return _codes(m.setting("LANGUAGES")) or tuple(DJANGO.split()), default


def inside(m: Machine, patterns: Made, prefix: Prefix) -> Prefix:
    """What stands before the patterns in ``i18n_patterns(...)``; nothing new where ``USE_I18N`` is False."""
    used = m.setting("USE_I18N")
    if isinstance(used, Literal) and used.value is False:
        return prefix
    default = patterns.kwargs.get("prefix_default_language")
    return replace(prefix, i18n=True, unprefixed=isinstance(default, Literal) and default.value is False)


def as_the_first_says(found: list[Found]) -> list[Found]:
    """Django's middleware asks only the first ``i18n_patterns`` whether the default language has a prefix; where it
    has, a path without one may be in any language, and no route is sure to serve it."""
    first = next((item.route for item in found if item.route.i18n), None)
    if first is None or first.unprefixed:
        return found
    return [replace(item, route=replace(item.route, unprefixed=False)) for item in found]


def _codes(value: Value | None) -> tuple[str, ...]:
    """The codes of a literal ``LANGUAGES``; none when some part of it cannot be read."""
    if not isinstance(value, Items) or value.rest is not None:
        return ()
    codes = [text(item.items[0]) if isinstance(item, Items) and item.items else None for item in value.items]
    return tuple(code.lower() for code in codes if code) if all(codes) else ()
