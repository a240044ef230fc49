"""The access log: a JSON object a line. Nothing of a request's query, headers or body is in it, so no secret is.

A line is gathered on the event loop and written by whoever calls ``flush``, in a thread: a slow disk holds no request.
Where the disk is full, or too slow, lines are dropped and counted.
"""

from __future__ import annotations

import os
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from strangler.errors import BadDocument
from strangler.telemetry.exchange import Exchange

STDOUT = "-"
MOST_WAITING = 8 * 1024 * 1024
"""Bytes that wait to be written; what comes on top is dropped."""
_ENCODER = msgspec.json.Encoder()
_MODE = 0o640


def line(exchange: Exchange) -> bytes:
    """The log's line of a request. Times are UTC (RFC 3339), durations milliseconds; what is empty is left out."""
    told: dict[str, object] = {
        "time": _time(exchange.started),
        "request_id": exchange.request_id,
        "trace_id": exchange.trace.trace_id if exchange.trace is not None else "",
        "client": exchange.client,
        "user": exchange.user,
        "method": exchange.method,
        "host": exchange.host,
        "path": exchange.path,
        "status": exchange.status,
        "error": exchange.error,
        "route": exchange.route,
        "group": exchange.group,
        "side": exchange.side,
        "upstream": exchange.upstream,
        "reason": exchange.reason,
        "bucket": exchange.bucket,
        "duration_ms": _milliseconds(exchange.duration),
        "upstream_ms": _between(exchange.asked, exchange.answered),
        "bytes_in": exchange.bytes_in,
        "bytes_out": exchange.bytes_out,
        "tunnel": exchange.tunnel or None,
    }
    return (
        _ENCODER.encode({name: value for name, value in told.items() if value is not None and value != ""})
        + b"\n"
    )


def _time(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z"


def _milliseconds(seconds: float) -> float:
    return round(seconds * 1000, 3)


def _between(start: float | None, end: float | None) -> float | None:
    return None if start is None or end is None else _milliseconds(end - start)


class AccessLog:
    """Lines on their way to a file, or to standard output (``-``).

    A file that was moved away (logrotate) is opened anew by the next flush. ``write`` is called on the event loop,
    ``flush`` by one thread at a time. Raises ``BadDocument`` where the file cannot be opened.
    """

    def __init__(self, target: str) -> None:
        self.target = target
        self.written = 0
        self.dropped = 0
        self.trouble = ""
        """What the last flush could not do, for people; empty when it did."""
        self._waiting: list[bytes] = []
        self._size = 0
        self._descriptor: int | None = None
        try:
            self._descriptor = self._opened()
        except OSError as error:
            told = f"the access log cannot be opened: {error.strerror}"
            raise BadDocument(told, where=target, remedy="Check its folder, or log to - instead.") from None

    def write(self, text: bytes) -> None:
        """Takes a line, with its end."""
        if self._size + len(text) > MOST_WAITING:
            self.dropped += 1
            return
        self._waiting.append(text)
        self._size += len(text)

    def flush(self) -> None:
        """Writes what waits; what cannot be written is dropped."""
        lines, self._waiting = self._waiting, []
        self._size = 0
        if not lines:
            return
        try:
            self._reopen_when_moved()
            self._write(lines)
        except OSError as error:
            self.trouble = error.strerror or str(error)
        else:
            self.trouble = ""

    def close(self) -> None:
        """Writes what waits, and closes the file."""
        self.flush()
        if self._descriptor is not None and self.target != STDOUT:
            os.close(self._descriptor)
        self._descriptor = None

    def _write(self, lines: list[bytes]) -> None:
        assert self._descriptor is not None
        rest = memoryview(b"".join(lines))
        try:
            while rest:
                rest = rest[os.write(self._descriptor, rest) :]
        except OSError:
            lost = bytes(rest).count(b"\n")
            self.dropped += lost
            self.written += len(lines) - lost
            raise
        self.written += len(lines)

    def _opened(self) -> int:
        if self.target == STDOUT:
            return 1
        return os.open(self.target, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, _MODE)

    def _reopen_when_moved(self) -> None:
        if self.target == STDOUT or self._descriptor is None:
            return
        here = os.fstat(self._descriptor)
        there = None
        with suppress(FileNotFoundError):
            there = Path(self.target).stat()
        if there is None or (there.st_dev, there.st_ino) != (here.st_dev, here.st_ino):
            fresh = self._opened()
            os.close(self._descriptor)
            self._descriptor = fresh
