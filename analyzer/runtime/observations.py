"""Reads what the recorder wrote. The file comes from a production machine: nothing in it is believed unchecked."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Literal, NamedTuple

import msgspec
from msgspec import Meta

from analyzer.errors import BadObservations
from analyzer.model.facts import Mode
from analyzer.runtime.latency import BUCKETS
from analyzer.runtime.lines import lines_of
from analyzer.runtime.strangler_recorder import VERSION

MAX_ROWS = 500_000
"""Distinct rows kept of one file; what comes after them is skipped and counted."""

Count = Annotated[int, Meta(ge=0, le=2**53)]
Amount = Annotated[float, Meta(ge=0, le=1e15)]
Text = Annotated[str, Meta(max_length=1_000, pattern=r"^[^\x00-\x1f\x7f]*\Z")]
File = Annotated[
    str, Meta(max_length=1_000, pattern=r"^(?![/\\]|.*(?:^|/)\.\.(?:/|\Z))[^\x00-\x1f\x7f\\]*\Z")
]
Tables = Annotated[dict[Text, Count], Meta(max_length=5_000)]


class Key(NamedTuple):
    """A view as the recorder names it; ``route`` is None where no URL pattern matched."""

    route: str | None
    view: str
    name: str
    method: str


class Site(NamedTuple):
    """A line of the project; ``file`` is empty where no project code was on the stack."""

    file: str
    line: int
    function: str


@dataclass(slots=True)
class ViewUse:
    """What one view did: counts of requests and answers, of sampled requests, and the statements by table."""

    requests: int = 0
    sampled: int = 0
    errors: int = 0
    seconds: float = 0.0
    queries: int = 0
    query_ms: float = 0.0
    ms: list[int] = field(default_factory=lambda: [0] * BUCKETS)
    tables: Counter[tuple[str, Mode]] = field(default_factory=Counter)
    around: Counter[tuple[str, Mode]] = field(default_factory=Counter)
    """Touched by middleware around the view."""


@dataclass(slots=True)
class Observations:
    """Everything of one or several files, added up.

    ``sites``: (view, place, table, mode, inside the view) -> statements; ``joins``: (view, place, table, table);
    ``atomics``: (view, place, how it was opened, tables written) -> times.
    """

    views: defaultdict[Key, ViewUse] = field(default_factory=lambda: defaultdict(ViewUse))
    sites: Counter[tuple[Key, Site, str, Mode, bool]] = field(default_factory=Counter)
    joins: Counter[tuple[Key, Site, str, str]] = field(default_factory=Counter)
    atomics: Counter[tuple[Key, Site, str, tuple[str, ...]]] = field(default_factory=Counter)
    database: Counter[tuple[str, Mode]] = field(default_factory=Counter)
    database_joins: Counter[tuple[str, str]] = field(default_factory=Counter)
    """What the database itself counted; nobody knows which view asked."""
    batches: int = 0
    dropped: int = 0
    failures: int = 0
    first: int = 0
    last: int = 0
    """Seconds since 1970 of the first and the last batch."""
    skipped: int = 0
    """Lines that could not be understood, most often one that was cut off."""
    versions: set[str] = field(default_factory=set)

    @property
    def requests(self) -> int:
        return sum(view.requests for view in self.views.values())

    @property
    def sampled(self) -> int:
        return sum(view.sampled for view in self.views.values())

    def full(self) -> bool:
        return len(self.views) + len(self.sites) + len(self.joins) + len(self.atomics) >= MAX_ROWS


class _Line(msgspec.Struct, tag_field="kind", frozen=True, forbid_unknown_fields=True):
    v: Literal[1]


class _Batch(_Line, tag="batch", frozen=True):
    at: Count
    seconds: Amount
    sample: Annotated[float, Meta(ge=0, le=1)]
    python: Text
    django: Text
    dropped: Count
    failures: Count


class _Named(_Line, frozen=True):
    route: Text | None
    view: Text
    name: Text
    method: Text

    @property
    def key(self) -> Key:
        return Key(self.route, self.view, self.name, self.method)


class _Around(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    reads: Tables
    writes: Tables


class _View(_Named, tag="view", frozen=True):
    requests: Count
    sampled: Count
    status: Annotated[dict[Literal["1xx", "2xx", "3xx", "4xx", "5xx", "none"], Count], Meta(max_length=6)]
    seconds: Amount
    ms: Annotated[list[Count], Meta(min_length=BUCKETS, max_length=BUCKETS)]
    queries: Count
    query_ms: Amount
    reads: Tables
    writes: Tables
    around: _Around


class _Placed(_Named, frozen=True):
    n: Count
    file: File
    line: Annotated[int, Meta(ge=0, le=10_000_000)]
    function: Text

    @property
    def site(self) -> Site:
        return Site(self.file, self.line, self.function)


class _Site(_Placed, tag="site", frozen=True):
    table: Text
    mode: Mode
    inside: bool
    ms: Amount


class _Join(_Placed, tag="join", frozen=True):
    tables: tuple[Text, Text]


class _Atomic(_Placed, tag="atomic", frozen=True):
    opened: Literal["with", "decorator", "request", "library"]
    tables: Annotated[list[Text], Meta(max_length=5_000)]


class _Version(msgspec.Struct, frozen=True):
    v: int


_DECODER = msgspec.json.Decoder(_Batch | _View | _Site | _Join | _Atomic)
_VERSION = msgspec.json.Decoder(_Version)


def read_observations(path: Path, into: Observations | None = None) -> Observations:
    """Add one file to ``into``. Lines that cannot be understood are counted and left out.

    Raises BadObservations where the file cannot be read, was written by a recorder of another version, or holds no
    observation at all.
    """
    found = into if into is not None else Observations()
    understood = skipped = 0
    for line in lines_of(path):
        try:
            item = _DECODER.decode(line)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            _check_version(line, path)
            skipped += bool(line.strip())
            continue
        understood += 1
        if found.full() and not isinstance(item, _Batch):
            found.dropped += 1
        else:
            _add(found, item)
    if not understood:
        remedy = "Give a file that the recorder wrote; `strangler observe` says how to switch it on."
        raise BadObservations("holds no observations", where=str(path), remedy=remedy)
    found.skipped += skipped
    return found


def _check_version(line: bytes, path: Path) -> None:
    try:
        version = _VERSION.decode(line).v
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return
    if version != VERSION:
        message = f"was written by a recorder of version {version}; this strangler reads version {VERSION}"
        raise BadObservations(
            message,
            where=str(path),
            remedy="Copy the recorder out again: strangler observe --print-recorder.",
        )


def _add(found: Observations, item: _Batch | _View | _Site | _Join | _Atomic) -> None:
    match item:
        case _Batch():
            found.batches += 1
            found.dropped += item.dropped
            found.failures += item.failures
            found.first = min(found.first or item.at, item.at)
            found.last = max(found.last, item.at)
            found.versions.add(f"Django {item.django}, Python {item.python}")
        case _View():
            _add_view(found.views[item.key], item)
        case _Site():
            found.sites[item.key, item.site, item.table.lower(), item.mode, item.inside] += item.n
        case _Join():
            one, two = sorted(name.lower() for name in item.tables)
            found.joins[item.key, item.site, one, two] += item.n
        case _Atomic():
            written = tuple(sorted({name.lower() for name in item.tables}))
            found.atomics[item.key, item.site, item.opened, written] += item.n


def _add_view(view: ViewUse, item: _View) -> None:
    view.requests += item.requests
    view.sampled += item.sampled
    view.errors += item.status.get("5xx", 0) + item.status.get("none", 0)
    view.seconds += item.seconds
    view.queries += item.queries
    view.query_ms += item.query_ms
    view.ms = [one + two for one, two in zip(view.ms, item.ms, strict=True)]
    for counted, reads, writes in (
        (view.tables, item.reads, item.writes),
        (view.around, item.around.reads, item.around.writes),
    ):
        for name, count in reads.items():
            counted[name.lower(), "read"] += count
        for name, count in writes.items():
            counted[name.lower(), "write"] += count
