"""Who is asking, once that is known, and for how long it is remembered. Pure: the time is told."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Generic, Literal, TypeVar
from urllib.parse import urlsplit

from strangler.routing import SAFE_METHODS

K = TypeVar("K")
V = TypeVar("V")

LONGEST_SUBJECT = 256


@dataclass(frozen=True, slots=True)
class Identity:
    """Somebody who is known by a verified token, or by the monolith's word about a session. ``expires`` (Unix seconds)
    is the end of what that rests on, or None."""

    subject: str
    claims: Mapping[str, Any] = field(repr=False)
    via: Literal["token", "session"]
    expires: float | None = None


@dataclass(frozen=True, slots=True)
class Known:
    """An identity, and what has been made of it: ``assertions`` are signed ones, by audience and claims."""

    identity: Identity
    assertions: dict[tuple[str, tuple[str, ...]], tuple[bytes, float]] = field(
        default_factory=dict, repr=False
    )


class ClaimView(Mapping[str, str]):
    """Claims as texts, for cohorts and tenants: strings, whole numbers and truths; others are not there."""

    __slots__ = ("_claims",)

    def __init__(self, claims: Mapping[str, Any]) -> None:
        self._claims = claims

    def __getitem__(self, name: str) -> str:
        text = text_of(self._claims[name])
        if text is None:
            raise KeyError(name)
        return text

    def __iter__(self) -> Iterator[str]:
        return (name for name, value in self._claims.items() if text_of(value) is not None)

    def __len__(self) -> int:
        return sum(1 for _ in self)


def text_of(value: object) -> str | None:
    """A claim as a text, or None where it is not a single value."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value) if isinstance(value, str | int) else None


def subject_of(claims: Mapping[str, Any]) -> str | None:
    """Whom claims are about, or None: nobody."""
    told = claims.get("sub")
    subject = None if isinstance(told, bool) else text_of(told)
    return subject if subject and len(subject) <= LONGEST_SUBJECT and subject.isprintable() else None


class Remembered(Generic[K, V]):
    """Values that are believed until a moment of the caller's clock. At most ``size``: the oldest gives way."""

    __slots__ = ("_kept", "_size")

    def __init__(self, size: int) -> None:
        self._kept: dict[K, tuple[V, float]] = {}
        self._size = size

    def get(self, key: K, now: float) -> V | None:
        """The value, or None where there is none that is still believed."""
        found = self._kept.get(key)
        if found is None:
            return None
        if found[1] <= now:
            del self._kept[key]
            return None
        return found[0]

    def put(self, key: K, value: V, until: float) -> None:
        """Remembers a value."""
        self._kept.pop(key, None)
        if len(self._kept) >= self._size:
            del self._kept[next(iter(self._kept))]
        self._kept[key] = (value, until)

    def drop(self, key: K) -> None:
        """Forgets a value, if it is there."""
        self._kept.pop(key, None)

    def clear(self) -> None:
        """Forgets everything."""
        self._kept.clear()

    def __len__(self) -> int:
        return len(self._kept)


def is_cross_site(method: str, headers: Mapping[str, str], host: str, trusted: tuple[str, ...]) -> bool:
    """Whether a browser says that another site made it send this write, with a cookie that it adds by itself.

    ``Sec-Fetch-Site`` decides where it is sent (all browsers since 2023, to trustworthy addresses), else ``Origin``
    against ``Host``. A client that sends neither is no browser that could be tricked.
    """
    if method in SAFE_METHODS:
        return False
    origin = headers.get("origin")
    if origin is not None and origin.lower() in trusted:
        return False
    fetched = headers.get("sec-fetch-site")
    if fetched is not None:
        return fetched.lower() not in ("same-origin", "none")
    return origin is not None and not _is_own(origin, host)


def _is_own(origin: str, host: str) -> bool:
    try:
        return bool(host) and urlsplit(origin).netloc.lower() == host.lower()
    except ValueError:
        return False
