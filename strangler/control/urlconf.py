"""From an analysis to routes: the whole URLconf, in the resolver's order, so that nothing is shadowed differently."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING

from strangler.control.verbs import Import
from strangler.errors import BadDocument, Refused, Unknown
from strangler.routing import SAFE_METHODS
from strangler.routing.changes import ImportedRoute
from strangler.routing.patterns import Kind

if TYPE_CHECKING:
    from analyzer.model.facts import Route as FoundRoute
    from analyzer.model.plan import Analysis, Boundary


@dataclass(frozen=True, slots=True)
class Choice:
    """Which of a boundary's patterns move.

    ``only`` holds prefixes of patterns, for a service that does not have all of the endpoints yet; each must fit at
    least one. Pages of Django's admin stay with the monolith unless ``admin``: one admin site, with one index and one
    login, is not split by forwarding.
    """

    boundary: str
    only: tuple[str, ...] = ()
    admin: bool = False


def read_import(file: Path, choice: Choice, service: str) -> tuple[Import, int]:
    """The import of a boundary from an ``analysis.json``, and how many of its patterns were not chosen.

    Raises ``BadDocument``, ``Unknown``, and ``Refused`` where nothing is chosen.
    """
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
    verb = import_of(analysis, choice, service)
    owned = _boundary(analysis, choice.boundary).routes
    patterns = sum(pattern_of(analysis.facts.routes[position]) is not None for position in owned)
    return verb, patterns - sum(route.member for route in verb.routes)


def import_of(analysis: Analysis, choice: Choice, service: str) -> Import:
    """Every pattern of the URLconf, those that move marked; raises ``Unknown`` and ``Refused``."""
    found = _boundary(analysis, choice.boundary)
    members = _members(analysis, found, choice)
    apps = {module.name: module.app for module in analysis.facts.modules if module.app}
    routes, names = [], set[str]()
    for position, route in enumerate(analysis.facts.routes):
        pattern = pattern_of(route)
        if pattern is None:
            continue  # a GraphQL mutation: reached through its view's own pattern
        kind, text = pattern
        methods = frozenset(method.upper() for method in route.methods)
        name = _free(_name(route, text, apps), names)
        names.add(name)
        read_only = bool(methods) and methods <= SAFE_METHODS
        routes.append(
            ImportedRoute(name, kind, text, position in members, read_only, route.i18n, route.unprefixed)
        )
    localised = any(route.i18n for route in routes)
    return Import(
        boundary=_slug(found.name) or "boundary",
        service=service,
        routes=tuple(routes),
        languages=analysis.facts.languages if localised else (),
        default_language=analysis.facts.language_code if localised else "",
    )


def _members(analysis: Analysis, boundary: Boundary, choice: Choice) -> set[int]:
    """The positions of the routes that move."""
    entries = analysis.facts.entry_points
    admin = ("django.contrib.admin.", *(f"{entry.name}." for entry in entries if entry.kind == "admin"))
    owned = {position: analysis.facts.routes[position] for position in boundary.routes}
    texts = {
        position: (route.route or "").lstrip("^/")
        for position, route in owned.items()
        if pattern_of(route) is not None and (choice.admin or not route.view.startswith(admin))
    }
    if not texts:
        raise Refused(
            f"the boundary {boundary.name!r} has no URL patterns to move",
            where="--boundary",
            remedy="Take its pages of the admin with --with-admin, or choose a boundary with views.",
        )
    only = tuple(prefix.lstrip("/") for prefix in choice.only)
    for prefix in only:
        if not any(text.startswith(prefix) for text in texts.values()):
            raise Unknown(
                f"no pattern of {boundary.name!r} begins with {prefix!r}",
                where="--only",
                remedy=f"Its patterns: {', '.join(sorted(set(texts.values())))}.",
            )
    return {position for position, text in texts.items() if not only or text.startswith(only)}


def _boundary(analysis: Analysis, name: str) -> Boundary:
    names = [boundary.name for boundary in analysis.boundaries]
    for boundary in analysis.boundaries:
        if boundary.name == name:
            return boundary
    near = get_close_matches(name, names, n=1)
    hint = f"Did you mean {near[0]!r}? " if near else ""
    known = f"There are: {', '.join(names)}." if names else "The analysis found none."
    raise Unknown(f"the analysis has no boundary called {name!r}", where="--boundary", remedy=hint + known)


def pattern_of(route: FoundRoute) -> tuple[Kind, str] | None:
    """Kind and text, or None where a route has no pattern of its own."""
    if route.regex is not None:
        return "regex", _unslashed(route.regex)
    if route.route is None:
        return None
    return "path", "/" + route.route


def _unslashed(regex: str) -> str:
    """The same expression, where a leading slash stands for a second one in the path and not for the first."""
    return re.sub(r"^(\^?)/", r"\1[/]", regex)


def _name(route: FoundRoute, text: str, apps: Mapping[str, str]) -> str:
    """Django's name of the pattern behind its namespace or app, else what is readable of the pattern itself."""
    if route.name and (name := _slug(route.name.replace(":", "."))):
        app = "" if ":" in route.name else _slug(_app(route.view, apps))
        return f"{app}.{name}"[:90] if app and not name.startswith(app) else name
    return _slug(re.sub(r"<(?:[^:>]+:)?([^>]+)>", r"\1", text)) or "root"


def _app(view: str, apps: Mapping[str, str]) -> str:
    """The label of the app that a view's module belongs to, or nothing."""
    module = view
    while module := module.rpartition(".")[0]:
        if module in apps:
            return apps[module]
    return view.split(".")[2] if view.startswith("django.contrib.") else ""


def _slug(text: str) -> str:
    return re.sub(r"[^a-z0-9._-]+", "-", text.lower()).strip("-._")[:80]


def _free(name: str, taken: set[str]) -> str:
    free, number = name, 1
    while free in taken:
        number += 1
        free = f"{name}-{number}"
    return free
