"""What of a difference may be kept: values that look like secrets or like people are masked. Pure."""

from __future__ import annotations

import re

from strangler.shadow.compare import Difference, covered

HIDDEN = "(redacted)"
_SECRET = re.compile(
    r"pass(?:word|wd|phrase)?\b|secret|token|api_?key|auth|credential|session|cookie|csrf|signature|cvv|cvc|pin\b|ssn|iban",
    re.IGNORECASE,
)
_EMAIL = re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+")
_LONG_NUMBER = re.compile(r"\d(?:[ -]?\d){8,}")
_TOKEN = re.compile(r"[A-Za-z0-9_+/=-]{24,}(?:\.[A-Za-z0-9_+/=-]+)*")
_QUERY = re.compile(r"\?[^\s\"']*")


def redacted(difference: Difference, paths: tuple[str, ...] = ()) -> Difference:
    """The same difference without what nobody should read in a log: the values of secret names and of ``paths``;
    e-mail addresses, numbers of nine digits and more, long tokens and the queries of URLs within other values."""
    path = difference.path
    if covered(path, paths) or _SECRET.search(path.rpartition(".")[2]):
        return Difference(path, HIDDEN, HIDDEN)
    return Difference(path, _masked(difference.old), _masked(difference.new))


def _masked(text: str) -> str:
    text = _QUERY.sub("?...", text) if "://" in text or text.startswith("/") else text
    for expression, mark in ((_EMAIL, "(e-mail)"), (_LONG_NUMBER, "(number)"), (_TOKEN, "(token)")):
        text = expression.sub(mark, text)
    return text
