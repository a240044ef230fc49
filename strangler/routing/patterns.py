"""URL patterns in Django's own syntax, compiled to regular expressions; what matches there matches here.

The five built-in converters and their expressions are Django's (``django.urls.converters``). A pattern is matched against
the decoded path without its leading slash, as Django's resolver does.
"""

from __future__ import annotations

import re
from typing import Literal

from strangler.errors import BadDocument

Kind = Literal["path", "regex", "prefix"]

CONVERTERS = {
    "int": "[0-9]+",
    "str": "[^/]+",
    "slug": "[-a-zA-Z0-9_]+",
    "uuid": "[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}",
    "path": ".+",
}
_PARAMETER = re.compile(r"<(?:(?P<converter>[^>:]+):)?(?P<name>[^>]+)>")
_LITERAL = re.compile(r"[^<(\\.*+?{}\[\]|^$]*")


def compile_pattern(kind: Kind, text: str) -> re.Pattern[str]:
    """The expression for a pattern; raises ``BadDocument`` where the pattern means nothing.

    A regular expression is searched, not matched, as ``re_path`` does: it is anchored only where it says so. An unknown converter (a project's own) is matched as Django's ``str`` would be: one segment, never more.
    """
    pattern = text.removeprefix("/")
    if kind == "path":
        return re.compile(_path_expression(pattern))
    if kind == "prefix":
        return re.compile("^" + re.escape(pattern))
    try:
        return re.compile(pattern)
    except re.error as error:
        raise BadDocument(
            f"the regular expression {text!r} is wrong: {error}", remedy="Correct it."
        ) from None


def literal_segment(kind: Kind, text: str) -> str | None:
    """The first path segment when it is fixed (``api`` in ``api/<int:pk>/``), else None: an index key for matching."""
    pattern = text.removeprefix("/")
    if kind == "regex":
        if not pattern.startswith("^") or "|" in pattern:
            return None
        pattern = pattern[1:]
    head, slash, _ = pattern.partition("/")
    if not slash or _LITERAL.fullmatch(head) is None:
        return None
    return head


def _path_expression(pattern: str) -> str:
    parts, end, names = ["^"], 0, set()
    for match in _PARAMETER.finditer(pattern):
        name = match["name"]
        if not name.isidentifier():
            raise BadDocument(
                f"{name!r} in {pattern!r} is not a Python identifier", remedy="Rename the parameter."
            )
        if name in names:
            raise BadDocument(
                f"{name!r} stands twice in {pattern!r}", remedy="Rename one of the two parameters."
            )
        names.add(name)
        parts.append(re.escape(pattern[end : match.start()]))
        parts.append(f"(?:{CONVERTERS.get(match['converter'] or 'str', CONVERTERS['str'])})")
        end = match.end()
    rest = pattern[end:]
    if "<" in rest:
        raise BadDocument(
            f"{pattern!r} has a '<' that nothing closes", remedy="Write parameters as <int:pk>."
        )
    parts.append(re.escape(rest))
    return "".join(parts) + r"\Z"
