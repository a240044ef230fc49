"""Which path a request means, and when two servers could disagree about it.

The facade decides on the decoded path, as Django's resolver sees it, and forwards the raw one byte for byte. A path is
*ambiguous* when some server or framework on the way might read it differently: it holds an empty or dot segment, an
encoded slash, a backslash, a parameter after ``;``, a fragment, a NUL or another control character, raw or encoded.
The one rule: **where any reading of an ambiguous path means a route that has been given to a group, or that has a
policy of its own, the request is refused; else it goes to the monolith untouched.** So nobody reaches the monolith's
copy of a moved page, or passes a rule of the gateway, by spelling its path oddly, and odd paths that only the monolith
knows keep working.
"""

from __future__ import annotations

import re
from functools import lru_cache
from urllib.parse import unquote_to_bytes

from strangler.facade.failures import Failure, refuse
from strangler.routing import Route, RouteTable, match

_AMBIGUOUS = re.compile(
    r"//|/\.{1,2}(?:/|\Z)|%(?:25)*(?:2f|5c|00)|%(?:25)+2e|[\\;#\x00-\x1f\x7f]", re.IGNORECASE
)
_MARKS = re.compile(rb"[%;\\#\x00-\x1f\x7f]|//|/\.")
_SURROGATE = re.compile("[\udc80-\udcff]")
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_PARAMETERS = re.compile(r";[^/]*")
_SLASHES = re.compile(r"/{2,}")
_MAX_DECODINGS = 3
_MOST_REMEMBERED = 1024
"""Bytes of a path that is remembered: what a client makes the facade keep has to be little."""
_MOST_AMBIGUOUS = 4096
"""Bytes of an ambiguous path: finding all that it could mean costs far more than to send it."""


def decoded_path(raw: bytes) -> str:
    """The path as Django's resolver sees it: percent-decoded UTF-8; bytes that are none stay percent-encoded."""
    text = (unquote_to_bytes(raw) if b"%" in raw else raw).decode("utf-8", "surrogateescape")
    return text if text.isascii() else _SURROGATE.sub(lambda bad: f"%{ord(bad[0]) - 0xDC00:02X}", text)


def read_path(raw: bytes) -> tuple[str, bool]:
    """The decoded path, and whether servers may disagree about it."""
    return _remembered(raw) if len(raw) <= _MOST_REMEMBERED else _read(raw)


def _read(raw: bytes) -> tuple[str, bool]:
    decoded = decoded_path(raw)
    if _MARKS.search(raw) is None:
        return decoded, False
    return decoded, _AMBIGUOUS.search(raw.decode("latin-1")) is not None or _AMBIGUOUS.search(
        decoded
    ) is not None


_remembered = lru_cache(maxsize=4096)(_read)


def readings(raw: bytes) -> frozenset[str]:
    """Every path that a server could take an ambiguous one for: each rule applied or not, up to three decodings."""
    spellings = [raw.decode("latin-1"), decoded_path(raw)]
    while len(spellings) <= _MAX_DECODINGS and "%" in spellings[-1]:
        spellings.append(decoded_path(spellings[-1].encode()))
    paths = frozenset(spellings)
    for rule in _RULES:
        paths |= frozenset(map(rule, paths))
    return paths


def check_path(table: RouteTable, method: str, raw: bytes, host: str) -> None:
    """Raises ``Failure`` (400) where a path, an ambiguous one, could mean a route of a group, or one with a policy of
    its own."""
    if len(raw) > _MOST_AMBIGUOUS:
        raise refuse(f"the path can be read in several ways, and has more than {_MOST_AMBIGUOUS} bytes")
    common = table.policy(None)
    for reading in readings(raw):
        route: Route | None = match(table, method, reading, host)
        moved = route is not None and route.group is not None
        if moved or table.policy(route) != common:
            name = "no route" if route is None else f"the route {route.name}"
            raise refuse(f"the path can be read in several ways, one of them as {name}")


def check_bridges(bridges: frozenset[str], raw: bytes, path: str, ambiguous: bool) -> None:
    """Raises ``Failure`` (404) where a path could mean one that only the facade may ask for."""
    meant = readings(raw) if ambiguous else frozenset({path})
    if not bridges.isdisjoint(meant):
        raise Failure("not found", "there is nothing here")


def _cut_fragment(path: str) -> str:
    return path.partition("#")[0]


def _cut_nul(path: str) -> str:
    return path.partition("\0")[0]


def _drop_controls(path: str) -> str:
    return _CONTROL.sub("", path)


def _cut_parameters(path: str) -> str:
    return _PARAMETERS.sub("", path)


def _turn_backslashes(path: str) -> str:
    return path.replace("\\", "/")


def _merge_slashes(path: str) -> str:
    return _SLASHES.sub("/", path)


def _resolve_dots(path: str) -> str:
    """RFC 3986, 5.2.4."""
    kept: list[str] = []
    segments = path.split("/")
    for segment in segments[1:]:
        if segment == "..":
            del kept[-1:]
        elif segment != ".":
            kept.append(segment)
    tail = "/" if segments[-1] in (".", "..") and kept else ""
    return "/" + "/".join(kept) + tail


_RULES = (
    _cut_fragment,
    _cut_nul,
    _drop_controls,
    _cut_parameters,
    _turn_backslashes,
    _merge_slashes,
    _resolve_dots,
)
