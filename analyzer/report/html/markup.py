"""HTML that cannot be injected into: every string is escaped unless it was made here."""

from __future__ import annotations

from collections.abc import Iterable
from html import escape

import msgspec

from analyzer.report.summary import printable

VOID = frozenset({"meta", "input", "br", "line", "path", "rect", "circle"})


class Safe(str):
    """Markup that was built by ``el``; anything else is text."""

    __slots__ = ()


Child = str | int | None | Iterable["Child"]


def el(tag: str, *children: Child, **attributes: str | int | bool | None) -> Safe:
    """An element. ``class_`` and ``for_`` lose the underscore, inner underscores become hyphens; None and False drop
    an attribute, True leaves it without a value."""
    written = "".join(_attribute(name, value) for name, value in attributes.items())
    if tag in VOID and not children:
        return Safe(
            f"<{tag}{written}/>" if tag in {"line", "path", "rect", "circle"} else f"<{tag}{written}>"
        )
    return Safe(f"<{tag}{written}>{join(children)}</{tag}>")


def join(children: Iterable[Child]) -> Safe:
    """Markup of children in a row: text escaped, nested iterables flattened, None left out."""
    return Safe("".join(_text(child) for child in children))


def embedded(content: object) -> Safe:
    """JSON that cannot end the script element that it stands in."""
    data = msgspec.json.encode(content).decode()
    return Safe(data.replace("&", "\\u0026").replace("<", "\\u003c").replace(">", "\\u003e"))


def _text(child: Child) -> str:
    if child is None:
        return ""
    if isinstance(child, Safe):
        return child
    if isinstance(child, str | int):
        return escape(printable(str(child)))
    return join(child)


def _attribute(name: str, value: str | int | bool | None) -> str:
    if value is None or value is False:
        return ""
    key = name.rstrip("_").replace("_", "-")
    return f" {key}" if value is True else f' {key}="{escape(printable(str(value)))}"'
