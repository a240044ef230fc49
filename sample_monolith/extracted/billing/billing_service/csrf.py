"""Django's check of a browser's write: same origin, and the cookie's secret repeated in a header.

The rules and the words are those of `django.middleware.csrf` (5.2), so that both sides answer alike.
"""

from __future__ import annotations

import hmac
import string

from starlette.requests import Request

__all__ = ["csrf_fault"]

_COOKIE, _HEADER = "csrftoken", "x-csrftoken"
_SECRET, _TOKEN = 32, 64
_LETTERS = string.ascii_letters + string.digits


def csrf_fault(request: Request) -> str | None:
    """Why the request is not known to come from one of the site's own pages; None when it is."""
    origin = request.headers.get("origin")
    if origin is not None and origin != f"{request.url.scheme}://{request.headers.get('host', '')}":
        return f"Origin checking failed - {origin} does not match any trusted origins."
    secret = request.cookies.get(_COOKIE)
    if secret is None:
        return "CSRF cookie not set."
    if fault := _malformed(secret):
        return f"CSRF cookie {fault}."
    token = request.headers.get(_HEADER)
    if not token:
        return "CSRF token missing."
    if fault := _malformed(token):
        return f"CSRF token from the 'X-Csrftoken' HTTP header {fault}."
    if not hmac.compare_digest(_plain(token), _plain(secret)):
        return "CSRF token from the 'X-Csrftoken' HTTP header incorrect."
    return None


def _malformed(token: str) -> str | None:
    if len(token) not in {_SECRET, _TOKEN}:
        return "has incorrect length"
    return None if set(token) <= set(_LETTERS) else "has invalid characters"


def _plain(token: str) -> str:
    """A token of double length is the secret, shifted letter by letter by the mask before it."""
    if len(token) == _SECRET:
        return token
    shifts = zip(token[_SECRET:], token[:_SECRET], strict=True)
    return "".join(_LETTERS[_LETTERS.index(letter) - _LETTERS.index(mask)] for letter, mask in shifts)
