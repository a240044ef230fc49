"""Lines of a file that may be compressed, huge, cut off, or not text at all."""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Iterator
from pathlib import Path

from analyzer.errors import BadObservations

MAX_LINE = 1_000_000
"""Bytes. A longer line is skipped, and counted by whoever reads it as one that cannot be understood."""
MAX_LINES = 100_000_000


def lines_of(path: Path) -> Iterator[bytes]:
    """The lines, without their ends; a line above MAX_LINE comes as an empty one. A file that begins as gzip is
    unpacked.

    Raises BadObservations where the file cannot be read, or stops being gzip in the middle.
    """
    try:
        with path.open("rb") as plain:
            packed = plain.read(2) == b"\x1f\x8b"
            plain.seek(0)
            with gzip.GzipFile(fileobj=plain) if packed else plain as stream:
                for _ in range(MAX_LINES):
                    line = stream.readline(MAX_LINE)
                    if not line:
                        return
                    whole = line.endswith(b"\n") or len(line) < MAX_LINE
                    while not whole:
                        rest = stream.readline(MAX_LINE)
                        whole = not rest or rest.endswith(b"\n")
                        line = b""
                    yield line.rstrip(b"\r\n")
    except (EOFError, zlib.error, gzip.BadGzipFile):
        raise BadObservations(
            "the compressed file is damaged",
            where=str(path),
            remedy="Copy it again, or unpack what is left of it.",
        ) from None
    except OSError as error:
        raise BadObservations(
            f"cannot be read: {error.strerror or error}",
            where=str(path),
            remedy="Give a file that can be read.",
        ) from None
