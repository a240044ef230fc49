"""Old clients, new service: bodies on routes with ``translate`` pass from one shape to the other, by a mapping of acl.

The request's JSON goes from the legacy shape to the contract, the answer's from the contract to the legacy shape. What
cannot be translated is a ``Failure`` that names places and no values. Source of the rules for validators and
ranges: RFC 9110, 8.8.3, 13.1 and 14.2: another representation has another entity tag.
"""

from __future__ import annotations

import asyncio
import logging
import re
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from hashlib import sha256
from typing import Literal
from urllib.parse import urlsplit, urlunsplit

import msgspec

from acl.mapping import compile_source
from acl.wire import Answer as Translated
from acl.wire import Wire
from strangler.facade.asgi import Headers
from strangler.facade.failures import Failure, Kind
from strangler.facade.guarded import Figures
from strangler.facade.transport import Answer, Body, Request
from strangler.routing import SAFE_METHODS, Decision, RouteTable

__all__ = ["LIMIT", "Crossing", "Translations", "Whole", "may_step_in"]

logger = logging.getLogger("strangler.facade")

LIMIT = 1024 * 1024
"""Bytes of a body that is translated: it has to be whole for that."""
_QUICK = 16 * 1024
"""Bytes that are translated at once; more would keep other requests waiting."""
_MOST_TOLD = 10
_MOST_REMEMBERED = 1_000

Way = Literal["request", "answer"]
Relink = Callable[[str], str]

_TAG = re.compile(rb'(W/)?"([^"]*)"')
_OF_THE_BODY = frozenset(
    {b"content-length", b"content-encoding", b"content-md5", b"digest", b"content-digest", b"repr-digest"}
)
"""Fields that are about the bytes of one body."""
_OF_AN_ANSWER = _OF_THE_BODY | {b"accept-ranges"}
_NOT_ASKED = frozenset({b"accept-encoding", b"range", b"if-range", b"if-modified-since"})
"""A body has to come plain and whole; a date says nothing about what it was translated by."""


class Translations:
    """The mappings that bodies may be translated by, by their names. ``slow`` ones look something up."""

    def __init__(self, wires: Mapping[str, Wire], slow: Collection[str] = ()) -> None:
        self._wires = dict(wires)
        self._marks = {name: _mark(wire) for name, wire in wires.items()}
        self._slow = frozenset(slow)
        self._aside = ThreadPoolExecutor(1, "translation")  # one thread: it owns what it looks up in
        self._done: Counter[tuple[str, Way]] = Counter()
        self._refused: Counter[tuple[str, Way]] = Counter()
        self._unknown: list[str] = []
        self._told: set[str] = set()

    def warn(self, table: RouteTable) -> None:
        """Tells the operator, once, of mappings that a table names and that are not here."""
        named = {name for route in table.routes for name in (route.translate, route.translate_body) if name}
        unknown = sorted(named - self._wires.keys())
        if unknown and unknown != self._unknown:
            told = "what the service is to answer on these routes is answered 502"
            logger.warning(
                "the route table names mappings that are not loaded: %s; %s", ", ".join(unknown), told
            )
        self._unknown = unknown

    def crossing(self, answers: str, requests: str, headers: Headers) -> Crossing:
        """How the bodies of a request are translated, each by a mapping; ``headers`` are those that the upstream gets.
        Raises ``Failure`` where a mapping is not known."""
        for name in (answers, requests):
            if name not in self._wires:
                raise Failure("untranslatable", f"the mapping {name} of this route is not loaded here")
        fields = dict(headers)
        host, scheme = fields.get(b"x-forwarded-host", b""), fields.get(b"x-forwarded-proto", b"http")
        return Crossing(
            self, answers, requests, self._marks[answers], host.decode("latin-1"), scheme.decode()
        )

    async def translated(self, name: str, way: Way, body: bytes, relink: Relink | None = None) -> bytes:
        """A body in the other shape; raises ``Failure``."""
        wire = self._wires[name]
        try:
            if len(body) <= _QUICK and name not in self._slow:
                found = _translate(wire, way, body, relink)
            else:
                loop = asyncio.get_running_loop()
                found = await loop.run_in_executor(self._aside, _translate, wire, way, body, relink)
        except Exception as error:  # a mapping is the operator's own code
            logger.error("the mapping %s failed: %s", name, error)
            raise self.refusal(name, way, "the mapping failed") from None
        if found.body is None:
            raise self.refusal(name, way, _reasons(found, way))
        self._done[name, way] += 1
        return found.body

    def refusal(self, name: str, way: Way, why: str) -> Failure:
        """What cannot be translated, counted and told."""
        self._refused[name, way] += 1
        kind: Kind = "untranslatable" if way == "answer" else "unprocessable"
        of = "the service's answer" if way == "answer" else "the body"
        refusal = Failure(kind, f"{of} cannot be translated by {name}: {why}")
        self._tell(refusal)
        return refusal

    def figures(self) -> Figures:
        """Running totals, for telemetry."""
        return {
            name: [
                ({"mapping": mapping, "body": way}, float(n)) for (mapping, way), n in sorted(counts.items())
            ]
            for name, counts in (
                ("strangler_translated_total", self._done),
                ("strangler_untranslatable_total", self._refused),
            )
        }

    def close(self) -> None:
        """Lets its thread go."""
        self._aside.shutdown(wait=False, cancel_futures=True)

    def _tell(self, refusal: Failure) -> None:
        """The operator hears each kind of trouble with the service's answers once; a client's is its own."""
        told = refusal.message
        if refusal.kind == "untranslatable" and told not in self._told and len(self._told) < _MOST_REMEMBERED:
            self._told.add(told)
            logger.warning("%s", told)


@dataclass(frozen=True, slots=True)
class Crossing:
    """One request and its answer on their way from one shape to the other."""

    translations: Translations
    answers: str
    requests: str
    mark: bytes
    host: str
    scheme: str

    async def request(
        self, request: Request, body: Body | None, most: int | None
    ) -> tuple[Request, Body | None]:
        """What the service is asked, in its own shape; raises ``Failure``."""
        headers = _asked(request.headers, self.mark)
        if body is None or request.content_length == 0:
            return replace(request, headers=headers), body
        if (request.content_length or 0) > LIMIT:
            raise Failure("body too large", f"a body that is translated has at most {LIMIT} bytes")
        if not _is_plain_json(headers):
            raise self.translations.refusal(self.requests, "request", "it is not plain application/json")
        body.most = LIMIT if most is None else min(LIMIT, most)
        told = bytearray()
        while not body.ended:
            told += await body.read()
        if told:
            told[:] = await self.translations.translated(self.requests, "request", bytes(told))
            headers = [field for field in headers if field[0] not in _OF_THE_BODY]
        whole = replace(
            request, headers=headers, content_length=len(told), chunked=False, expects_continue=False
        )
        return whole, Told(bytes(told))

    async def answer(self, method: str, answer: Answer) -> Answer:
        """The answer in the shape that the client knows; raises ``Failure``, and has finished the answer then."""
        if answer.status == 304 or (method == "HEAD" and 200 <= answer.status < 300):
            answer.headers = _marked(answer.headers, self.mark)
            return answer
        if not 200 <= answer.status < 300 or answer.status in (204, 205) or method == "OPTIONS":
            return answer
        try:
            body = await self._whole(answer)
        finally:
            answer.finish()
        if not body:
            return Whole(answer.status, answer.headers, body)
        body = await self.translations.translated(self.answers, "answer", body, self._relinked)
        headers = [*_marked(answer.headers, self.mark), (b"content-length", b"%d" % len(body))]
        return Whole(answer.status, headers, body)

    async def _whole(self, answer: Answer) -> bytes:
        lengths = [value for name, value in answer.headers if name == b"content-length"]
        if lengths == [b"0"]:
            return b""
        if answer.status == 206 or not _is_plain_json(answer.headers):
            raise self.translations.refusal(self.answers, "answer", "it is not plain application/json")
        told = bytearray()
        while not answer.complete:
            told += await answer.read()
            if len(told) > LIMIT:
                why = f"it has more than {LIMIT} bytes"
                raise self.translations.refusal(self.answers, "answer", why)
        return bytes(told)

    def _relinked(self, link: str) -> str:
        """A link to another page, to where the client asked."""
        parts = urlsplit(link)
        if parts.scheme not in ("http", "https") or not self.host:
            return link
        return urlunsplit(parts._replace(scheme=self.scheme, netloc=self.host))


class Told(Body):
    """A translated body, which is sent once: unlike one that was kept, it is no leave to repeat its request."""

    __slots__ = ("_data",)

    def __init__(self, data: bytes) -> None:
        self._data = data
        self.most = None
        self.ended = False
        self.size = len(data)

    async def read(self) -> bytes:
        """All of it."""
        self.ended = True
        return self._data


@dataclass(slots=True)
class Whole:
    """An answer that is at hand."""

    status: int
    headers: Headers
    body: bytes
    complete: bool = False

    async def read(self) -> bytes:
        """All of it."""
        self.complete = True
        return self.body

    def finish(self) -> None:
        """Nothing is left to give back."""


def may_step_in(decision: Decision, request: Request, failure: Failure) -> bool:
    """Whether the monolith may answer what the service's answer was not translated to."""
    return (
        failure.kind == "untranslatable"
        and request.method in SAFE_METHODS
        and request.may_replay
        and not (decision.group is not None and decision.group.monolith_is_behind)
    )


def _translate(wire: Wire, way: Way, body: bytes, relink: Relink | None) -> Translated:
    if way == "request":
        return wire.to_contract(body)
    page = _page(body)
    if page is None:
        return wire.to_legacy(body)
    found = wire.to_legacy(bytes(page["results"]))
    if found.body is None:
        return found
    links = {name: _relink(page[name], relink) for name in ("next", "previous")}
    return Translated(msgspec.json.encode({**page, **links, "results": msgspec.Raw(found.body)}))


def _page(body: bytes) -> dict[str, msgspec.Raw] | None:
    """The members of an object that is one page of a list, as Django REST framework writes it."""
    if body.lstrip()[:1] != b"{":
        return None
    try:
        members = msgspec.json.decode(body, type=dict[str, msgspec.Raw])
    except (msgspec.DecodeError, RecursionError):
        return None
    if not {"next", "previous", "results"} <= members.keys():
        return None
    return members if bytes(members["results"]).lstrip()[:1] == b"[" else None


def _relink(raw: msgspec.Raw, relink: Relink | None) -> object:
    try:
        link = msgspec.json.decode(raw, type=str)
        return relink(link) if relink is not None else link
    except ValueError:  # null, or something that is no link
        return raw


def _reasons(found: Translated, way: Way) -> str:
    """A client hears what is wrong with its own body; of the service's only where."""
    told = dict.fromkeys(
        f"{_place(one.path)} ({one.reason if way == 'request' else one.operation})"
        for one in found.untranslatable
    )
    rest = f" and {len(told) - _MOST_TOLD} more" if len(told) > _MOST_TOLD else ""
    return ", ".join(list(told)[:_MOST_TOLD]) + rest


def _place(path: str) -> str:
    """A path as it may be told: members of a list are one place."""
    return re.sub(r"\[\d+\]", "[]", path)[:200] or "the body"


def _is_plain_json(headers: Iterable[tuple[bytes, bytes]]) -> bool:
    told = {b"content-type": b"", b"content-encoding": b"identity"}
    for name, value in headers:
        if name in told:
            told[name] = value.strip().lower()
    kind, *parameters = (part.strip() for part in told[b"content-type"].split(b";"))
    charsets = [
        part.partition(b"=")[2].strip(b'" ') for part in parameters if part.partition(b"=")[0] == b"charset"
    ]
    plain = told[b"content-encoding"] in (b"", b"identity")
    return kind == b"application/json" and plain and all(name in (b"utf-8", b"utf8") for name in charsets)


def _asked(headers: Headers, mark: bytes) -> Headers:
    """A request's fields as the service gets them: its own entity tags, and no wish for parts or compression."""
    kept: Headers = []
    for name, value in headers:
        if name == b"if-none-match" and value.strip() != b"*":
            own = _own_tags(value, mark)
            kept += [(name, b", ".join(own))] if own else []
        elif name == b"if-match":
            kept.append((name, value.replace(mark + b'"', b'"')))
        elif name not in _NOT_ASKED:
            kept.append((name, value))
    return [*kept, (b"accept-encoding", b"identity")]


def _own_tags(value: bytes, mark: bytes) -> list[bytes]:
    """Those of a client's entity tags that name something that was translated by this mapping, as the service gave
    them; all others are of another shape."""
    return [b'%s"%s"' % (w, tag.removesuffix(mark)) for w, tag in _TAG.findall(value) if tag.endswith(mark)]


def _marked(headers: Headers, mark: bytes) -> Headers:
    """An answer's fields without what was about the service's bytes."""
    return [
        (name, _TAG.sub(rb'\1"\2' + mark + b'"', value, count=1) if name == b"etag" else value)
        for name, value in headers
        if name not in _OF_AN_ANSWER
    ]


def _mark(wire: Wire) -> bytes:
    """What tells entity tags of translated bodies from others: another mapping makes other bytes."""
    return b"-" + sha256(compile_source(wire.translator.mapping).encode()).hexdigest()[:12].encode()
