"""What a reader of an HTML page sees, roughly: enough to tell whether two pages say the same. Pure.

Scripts, styles, comments and tags are left out, entities are decoded, white space is folded; so tokens in forms, asset
hashes and the order of attributes do not count. Where links lead, and what fields hold, does not count either.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import unescape

_HIDDEN = re.compile(rb"<!--|<(script|style|template|noscript)\b", re.IGNORECASE)
_ENDS = {
    name: re.compile(rb"</" + name + rb"[\s>]", re.IGNORECASE)
    for name in (b"script", b"style", b"template", b"noscript")
}
_BLOCK = re.compile(
    rb"</?(?:p|div|li|ul|ol|tr|td|th|table|h[1-6]|br|hr|section|article|header|footer|nav|main|form|option|label|title"
    rb"|dt|dd)\b[^<>]*>",
    re.IGNORECASE,
)
_TAG = re.compile(rb"<[a-zA-Z/!?][^<>]*>")
"""As the others, it never looks further than to the next tag: no page can make it go over itself again and again."""


def lines(body: bytes) -> list[str]:
    """The text of a page, a block a line, without empty ones."""
    source = b" ".join(b"".join(_visible(body)).split())  # line breaks of the source are blanks
    visible = _TAG.sub(b"", _BLOCK.sub(b"\n", source))
    text = unescape(visible.decode("utf-8", "replace"))
    return [folded for line in text.split("\n") if (folded := " ".join(line.split()))]


def first_difference(old: bytes, new: bytes) -> tuple[str, str] | None:
    """The first line in which two pages differ, on both sides (empty where a page has ended); None where none does."""
    before, after = lines(old), lines(new)
    for one, other in zip(before, after, strict=False):
        if one != other:
            return one, other
    rest = min(len(before), len(after))
    if len(before) == len(after):
        return None
    return "".join(before[rest : rest + 1]), "".join(after[rest : rest + 1])


def _visible(body: bytes) -> Iterator[bytes]:
    """The source without comments, scripts and styles; of one that is never closed, nothing more is seen."""
    position = 0
    while (found := _HIDDEN.search(body, position)) is not None:
        yield body[position : found.start()]
        if found[1] is None:
            end = body.find(b"-->", found.end())
        else:
            close = _ENDS[found[1].lower()].search(body, found.end())
            end = close.start() if close is not None else -1
        if end < 0:
            return
        position = end + 3 if found[1] is None else end
    yield body[position:]
