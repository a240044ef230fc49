from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest

from analyzer.errors import BadObservations
from analyzer.model.facts import Location, Route
from analyzer.runtime.access_log import Hit, parse_line, read_access_log
from analyzer.runtime.urls import RouteIndex

HEAD = '10.0.0.1 - bob [20/Nov/2026:10:00:00 +0000] "GET /orders/7/?page=2 HTTP/1.1" 200 512'
PLACE = Location("urls.py", 1)
INDEX = RouteIndex(
    [Route("orders/<int:pk>/", "orders.detail", PLACE), Route("orders/<path:rest>", "rest", PLACE)]
)


@pytest.mark.parametrize(
    "line",
    [
        b"",
        b"\xff\xfe\x00",
        b"Traceback (most recent call last):",
        b'10.0.0.1 - - [x] "\\x16\\x03\\x01" 400 0',
        b"{",
        b"[1]",
        b'{"path": "/x"}',
        b'{"path": 7, "status": 200}',
        b'{"path": "/x", "status": "up"}',
        b'{"path": "/x", "status": 1e999}',
        b"{" * 5000,
    ],
)
def test_what_is_no_request(line: bytes) -> None:
    assert parse_line(line) is None


def test_a_file_without_requests_is_refused(tmp_path: Path) -> None:
    log = tmp_path / "log"
    log.write_text("hello\n")
    with pytest.raises(BadObservations, match="no line is a request"):
        read_access_log(log, INDEX)


def test_a_damaged_archive_is_said_in_a_line(tmp_path: Path) -> None:
    log = tmp_path / "log.gz"
    log.write_bytes(gzip.compress(HEAD.encode() * 1000)[:60])
    with pytest.raises(BadObservations, match="damaged"):
        read_access_log(log, INDEX)


def test_the_number_of_bytes_is_not_taken_for_a_time() -> None:
    hit = parse_line(HEAD.encode())
    assert hit == Hit("GET", "/orders/7/", 200, None)


@pytest.mark.parametrize(
    ("tail", "seconds"),
    [
        (' "-" "curl/8"', None),
        (' "-" "took=5 agent 12"', None),
        (' "-" "curl/8" 0.125', 0.125),
        (' "-" "curl/8" "0.125"', 0.125),
        (' "-" "curl/8" 125000', 0.125),
        (' "-" "curl/8" rt=0.125 uct="0.000"', 0.125),
        (' "-" "curl/8" request_time=125ms', 0.125),
        (' "-" "curl/8" 999999.5', None),
    ],
)
def test_where_the_time_stands(tail: str, seconds: float | None) -> None:
    hit = parse_line((HEAD + tail).encode())
    assert hit is not None
    assert hit.seconds == (pytest.approx(seconds) if seconds is not None else None)


@pytest.mark.parametrize(
    "item",
    [
        {"method": "GET", "path": "/a%20b", "status": 503, "duration_ms": 20},
        {"request_method": "GET", "request_uri": "/a%20b?x=1", "status": "503", "request_time": "0.02"},
        {"request": "GET /a%20b HTTP/1.1", "status_code": 503, "duration_us": 20000},
        {"verb": "GET", "url": "http://shop.test/a%20b#x", "code": 503, "elapsed": 0.02},
    ],
)
def test_json_lines(item: dict[str, object]) -> None:
    hit = parse_line(json.dumps(item).encode())
    assert hit is not None
    assert hit[:3] == ("GET", "/a b", 503)
    assert hit.seconds == pytest.approx(0.02)


def test_requests_are_counted_on_the_first_pattern_that_matches(tmp_path: Path) -> None:
    log = tmp_path / "access.log.gz"
    other = HEAD.replace("/orders/7/", "/orders/list").replace("200", "500")
    unknown = HEAD.replace("/orders/7/", "/wp-login.php")
    log.write_bytes(
        gzip.compress("\n".join([HEAD + ' "-" "a" 0.004', HEAD, other, unknown, "noise"]).encode())
    )
    found = read_access_log(log, INDEX)
    assert (found.requests, found.unmatched, found.skipped) == (4, 1, 1)
    assert (found.routes[0].requests, found.routes[0].seconds, found.routes[1].errors) == (2, 0.004, 1)
