"""How the shadow compares the answers of a group. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass

from strangler.errors import BadDocument
from strangler.routing.sections import Reader, each, one_of, read_fields
from strangler.routing.values import read_duration, read_percent, read_text

_HEADER = re.compile(r"[a-z0-9!#$%&'*+.^`|~-]+")


@dataclass(frozen=True, slots=True)
class Comparison:
    """What does not count as a difference, beside a group's ``ignore``. Paths are JSON paths with positions folded
    (``$.results[*].total``); one covers everything below it.

    ``unordered`` lists may come in any order; ``numbers`` may differ by so much; times (ISO 8601) by ``times``
    seconds. ``header_names`` are compared in addition to those that every client acts upon. For ``noise`` percent of
    the mirrored requests the monolith is asked again: where it differs from itself, the service may too.
    ``credentials``: what proves who asks is sent with the copies (``keep``) or not (``strip``). ``redact``: paths whose
    values are never kept.
    """

    unordered: tuple[str, ...] = ()
    numbers: float = 0.0
    times: float = 0.0
    header_names: tuple[str, ...] = ()
    noise: float = 10.0
    credentials: str = "keep"
    redact: tuple[str, ...] = ()


EXACTLY = Comparison()
"""Everything counts but what the monolith itself never says twice."""


def read_comparison(value: object, where: str) -> Comparison:
    return Comparison(**read_fields(value, where, _READERS))


def read_json_path(value: object, where: str) -> str:
    """A path as differences are told with: ``$.a.b``, ``status``, ``header:NAME``, ``body``, ``text``."""
    text = read_text(value, where)
    if text.startswith(("$", "header:")) or text in ("status", "body", "text"):
        return text
    raise BadDocument(
        f"{text!r} is not the path of a difference",
        where=where,
        remedy="Write it as it is told: $.results[*].links, status, header:location, text or body.",
    )


def _read_number(value: object, where: str) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < 1e15:
        raise BadDocument(f"{value!r} is not a tolerance", where=where, remedy="Write a number from 0 up.")
    return float(value)


def _read_header(value: object, where: str) -> str:
    name = read_text(value, where).lower()
    if _HEADER.fullmatch(name) is None:
        raise BadDocument(f"{value!r} is not the name of a header", where=where, remedy="Correct it.")
    return name


def _read_time(value: object, where: str) -> float:
    return 0.0 if value in (0, "0") else float(read_duration(value, where))


_READERS: dict[str, Reader] = {
    "unordered": each(read_json_path),
    "numbers": _read_number,
    "times": _read_time,
    "header_names": each(_read_header),
    "noise": read_percent,
    "credentials": one_of(("keep", "strip")),
    "redact": each(read_json_path),
}
