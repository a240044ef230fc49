"""URL patterns in Django's own syntax, compiled to regular expressions; what matches there matches here.

The five built-in converters and their expressions are Django's (``django.urls.converters``). A pattern is matched
against the decoded path without its leading slash, as Django's resolver does.
"""

from __future__ import annotations

import re
from functools import lru_cache
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
_LITERAL = re.compile(r"(?:[^<(\\.*+?{}\[\]|^$/]+/(?![*+?{]))*")
_GLOBAL_FLAGS = re.compile(r"\(\?[aiLmsux]+\)")


@lru_cache(maxsize=16_384)
def compile_pattern(kind: Kind, text: str) -> re.Pattern[str]:
    """The expression to search for in a path; raises ``BadDocument`` where the pattern means nothing.

    A leading slash of a ``path`` or ``prefix`` is left out. A regular expression means what it means to ``re_path``:
    it is searched in the path without its leading slash, and one that ends in ``$`` has to match all of it. An unknown
    converter (a project's own) is matched as Django's ``str`` would be: one segment, never more.
    """
    if kind == "path":
        return re.compile(path_expression(text.removeprefix("/")))
    if kind == "prefix":
        return re.compile("^" + re.escape(text.removeprefix("/")))
    if text.startswith(("/", "^/")):
        raise BadDocument(
            f"the regular expression {text!r} begins with a slash",
            remedy="Leave it out, as in re_path: the path is matched without its leading slash.",
        )
    try:
        return re.compile(_whole(text) if text.endswith("$") else text)
    except (re.error, OverflowError, RecursionError) as error:
        raise BadDocument(
            f"the regular expression {text!r} is wrong: {error}", remedy="Correct it."
        ) from None


def fixed_path(kind: Kind, text: str) -> str | None:
    """The only path that a pattern matches, without its leading slash, or None when it matches several."""
    pattern = text.removeprefix("/")
    return pattern if kind == "path" and "<" not in pattern else None


def fixed_prefix(kind: Kind, text: str) -> str:
    """The whole segments that every matching path begins with (``api/`` for ``api/<int:pk>/``); empty when unknown."""
    if kind != "regex":
        pattern = text.removeprefix("/")
        head = pattern.partition("<")[0] if kind == "path" else pattern
        return head[: head.rfind("/") + 1]
    if not text.startswith("^") or _alternates(text):
        return ""
    match = _LITERAL.match(text, 1)
    return match[0] if match else ""


def _whole(text: str) -> str:
    """An expression that matches the whole path or nothing, as Django's ``fullmatch`` does for an endpoint."""
    flags = _GLOBAL_FLAGS.match(text)
    start = flags.end() if flags else 0
    return rf"{text[:start]}\A(?:{text[start:]})\Z"


def _alternates(text: str) -> bool:
    """Whether a ``|`` stands outside of all groups, so that the beginning binds one branch only."""
    depth, in_class, escaped = 0, False, False
    for char in text:
        if escaped:
            escaped = False
        elif char == "\\":
            escaped = True
        elif in_class:
            in_class = char != "]"
        elif char == "[":
            in_class = True
        elif char in "()":
            depth += 1 if char == "(" else -1
        elif char == "|" and depth == 0:
            return True
    return False


def path_expression(pattern: str) -> str:
    """The regular expression of a ``path()`` pattern (without its leading slash), as Django builds it."""
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
