"""Do two answers say the same? JSON is compared by structure, everything else byte by byte. Pure."""

from __future__ import annotations

import json
import re
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

COMPARED_HEADERS = ("content-type", "location", "cache-control", "content-disposition", "www-authenticate")
"""Headers that a client acts upon; others (dates, request ids, server names) may differ."""
MOST_DIFFERENCES = 50
"""A wholly different document is reported as its first differences, not as thousands."""
LARGEST = 4 * 1024 * 1024
"""Bytes of a decompressed body that are compared; a small answer may hide a very large one."""
_MISSING = "(missing)"
_TOO_DEEP = "(nested too deeply)"


@dataclass(frozen=True, slots=True)
class Answer:
    """What one side answered. Header names are lower case; ``body`` is as received."""

    status: int
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True, slots=True)
class Difference:
    """One place where two answers differ. ``path`` is a JSON path (``$.results[*].total``, positions folded), or
    ``status``, ``header:NAME`` or ``body``. ``old`` and ``new`` are short texts of the values."""

    path: str
    old: str
    new: str


def compare(old: Answer, new: Answer, ignore: tuple[str, ...] = ()) -> tuple[Difference, ...]:
    """The differences between two answers, in document order; empty when they say the same.

    ``ignore`` holds paths as ``Difference.path`` writes them; ``$.a`` also covers everything below it.
    """
    found = []
    try:
        for difference in _differences(old, new):
            if not _ignored(difference.path, ignore):
                found.append(difference)
                if len(found) == MOST_DIFFERENCES:
                    break
    except RecursionError:
        found.append(Difference("body", _TOO_DEEP, _TOO_DEEP))
    return tuple(found)


def _differences(old: Answer, new: Answer) -> Iterator[Difference]:
    if old.status != new.status:
        yield Difference("status", str(old.status), str(new.status))
    for name in COMPARED_HEADERS:
        before, after = old.headers.get(name, ""), new.headers.get(name, "")
        if _header(name, before) != _header(name, after):
            yield Difference(f"header:{name}", before or _MISSING, after or _MISSING)
    bodies = _plain(old), _plain(new)
    if bodies[0] == bodies[1]:
        return
    documents = _json(old, bodies[0]), _json(new, bodies[1])
    if documents[0] is None or documents[1] is None:
        yield Difference("body", _short(bodies[0]), _short(bodies[1]))
    else:
        yield from _walk("$", documents[0][0], documents[1][0])


def _walk(path: str, old: Any, new: Any) -> Iterator[Difference]:
    if isinstance(old, dict) and isinstance(new, dict):
        for key in (*old, *(key for key in new if key not in old)):
            place = f"{path}.{_writable(key)}"
            if key not in new:
                yield Difference(place, _short(old[key]), _MISSING)
            elif key not in old:
                yield Difference(place, _MISSING, _short(new[key]))
            else:
                yield from _walk(place, old[key], new[key])
    elif isinstance(old, list) and isinstance(new, list):
        if len(old) != len(new):
            yield Difference(f"{path}.length", str(len(old)), str(len(new)))
        for before, after in zip(old, new, strict=False):
            yield from _walk(f"{path}[*]", before, after)
    elif type(old) is not type(new) or old != new:
        yield Difference(path, _short(old), _short(new))


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


def _header(name: str, value: str) -> str:
    text = value.replace(" ", "").lower() if name == "content-type" else value
    return text.removesuffix(";charset=utf-8") if text.startswith("application/json") else text


def _ignored(path: str, ignore: tuple[str, ...]) -> bool:
    return any(_path_expression(pattern).match(path) is not None for pattern in ignore)


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
