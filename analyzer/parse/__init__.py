"""File to syntax tree. A file that cannot be parsed becomes a finding with its place, never silence."""

from __future__ import annotations

import ast
import io
import tokenize
import warnings
from dataclasses import dataclass, replace
from pathlib import Path

from analyzer.cache import digest
from analyzer.discover import size_of
from analyzer.model.facts import Finding, Location


@dataclass(frozen=True, slots=True)
class Parsed:
    """A parsed file: its text and tree, or the finding that says why there is none."""

    text: str
    tree: ast.Module | None
    problem: Finding | None = None
    content: bytes = b""
    """What ``analyzer.cache.contents`` says of the file: the digest of its bytes."""


def parse(folder: Path, file: str, max_bytes: int) -> Parsed:
    """Read and parse one file below ``folder``; never raises for what is in the file."""
    path = folder / file
    try:
        size = size_of(path)
        if size > max_bytes:
            message = f"not parsed: {size:,} bytes is more than the limit of {max_bytes:,}"
            return replace(_failed(file, 1, message, "file-too-large"), content=b"large %d" % size)
        data = path.read_bytes()
    except OSError as error:
        failed = _failed(file, 1, f"cannot be read: {error.strerror or error}", "unreadable-file")
        return replace(failed, content=b"unreadable %d" % (error.errno or 0))
    return replace(parse_bytes(file, data), content=digest(data))


def parse_bytes(file: str, data: bytes) -> Parsed:
    """Parse the content of one file, honouring its encoding cookie (PEP 263)."""
    try:
        encoding, _ = tokenize.detect_encoding(io.BytesIO(data).readline)
        text = data.decode(encoding)
    except (SyntaxError, UnicodeDecodeError, LookupError) as error:
        return _failed(file, 1, f"cannot be decoded: {error}", "undecodable-file")
    try:
        return Parsed(text, parse_text(text, file))
    except SyntaxError as error:
        return _newer(text, file) or _failed(
            file, error.lineno or 1, f"cannot be parsed: {error.msg}", "unparsed-file"
        )
    except (ValueError, RecursionError, MemoryError) as error:
        return _failed(file, 1, f"cannot be parsed: {str(error) or type(error).__name__}", "unparsed-file")


def _newer(text: str, file: str) -> Parsed | None:
    """The file, if it is in syntax that the running Python does not know yet."""
    from analyzer.parse.newer import parse_newer  # costs 10 ms, and hardly any project needs it

    try:
        return Parsed(*parse_newer(text, file))
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None


def parse_text(text: str, file: str = "<text>") -> ast.Module:
    """``ast.parse`` without the compiler's warnings, which are about the analysed project and not about us."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return ast.parse(text, file)


def _failed(file: str, line: int, message: str, code: str) -> Parsed:
    remedy = "Analyse with a Python at least as new as the project's, or remove the file."
    if code == "file-too-large":
        remedy = "Generated data needs no analysis; if it is code, split it."
    return Parsed("", None, Finding(code, "warning", f"{file} {message}", (Location(file, line),), remedy))
