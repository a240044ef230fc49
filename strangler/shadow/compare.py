"""Do two answers say the same? JSON is compared by structure, HTML by its text, everything else byte by byte. Pure."""

from __future__ import annotations

import json
import re
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

from strangler.routing.comparison import EXACTLY, Comparison
from strangler.shadow.text import first_difference

COMPARED_HEADERS = ("content-type", "location", "cache-control", "content-disposition", "www-authenticate")
"""Headers that a client acts upon; others (dates, request ids, server names) may differ."""
MOST_DIFFERENCES = 50
"""A wholly different document is reported as its first differences, not as thousands."""
LARGEST = 4 * 1024 * 1024
"""Bytes of a decompressed body that are compared; a small answer may hide a very large one."""
_MISSING = "(missing)"
_TOO_DEEP = "(nested too deeply)"
_HTML = ("text/html", "application/xhtml+xml")


@dataclass(frozen=True, slots=True)
class Answer:
    """What one side answered. Header names are lower case; ``body`` is as received."""

    status: int
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True, slots=True)
class Difference:
    """One place where two answers differ. ``path`` is a JSON path (``$.results[*].total``, positions folded), or
    ``status``, ``header:NAME``, ``text`` (of HTML) or ``body``. ``old`` and ``new`` are short texts of the values."""

    path: str
    old: str
    new: str


def compare(
    old: Answer, new: Answer, ignore: tuple[str, ...] = (), rules: Comparison = EXACTLY
) -> tuple[Difference, ...]:
    """The differences between two answers, in document order; empty when they say the same.

    ``ignore`` holds paths as ``Difference.path`` writes them; ``$.a`` also covers everything below it.
    """
    found = []
    try:
        for difference in _differences(old, new, _Walk(rules)):
            if not covered(difference.path, ignore):
                found.append(difference)
                if len(found) == MOST_DIFFERENCES:
                    break
    except RecursionError:
        found.append(Difference("body", _TOO_DEEP, _TOO_DEEP))
    return tuple(found)


def covered(path: str, patterns: tuple[str, ...]) -> bool:
    """Whether one of the patterns is this path, or leads to it."""
    return any(_path_expression(pattern).match(path) is not None for pattern in patterns)


def _differences(old: Answer, new: Answer, walk: _Walk) -> Iterator[Difference]:
    if old.status != new.status:
        yield Difference("status", str(old.status), str(new.status))
    for name in (*COMPARED_HEADERS, *walk.rules.header_names):
        before, after = old.headers.get(name, ""), new.headers.get(name, "")
        if _header(name, before) != _header(name, after):
            yield Difference(f"header:{name}", before or _MISSING, after or _MISSING)
    bodies = _plain(old), _plain(new)
    if bodies[0] == bodies[1]:
        return
    documents = _json(old, bodies[0]), _json(new, bodies[1])
    if documents[0] is not None and documents[1] is not None:
        yield from walk.values("$", documents[0][0], documents[1][0])
    elif _is_html(old) and _is_html(new):
        lines = first_difference(*bodies)
        if lines is not None:
            yield Difference("text", _short(lines[0]), _short(lines[1]))
    else:
        yield Difference("body", _short(bodies[0]), _short(bodies[1]))


@dataclass(frozen=True, slots=True)
class _Walk:
    """Through two JSON documents at once."""

    rules: Comparison

    def values(self, path: str, old: Any, new: Any) -> Iterator[Difference]:
        if isinstance(old, dict) and isinstance(new, dict):
            yield from self._members(path, old, new)
        elif isinstance(old, list) and isinstance(new, list):
            yield from self._items(path, old, new)
        elif not (type(old) is type(new) and old == new) and not self._close(old, new):
            yield Difference(path, _short(old), _short(new))

    def _members(self, path: str, old: dict[str, Any], new: dict[str, Any]) -> Iterator[Difference]:
        for key in (*old, *(key for key in new if key not in old)):
            place = f"{path}.{_writable(key)}"
            if key not in new:
                yield Difference(place, _short(old[key]), _MISSING)
            elif key not in old:
                yield Difference(place, _MISSING, _short(new[key]))
            else:
                yield from self.values(place, old[key], new[key])

    def _items(self, path: str, old: list[Any], new: list[Any]) -> Iterator[Difference]:
        if len(old) != len(new):
            yield Difference(f"{path}.length", str(len(old)), str(len(new)))
        if self.rules.unordered and covered(path, self.rules.unordered):
            old, new = sorted(old, key=_order), sorted(new, key=_order)
        for before, after in zip(old, new, strict=False):
            yield from self.values(f"{path}[*]", before, after)

    def _close(self, old: Any, new: Any) -> bool:
        """Whether two values that are not equal differ by no more than is allowed."""
        if self.rules.numbers and _is_number(old) and _is_number(new):
            return bool(abs(old - new) <= self.rules.numbers)
        if self.rules.times and isinstance(old, str) and isinstance(new, str):
            one, other = _time(old), _time(new)
            if one is not None and other is not None:
                return abs((one - other).total_seconds()) <= self.rules.times
        return False


def _order(item: Any) -> str:
    """The same for the same item: by its id where it has one, since what else differs is to be found."""
    named = item.get("id") if isinstance(item, dict) else None
    return json.dumps(named if named is not None else item, sort_keys=True, ensure_ascii=False)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _time(text: str) -> datetime | None:
    if not 10 <= len(text) <= 40 or not text[:4].isdigit():
        return None
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return None
    return found if found.tzinfo is not None else found.replace(tzinfo=UTC)


def _plain(answer: Answer) -> bytes:
    """The body as it was before ``Content-Encoding: gzip`` (which is never the same twice), at most ``LARGEST``."""
    if answer.headers.get("content-encoding", "").lower() != "gzip":
        return answer.body
    try:
        return zlib.decompressobj(wbits=31).decompress(answer.body, LARGEST)
    except zlib.error:
        return answer.body


def _json(answer: Answer, body: bytes) -> tuple[Any] | None:
    """The document in a 1-tuple (it may be null), or None when the body is not JSON."""
    if "json" not in answer.headers.get("content-type", ""):
        return None
    try:
        return (json.loads(body),)
    except (ValueError, RecursionError):
        return None


def _is_html(answer: Answer) -> bool:
    return answer.headers.get("content-type", "").partition(";")[0].strip().lower() in _HTML


def _header(name: str, value: str) -> str:
    text = value.replace(" ", "").lower() if name == "content-type" else value
    return text.removesuffix(";charset=utf-8") if text.startswith("application/json") else text


@lru_cache(maxsize=1024)
def _path_expression(pattern: str) -> re.Pattern[str]:
    return re.compile(re.escape(pattern) + r"(?=$|[.\[])")


def _short(value: Any) -> str:
    text = (
        value.decode("utf-8", "replace")
        if isinstance(value, bytes)
        else _writable(json.dumps(value, ensure_ascii=False))
    )
    return text if len(text) <= 80 else text[:77] + "..."


def _writable(text: str) -> str:
    """JSON may hold lone surrogates, which no output can."""
    return text if text.isascii() else text.encode("utf-8", "backslashreplace").decode()
