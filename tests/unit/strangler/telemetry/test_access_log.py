import json
import os
from pathlib import Path

import pytest

from strangler.errors import BadDocument
from strangler.telemetry import AccessLog, Exchange, Trace
from strangler.telemetry import access_log as module
from strangler.telemetry.access_log import line

PLAIN = Exchange(1_700_000_000.25, 0.0123, "abc", "GET", "/x/", "shop.example", "http", "10.0.0.1", 200)


def test_a_path_cannot_forge_a_line() -> None:
    evil = '/a\n{"status":200}\r\x1b[31m\u2028"\\\x00'
    text = line(Exchange(0.0, 0.0, "abc", "GET", evil, "h", "http", "c", 404))
    assert text.count(b"\n") == 1
    assert text.endswith(b"}\n")
    assert not set(text[:-1]) & set(range(32))
    assert json.loads(text)["path"] == evil


def test_what_is_empty_is_left_out() -> None:
    assert set(json.loads(line(PLAIN))) == {
        "time", "request_id", "client", "method", "host", "path", "status", "duration_ms", "bytes_in", "bytes_out",
    }  # fmt: skip


def test_a_line_tells_when_who_what_where_and_how_long() -> None:
    exchange = Exchange(
        1_700_000_000.25, 0.0123, "abc", "GET", "/x/", "shop.example", "http", "10.0.0.1", 200,
        route="x", pattern="x/", group="billing", side="service", upstream="billing", reason="on the allow list",
        bucket=0, user="7", asked=0.001, answered=0.0111, bytes_out=5, trace=Trace("t", "", "s", "c", True),
    )  # fmt: skip
    told = json.loads(line(exchange))
    assert told["time"] == "2023-11-14T22:13:20.250Z"
    assert (told["duration_ms"], told["upstream_ms"]) == (12.3, 10.1)
    assert (told["side"], told["bucket"], told["trace_id"], told["user"]) == ("service", 0, "t", "7")


def test_what_does_not_fit_is_dropped_and_counted(tmp_path: Path) -> None:
    log = AccessLog(str(tmp_path / "log"))
    part = b"x" * (module.MOST_WAITING // 4) + b"\n"
    for _ in range(5):
        log.write(part)
    log.close()
    assert (log.written, log.dropped) == (3, 2)


def test_a_full_disk_is_told_and_loses_lines_only() -> None:
    log = AccessLog("/dev/full")
    log.write(b"{}\n")
    log.flush()
    assert (log.written, log.dropped) == (0, 1)
    assert "space" in log.trouble
    log.close()


def test_a_folder_is_no_file(tmp_path: Path) -> None:
    with pytest.raises(BadDocument, match="cannot be opened"):
        AccessLog(str(tmp_path))


def test_a_rotated_file_is_opened_anew(tmp_path: Path) -> None:
    path = tmp_path / "access.log"
    log = AccessLog(str(path))
    log.write(b"one\n")
    log.flush()
    path.rename(tmp_path / "access.log.1")
    log.write(b"two\n")
    log.flush()
    log.write(b"three\n")
    log.close()
    assert (tmp_path / "access.log.1").read_bytes() == b"one\n"
    assert path.read_bytes() == b"two\nthree\n"
    assert path.stat().st_mode & 0o777 & ~os.umask(0o22) <= 0o640


def test_nothing_to_write_touches_nothing(tmp_path: Path) -> None:
    log = AccessLog(str(tmp_path / "log"))
    log.flush()
    log.close()
    assert (log.written, log.dropped, log.trouble) == (0, 0, "")
