"""From an analysis to routes: the whole URLconf, in the resolver's order, so that nothing is shadowed differently."""

from __future__ import annotations

import re
from collections.abc import Iterable
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING

from strangler.control.verbs import Import
from strangler.errors import BadDocument, Unknown
from strangler.routing import SAFE_METHODS
from strangler.routing.changes import ImportedRoute
from strangler.routing.patterns import Kind, path_expression

if TYPE_CHECKING:
    from analyzer.model.facts import Route as FoundRoute
    from analyzer.model.plan import Analysis, Boundary

LANGUAGE = r"(?:[a-z]{2,3}(?:[-@]\w+){0,2}/)?"
"""What ``i18n_patterns`` puts in front: a language's code, or nothing (``prefix_default_language = False``)."""


def read_import(file: Path, boundary: str, service: str, only: Iterable[str] = ()) -> Import:
    """The import of a boundary from an ``analysis.json``; raises ``BadDocument`` and ``Unknown``."""
    from analyzer.errors import AnalyzerError
    from analyzer.model import schema

    try:
        analysis = schema.read(file.read_bytes(), str(file))
    except OSError as error:
        raise BadDocument(
            f"the analysis cannot be read: {error.strerror}",
            where=str(file),
            remedy="Make one with: strangler analyze PATH --format json -o analysis.json.",
        ) from None
    except AnalyzerError as error:
        raise BadDocument(error.message, where=error.where or str(file), remedy=error.remedy) from None
    return import_of(analysis, boundary, service, only)


def import_of(analysis: Analysis, boundary: str, service: str, only: Iterable[str] = ()) -> Import:
    """Every pattern of the URLconf, the boundary's marked; raises ``Unknown`` where there is no such boundary.

    ``only`` holds prefixes of patterns: the others of the boundary stay with the monolith, for a service that does not
    have all of its endpoints yet. Each must fit at least one.
    """
    found = _boundary(analysis, boundary)
    members = _members(analysis, found, [prefix.lstrip("/") for prefix in only])
    routes, names = [], set[str]()
    for position, route in enumerate(analysis.facts.routes):
        pattern = _pattern(route)
        if pattern is None:
            continue  # a GraphQL mutation: reached through its view's own pattern
        kind, text = pattern
        methods = frozenset(method.upper() for method in route.methods)
        name = _free(_name(route, text), names)
        names.add(name)
        read_only = bool(methods) and methods <= SAFE_METHODS
        routes.append(ImportedRoute(name, kind, text, position in members, read_only))
    return Import(boundary=_slug(found.name) or "boundary", service=service, routes=tuple(routes))


def _members(analysis: Analysis, boundary: Boundary, only: list[str]) -> set[int]:
    """The positions of the boundary's routes that begin with one of the prefixes, or of all when there is none."""
    texts = {n: (analysis.facts.routes[n].route or "").lstrip("^/") for n in boundary.routes}
    for prefix in only:
        if not any(text.startswith(prefix) for text in texts.values()):
            raise Unknown(
                f"no pattern of {boundary.name!r} begins with {prefix!r}",
                where="--only",
                remedy=f"Its patterns: {', '.join(sorted(set(texts.values()))) or 'none'}.",
            )
    return {n for n, text in texts.items() if not only or text.startswith(tuple(only))}


def _boundary(analysis: Analysis, name: str) -> Boundary:
    names = [boundary.name for boundary in analysis.boundaries]
    for boundary in analysis.boundaries:
        if boundary.name == name:
            return boundary
    near = get_close_matches(name, names, n=1)
    hint = f"Did you mean {near[0]!r}? " if near else ""
    known = f"There are: {', '.join(names)}." if names else "The analysis found none."
    raise Unknown(f"the analysis has no boundary called {name!r}", where="--boundary", remedy=hint + known)


def _pattern(route: FoundRoute) -> tuple[Kind, str] | None:
    """Kind and text, or None where a route has no pattern of its own."""
    if route.regex is not None:
        return "regex", _localised(_unslashed(route.regex)) if route.i18n else _unslashed(route.regex)
    if route.route is None:
        return None
    if route.i18n:
        return "regex", _localised(path_expression(route.route))
    return "path", "/" + route.route


def _unslashed(regex: str) -> str:
    """The same expression, where a leading slash stands for a second one in the path and not for the first."""
    return re.sub(r"^(\^?)/", r"\1[/]", regex)


def _localised(regex: str) -> str:
    if regex.startswith("^"):
        return "^" + LANGUAGE + regex[1:]
    return regex  # not anchored: it is searched behind any prefix anyway


def _name(route: FoundRoute, text: str) -> str:
    """Django's name of the pattern, else what is readable of the pattern itself."""
    if route.name:
        name = _slug(route.name.replace(":", "."))
        if name:
            return name
    return _slug(re.sub(r"<(?:[^:>]+:)?([^>]+)>", r"\1", text)) or "root"


def _slug(text: str) -> str:
    return re.sub(r"[^a-z0-9._-]+", "-", text.lower()).strip("-._")[:80]


def _free(name: str, taken: set[str]) -> str:
    free, number = name, 1
    while free in taken:
        number += 1
        free = f"{name}-{number}"
    return free
