"""Which URL pattern answers a path: Django's matching, in resolver order."""

from __future__ import annotations

import re
from collections.abc import Sequence

from analyzer.model.facts import Route

CONVERTERS = {
    "int": "[0-9]+",
    "path": ".+",
    "slug": "[-a-zA-Z0-9_]+",
    "str": "[^/]+",
    "uuid": "[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}",
}
"""``django.urls.converters``; a project's own converter is taken for ``str``."""

_PARAMETER = re.compile(r"<(?:(?P<converter>[^>:]+):)?[^>]+>")
_FIRST = re.compile(r"\^?([\w-]+)(?:/(?![?*+{])|\Z)")
"""The literal first segment of a pattern, where it has one."""
_LANGUAGE = re.compile(r"[a-z]{2,3}(?:[-@]\w+){0,2}/")
MAX_PATH = 2_000
"""Characters. Longer paths are scans or attacks; they match nothing."""
MAX_CACHED = 200_000


_Pattern = tuple[int, re.Pattern[str], bool]


class RouteIndex:
    """The URL patterns of an analysis, to be asked by path or by the recorder's name for them."""

    def __init__(self, routes: Sequence[Route]) -> None:
        self._anywhere: list[_Pattern] = []
        self._below: dict[str, list[_Pattern]] = {}
        """First segment -> the patterns that can match below it; ``_anywhere`` those that can match elsewhere."""
        self._by_name: dict[str, int] = {}
        self._cache: dict[str, int | None] = {}
        for position, route in enumerate(routes):
            if route.route is None:
                continue
            pattern = _pattern(route)
            if pattern is not None:
                self._add((position, pattern, route.i18n), route)
            self._by_name.setdefault(_printed(route.route), position)
        self._languages = {p for p, route in enumerate(routes) if route.i18n}

    def answering(self, path: str) -> int | None:
        """The position of the pattern that answers a decoded path, with or without its leading slash."""
        path = path.removeprefix("/")
        if path in self._cache:
            return self._cache[path]
        found = self._search(path) if len(path) <= MAX_PATH else None
        if len(self._cache) < MAX_CACHED:
            self._cache[path] = found
        return found

    def named(self, printed: str) -> int | None:
        """The position of a pattern by ``ResolverMatch.route``, which ``i18n_patterns`` begins with a language."""
        found = self._by_name.get(_printed(printed))
        if found is None and (language := _LANGUAGE.match(printed)):
            found = self._by_name.get(_printed(printed[language.end() :]))
            return found if found in self._languages else None
        return found

    def _add(self, pattern: _Pattern, route: Route) -> None:
        first = _FIRST.match(route.route or "" if route.regex is None else route.regex)
        if first is not None and not route.i18n:
            self._below.setdefault(first[1], list(self._anywhere)).append(pattern)
            return
        self._anywhere.append(pattern)
        for patterns in self._below.values():
            patterns.append(pattern)

    def _search(self, path: str) -> int | None:
        language = _LANGUAGE.match(path)
        bare = path[language.end() :] if language else path
        for position, pattern, i18n in self._below.get(path.partition("/")[0], self._anywhere):
            if pattern.match(path) or (i18n and language and pattern.match(bare)):
                return position
        return None


def _pattern(route: Route) -> re.Pattern[str] | None:
    """One expression for the whole path; None where the project's own expression is none, or needs too much."""
    text = route.regex if route.regex is not None else _path_regex(route.route or "") + r"\Z"
    if text.endswith("$") and not text.endswith(r"\$"):
        text = text[:-1] + r"\Z"
    try:
        return re.compile(text)
    except (re.error, OverflowError, RecursionError):
        return None


def _path_regex(route: str) -> str:
    found, end = "", 0
    for match in _PARAMETER.finditer(route):
        found += re.escape(route[end : match.start()]) + CONVERTERS.get(match["converter"] or "str", "[^/]+")
        end = match.end()
    return found + re.escape(route[end:])


def _printed(route: str) -> str:
    """Django drops the anchor of an inner regular expression when it prints the whole; here all anchors go."""
    return route.replace("^", "")
