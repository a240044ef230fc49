"""One level of the URL resolver and what stands before it: as Django prints it, and as a regular expression."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from analyzer.model.facts import Route
from analyzer.resolve.values import Function, Map, Value

_CONVERTERS = {
    "int": "[0-9]+",
    "path": ".+",
    "slug": "[-a-zA-Z0-9_]+",
    "str": "[^/]+",
    "uuid": "[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}",
}
_END = r"\Z"
_PARAMETER = re.compile(r"<(?:(?P<converter>[^>:]+):)?[^>]+>")


@dataclass(frozen=True, slots=True)
class Prefix:
    """What stands before a pattern: the levels above it, as Django prints them and as regular expressions."""

    route: str = ""
    regex: str = ""
    is_regex: bool = False
    whole: bool = False
    """The last level is a ``path()``: as a route of its own it matches up to the end."""
    i18n: bool = False
    unprefixed: bool = False
    namespace: str = ""
    depth: int = 0

    def level(self, pattern: str, kind: str) -> Prefix:
        part = _anonymous(pattern) if kind != "path" else _path_regex(pattern)
        return replace(
            self,
            route=self.route + pattern,
            regex=self.regex + part,
            is_regex=self.is_regex or kind != "path",
            whole=kind == "path",
            depth=self.depth + 1,
        )

    @property
    def expression(self) -> str | None:
        """The regular expression of a route that ends here; None where ``path()`` says it all."""
        return f"^{self.regex}{_END if self.whole else ''}" if self.is_regex else None

    def inside(self, namespace: str) -> Prefix:
        joined = (
            f"{self.namespace}:{namespace}" if self.namespace and namespace else namespace or self.namespace
        )
        return replace(self, namespace=joined)


@dataclass(frozen=True, slots=True)
class Found:
    """A route with the value its view was written as."""

    route: Route
    view: Value
    given: Map | None = None
    """The arguments that the pattern itself hands to its view."""
    around: Function | None = None
    """What the outermost decorator of the project put around the view."""


def _path_regex(route: str) -> str:
    found, end = "", 0
    for match in _PARAMETER.finditer(route):
        found += (
            re.escape(route[end : match.start()])
            + f"({_CONVERTERS.get(match['converter'] or 'str', '[^/]+')})"
        )
        end = match.end()
    return found + re.escape(route[end:])


def _anonymous(pattern: str) -> str:
    """A level's regular expression without its anchor and without group names, so that levels can be joined."""
    return re.sub(r"\(\?P<[^>]+>", "(", pattern).lstrip("^")
