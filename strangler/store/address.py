"""The addresses of states, as they may be shown."""

from __future__ import annotations

from urllib.parse import parse_qsl, urlencode, urlsplit


def without_password(url: str) -> str:
    """The address as a person may see it, in logs and answers: no password, wherever it stood."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return url.partition("://")[0] + "://..."
    login, at, host = parts.netloc.rpartition("@")
    query = urlencode(
        [(key, value) for key, value in parse_qsl(parts.query, True) if key not in ("password", "passfile")]
    )
    return f"{parts.scheme}://{login.partition(':')[0]}{at}{host}{parts.path}" + (
        f"?{query}" if query else ""
    )
