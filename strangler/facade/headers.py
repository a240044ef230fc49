"""Header rules, both ways, as pure functions.

Sources: RFC 9110 (7.2 Host, 7.6.1 Connection), RFC 9112 (3.2 request target and Host, 6 message framing, 11.2 request
smuggling). What a browser sent in ``Host`` reaches the upstream unchanged: Django checks ``Origin`` against it.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache

from strangler.facade.asgi import Headers
from strangler.facade.failures import refuse
from strangler.routing.identity import RESERVED

HOP_BY_HOP = frozenset(
    {
        b"connection",
        b"keep-alive",
        b"proxy-authenticate",
        b"proxy-authorization",
        b"proxy-connection",
        b"te",
        b"trailer",
        b"transfer-encoding",
        b"upgrade",
    }
)
"""Fields that concern one connection and are never passed on. Trailers are dropped, so ``Trailer`` is too."""
_FORWARDED = frozenset(
    {
        b"forwarded",
        b"x-forwarded-for",
        b"x-forwarded-host",
        b"x-forwarded-port",
        b"x-forwarded-prefix",
        b"x-forwarded-proto",
        b"x-forwarded-protocol",
        b"x-forwarded-scheme",
        b"x-forwarded-server",
        b"x-forwarded-ssl",
        b"x-real-ip",
    }
)
"""None of these is passed on as it came; ``origin_of`` writes the four that are."""
_OWN = frozenset(name.encode() for name in RESERVED)
"""What only the facade says. A client's copy is never passed on."""
_TRACE = frozenset({b"traceparent", b"tracestate"})
_READ = (
    frozenset({b"host", b"content-length", b"expect", b"x-request-id"})
    | HOP_BY_HOP
    | _FORWARDED
    | _TRACE
    | _OWN
)
_FRAMING = frozenset({b"host", b"content-length"})
_MOST_HOST = 262
"""Bytes of the longest host name (RFC 1035, 2.3.4), in brackets or with a port."""
_HOST = re.compile(rb"(?:[A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\])(?::[0-9]{1,5})?")
_KEPT = re.compile(rb"public|s-maxage|max-age=\"?0*[1-9]")
_REQUEST_ID = re.compile(rb"[A-Za-z0-9._:/+=@-]{1,128}")


@dataclass(slots=True)
class Head:
    """What a request's head says. ``kept`` are its end-to-end fields without Host, Content-Length, Expect,
    X-Request-Id, what only the facade says, and everything about forwarding and tracing; ``forwarded`` are the fields
    about forwarding as they came."""

    host: bytes
    kept: Headers
    forwarded: dict[bytes, bytes]
    content_length: int | None = None
    chunked: bool = False
    expects_continue: bool = False
    upgrade: bytes | None = None
    request_id: bytes | None = None
    trace: dict[bytes, bytes] = dataclasses.field(default_factory=dict)
    """The fields of W3C Trace Context; of one that stands twice nothing is known (section 3.2.1)."""

    @property
    def has_body(self) -> bool:
        """Whether the head announces a body, be it empty."""
        return self.chunked or self.content_length is not None


def read_head(version: str, headers: Headers) -> Head:
    """The head of a request, read strictly: raises ``Failure`` where two servers could disagree about it."""
    if version not in ("1.1", "1.0"):
        raise refuse(f"HTTP/{version} is not spoken here")
    kept: Headers = []
    head = Head(b"", kept, {})
    nominated: set[bytes] = set()
    seen_host = False
    for field in headers:
        name, value = field
        if name not in _READ:
            if (
                b"_" not in name
            ):  # WSGI reads X_Forwarded_For as X-Forwarded-For; Django's server drops these too
                kept.append(field)
        elif name == b"host":
            if seen_host:
                raise refuse("Host stands twice")
            seen_host, head.host = True, value
        elif name == b"connection":
            nominated.update(token.strip().lower() for token in value.split(b","))
        else:
            _read_special(head, name, value)
    _check_framing(version, head, seen_host)
    if version == "1.0" or not head.has_body:
        head.expects_continue = False
    if head.upgrade is not None and b"upgrade" not in nominated:
        head.upgrade = None
    if nominated:
        _without_nominated(head, nominated)
    return head


def _read_special(head: Head, name: bytes, value: bytes) -> None:
    if name == b"content-length":
        if head.content_length is not None:
            raise refuse("Content-Length stands twice")
        if not value.isdigit() or len(value) > 18:
            raise refuse("Content-Length is not a number")
        head.content_length = int(value)
    elif name == b"transfer-encoding":
        if head.chunked or value.strip().lower() != b"chunked":
            raise refuse("the only Transfer-Encoding that is understood is chunked, once")
        head.chunked = True
    elif name == b"expect":
        if value.strip().lower() != b"100-continue":
            raise refuse("the only Expect that is understood is 100-continue")
        head.expects_continue = True
    elif name == b"upgrade":
        head.upgrade = value.strip().lower()
    elif name == b"x-request-id":
        if _REQUEST_ID.fullmatch(value):
            head.request_id = value
    elif name in _TRACE:
        head.trace[name] = value if name not in head.trace else b""
    elif name in _FORWARDED:
        before = head.forwarded.get(name)
        head.forwarded[name] = value if before is None else before + b", " + value


def _check_framing(version: str, head: Head, seen_host: bool) -> None:
    if not seen_host:
        if version == "1.1":
            raise refuse("Host is missing")
    elif not host_is_valid(head.host):
        raise refuse("Host is not a host name with an optional port")
    if head.chunked:
        if head.content_length is not None:
            raise refuse("Content-Length and Transfer-Encoding contradict each other")
        if version == "1.0":
            raise refuse("HTTP/1.0 has no Transfer-Encoding")


def _without_nominated(head: Head, nominated: set[bytes]) -> None:
    unwanted = nominated - _FRAMING
    if any(name in unwanted for name, _ in head.kept):
        head.kept[:] = [field for field in head.kept if field[0] not in unwanted]


def host_is_valid(host: bytes) -> bool:
    """Whether a Host field is a name or address with an optional port, and nothing else."""
    return len(host) <= _MOST_HOST and _fits_host(host)  # what is remembered has to be short


@lru_cache(maxsize=1024)
def _fits_host(host: bytes) -> bool:
    return _HOST.fullmatch(host) is not None


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a request came from, as far as it is believed; ``fields`` tell the upstream."""

    client: str
    scheme: str
    fields: tuple[tuple[bytes, bytes], ...]


def origin_of(
    peer: str, scheme: str, host: bytes, forwarded: Mapping[bytes, bytes], trusted_hops: int
) -> Origin:
    """Who asked. With no trusted proxy in front, what the client says about forwarding is replaced. With N of them, the
    last N entries of X-Forwarded-For (the peer included) are proxies, the one before is the client, and what stands
    further left is forged and cut off. ``Forwarded`` is never passed on: two spellings of one truth drift apart."""
    if not trusted_hops or not forwarded:
        return _direct(peer, scheme, host)
    chain = [*_items(forwarded.get(b"x-forwarded-for")), peer.encode()][-(trusted_hops + 1) :]
    scheme = "https" if _outermost(forwarded, b"x-forwarded-proto", trusted_hops) == b"https" else scheme
    told_host = _outermost(forwarded, b"x-forwarded-host", trusted_hops)
    seen_host = told_host if told_host and host_is_valid(told_host) else host
    port = _outermost(forwarded, b"x-forwarded-port", trusted_hops)
    port = port if port and port.isdigit() else _port(seen_host, scheme)
    return Origin(chain[0].decode("latin-1"), scheme, _fields(b", ".join(chain), scheme, seen_host, port))


@lru_cache(maxsize=4096)
def _direct(peer: str, scheme: str, host: bytes) -> Origin:
    return Origin(peer, scheme, _fields(peer.encode(), scheme, host, _port(host, scheme)))


def _fields(chain: bytes, scheme: str, host: bytes, port: bytes) -> tuple[tuple[bytes, bytes], ...]:
    fields = (
        (b"x-forwarded-for", chain),
        (b"x-forwarded-proto", scheme.encode()),
        (b"x-forwarded-host", host),
        (b"x-forwarded-port", port),
    )
    return fields if host else (*fields[:2], fields[3])  # HTTP/1.0 needs no Host


def _items(value: bytes | None) -> list[bytes]:
    return [item for item in (part.strip() for part in (value or b"").split(b",")) if item]


def _outermost(forwarded: Mapping[bytes, bytes], name: bytes, trusted_hops: int) -> bytes | None:
    items = _items(forwarded.get(name))
    return items[-trusted_hops if trusted_hops <= len(items) else 0] if items else None


def _port(host: bytes, scheme: str) -> bytes:
    tail = host.rpartition(b"]")[2]
    return tail.rpartition(b":")[2] if b":" in tail else b"443" if scheme == "https" else b"80"


def answer_headers(headers: Headers) -> Headers:
    """An upstream's fields without what concerns only its connection. Order and repetition (Set-Cookie) are kept."""
    unwanted = HOP_BY_HOP
    for name, value in headers:
        if name == b"connection":
            nominated = {token.strip().lower() for token in value.split(b",")}
            unwanted = unwanted | (nominated - _FRAMING)
    return [field for field in headers if field[0] not in unwanted]


def is_shared(headers: Headers) -> bool:
    """Whether a shared cache is told to keep an answer (RFC 9111, 3), so that no cookie of one user may stand in it."""
    told = b",".join(value for name, value in headers if name == b"cache-control").lower()
    return _KEPT.search(told) is not None and b"private" not in told and b"no-store" not in told


class HeaderView(Mapping[str, str]):
    """Header fields by lower-case name, decoded on access; of a repeated field the first counts."""

    __slots__ = ("_fields",)

    def __init__(self, fields: Headers) -> None:
        self._fields = fields

    def __getitem__(self, name: str) -> str:
        wanted = name.encode("latin-1", "replace")
        for key, value in self._fields:
            if key == wanted:
                return value.decode("latin-1")
        raise KeyError(name)

    def __iter__(self) -> Iterator[str]:
        return iter(dict.fromkeys(key.decode("latin-1") for key, _ in self._fields))

    def __len__(self) -> int:
        return len({key for key, _ in self._fields})


class CookieView(Mapping[str, str]):
    """Cookies by name, parsed on first access as Django does: split at ``;``, the last of equal names wins."""

    __slots__ = ("_cookies", "_fields")

    def __init__(self, fields: Headers) -> None:
        self._fields = fields
        self._cookies: dict[str, str] | None = None

    def __getitem__(self, name: str) -> str:
        return self._parsed()[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._parsed())

    def __len__(self) -> int:
        return len(self._parsed())

    def _parsed(self) -> dict[str, str]:
        if self._cookies is None:
            self._cookies = {}
            for key, value in self._fields:
                if key == b"cookie":
                    for part in value.decode("latin-1").split(";"):
                        name, equals, content = part.partition("=")
                        if equals:
                            self._cookies[name.strip()] = content.strip().strip('"')
        return self._cookies
