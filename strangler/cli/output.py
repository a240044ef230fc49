"""Where results go: standard output, or a file that is either the old one or the new one, never half of it."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from pathlib import Path

from strangler.errors import BadDocument, StranglerError


def write(data: bytes, output: str) -> None:
    """Write to a file, or for ``-`` to standard output; raises ``StranglerError`` where that cannot be."""
    if output == "-":
        sys.stdout.buffer.write(data)
        sys.stdout.buffer.flush()
        return
    try:
        _write_file(data, Path(output).resolve())  # a link stays one
    except (OSError, RuntimeError) as error:
        remedy = "Give a file in a folder that exists and can be written."
        reason = error.strerror if isinstance(error, OSError) else "it is a link to itself"
        raise StranglerError(f"cannot be written: {reason}", where=output, remedy=remedy) from None


def _write_file(data: bytes, target: Path) -> None:
    if (
        target.exists() and not target.is_file()
    ):  # a pipe, or a device: to put a file in the place of /dev/null harms all
        target.write_bytes(data)
        return
    partial = target.with_name(f".{target.name}.{os.getpid()}.partial")
    try:
        partial.write_bytes(data)
        partial.replace(target)
    except OSError:
        partial.unlink(missing_ok=True)
        raise


def choice(formats: Sequence[str]) -> str:
    """``text, html or json``."""
    return f"{', '.join(formats[:-1])} or {formats[-1]}"


def refuse_format(format: str, formats: Sequence[str]) -> None:
    """Raise ``BadDocument`` for a format that is none of these."""
    if format not in formats:
        remedy = f"Use {choice(formats)}."
        raise BadDocument(f"there is no format {format!r}", where="--format", remedy=remedy)


def is_plain(output: str) -> bool:
    """Whether what is written there is text without colours, by the environment's wish too."""
    forced = os.environ.get("FORCE_COLOR") or os.environ.get("TTY_COMPATIBLE")
    return output != "-" or not (forced or sys.stdout.isatty())
