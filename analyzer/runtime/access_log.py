"""Access logs: nginx, Apache and gunicorn in the combined format, or one JSON object a line; plain or gzip.

The time a request took is read from the end of a combined line: ``rt=0.123`` and the like are seconds, a bare number
with a point is seconds (nginx ``$request_time``, gunicorn ``%(L)s``), a bare whole number is microseconds (Apache and
gunicorn ``%D``). In JSON the key decides: ``*_ms`` are milliseconds, ``*_us`` microseconds, others seconds.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import unquote, urlsplit

import msgspec

from analyzer.errors import BadObservations
from analyzer.runtime.latency import BUCKETS, bucket
from analyzer.runtime.lines import lines_of
from analyzer.runtime.urls import RouteIndex

__all__ = ["AccessLog", "Hit", "RouteHits", "parse_line", "read_access_log"]

_COMBINED = re.compile(
    r'\[[^\]]{1,60}\] "(?P<method>[A-Z]{1,20}) (?P<target>[^ "]{1,8000})(?: HTTP/[0-9.]+)?" (?P<status>[0-9]{3})'
    r"(?P<rest>.*)"
)
_NAMED_TIME = re.compile(
    r"\b(?:rt|request_time|duration|time|took)[=:]\"?(?P<time>[0-9]+(?:\.[0-9]+)?)(?P<unit>ms|us|s)?\b"
)
_LAST = re.compile(r'\s(?:([0-9]+(?:\.[0-9]+)?)|"([0-9]+(?:\.[0-9]+)?)")\s*\Z')
_BYTES = re.compile(r"\A\s+(?:[0-9]+|-)")
_QUOTED = re.compile(r'"(?:[^"\\]|\\.)*"')
_PATHS = ("path", "uri", "request_uri", "url", "target", "request_path")
_METHODS = ("method", "request_method", "verb")
_STATUS = ("status", "status_code", "response_status", "code")
_TIMES = {
    "request_time": 1.0,
    "duration": 1.0,
    "seconds": 1.0,
    "response_time": 1.0,
    "elapsed": 1.0,
    "upstream_response_time": 1.0,
    "duration_s": 1.0,
    "duration_ms": 1e-3,
    "request_time_ms": 1e-3,
    "response_time_ms": 1e-3,
    "latency_ms": 1e-3,
    "elapsed_ms": 1e-3,
    "ms": 1e-3,
    "duration_us": 1e-6,
    "request_time_us": 1e-6,
}
MAX_SECONDS = 86_400.0


class Hit(NamedTuple):
    """One request: ``path`` is decoded and without its query; ``seconds`` is None where the log does not say."""

    method: str
    path: str
    status: int
    seconds: float | None


@dataclass(slots=True)
class RouteHits:
    """What one URL pattern served."""

    requests: int = 0
    errors: int = 0
    seconds: float = 0.0
    ms: list[int] = field(default_factory=lambda: [0] * BUCKETS)

    def add(self, hit: Hit) -> None:
        self.requests += 1
        self.errors += hit.status >= 500
        if hit.seconds is not None:
            self.seconds += hit.seconds
            self.ms[bucket(hit.seconds * 1000)] += 1


@dataclass(slots=True)
class AccessLog:
    """Logs added up: ``routes`` by position, requests that no pattern answers, lines that are no requests."""

    routes: dict[int, RouteHits] = field(default_factory=dict)
    requests: int = 0
    unmatched: int = 0
    skipped: int = 0


def read_access_log(path: Path, index: RouteIndex, into: AccessLog | None = None) -> AccessLog:
    """Add a log to ``into``. Raises BadObservations where it cannot be read or no line of it is a request."""
    log = into if into is not None else AccessLog()
    found = skipped = 0
    for line in lines_of(path):
        hit = parse_line(line)
        if hit is None:
            skipped += bool(line)
            continue
        found += 1
        position = index.answering(hit.path)
        if position is None:
            log.unmatched += 1
        else:
            log.routes.setdefault(position, RouteHits()).add(hit)
    if not found:
        remedy = "Known are the combined format of nginx, Apache and gunicorn, and one JSON object a line."
        raise BadObservations("no line is a request", where=str(path), remedy=remedy)
    log.requests += found
    log.skipped += skipped
    return log


def parse_line(line: bytes) -> Hit | None:
    """The request of one line; None where there is none."""
    text = line.decode("utf-8", "replace")
    return _json(text) if text.lstrip().startswith("{") else _combined(text)


def _combined(text: str) -> Hit | None:
    match = _COMBINED.search(text)
    if match is None:
        return None
    return _hit(match["method"], match["target"], int(match["status"]), _seconds(match["rest"]))


def _seconds(rest: str) -> float | None:
    """The time in what follows the status: bytes, referrer and agent stand first and are none."""
    bare = _BYTES.sub("", rest)
    found = _NAMED_TIME.search(bare) and _NAMED_TIME.search(_QUOTED.sub('""', bare))
    if found is not None:
        return float(found["time"]) * {"ms": 1e-3, "us": 1e-6}.get(found["unit"] or "", 1.0)
    last = _LAST.search(bare)
    if last is None:
        return None
    text = last[1] or last[2]
    return float(text) * (1.0 if "." in text else 1e-6)


def _json(text: str) -> Hit | None:
    try:
        item = msgspec.json.decode(text)
    except (msgspec.DecodeError, RecursionError):
        return None
    if not isinstance(item, dict):
        return None
    target, method = _first(item, _PATHS), _first(item, _METHODS)
    if target is None and isinstance(request := item.get("request"), str):
        words = request.split(" ")
        method, target = (words[0], words[1]) if len(words) > 1 else (None, None)
    status = _number(_first(item, _STATUS))
    if not isinstance(target, str) or status is None or not 100 <= status < 600:
        return None
    times = ((_number(item[key]), unit) for key, unit in _TIMES.items() if key in item)
    seconds = next((value * unit for value, unit in times if value is not None), None)
    return _hit(method if isinstance(method, str) else "", target, int(status), seconds)


def _first(item: dict[str, Any], keys: tuple[str, ...]) -> Any:
    return next((item[key] for key in keys if key in item), None)


def _number(value: Any) -> float | None:
    try:
        return float(value) if isinstance(value, int | float | str) else None
    except (ValueError, OverflowError):
        return None


def _hit(method: str, target: str, status: int, seconds: float | None) -> Hit | None:
    try:
        path = urlsplit(target).path if "://" in target[:10] else re.split(r"[?#]", target, maxsplit=1)[0]
    except ValueError:
        return None
    if seconds is not None and not 0 <= seconds <= MAX_SECONDS:
        seconds = None
    return Hit(method, unquote(path), status, seconds)
