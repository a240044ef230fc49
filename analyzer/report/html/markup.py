"""HTML that cannot be injected into: every string is escaped unless it was made here."""

from __future__ import annotations

import re
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


def later(*children: Child) -> Safe:
    """Markup that a large page keeps back until somebody looks at it (``folded``); blocks do not nest."""
    return Safe(f"{_LATER}{join(children)}{_END}")


def folded(markup: Safe) -> Safe:
    """A page whose later blocks are text, which the script unfolds where they are needed."""
    return Safe(_BLOCK.sub(r'<script type="text/html" class="later">\1</script>', markup))


def unfolded(markup: Safe) -> Safe:
    """A page that holds everything as it is."""
    return Safe(markup.replace(_LATER, "").replace(_END, ""))


_LATER, _END = "<!--later-->", "<!--/later-->"
_BLOCK = re.compile(f"{_LATER}(.*?){_END}", re.S)
"""No text of the analysed code can make one, or end the element that a block is folded into: its ``<`` are escaped."""


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
