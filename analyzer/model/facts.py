"""What is known about a code base after its names are resolved: the facts that everything later is computed from.

All paths are relative to the analysed folder, with forward slashes; lines count from 1. A table is a database table
name in lower case, a model label is ``app_label.ModelName``, a module and a view are dotted Python names.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

RelationKind = Literal["fk", "o2o", "m2m", "gfk", "grel", "mti"]
Mode = Literal["read", "write"]
AccessKind = Literal[
    "query", "lock", "bulk", "save", "delete", "cascade", "join", "related", "raw", "migration"
]
"""``migration``: once, by the function of a data migration; no part of the running system."""
EntryKind = Literal[
    "view", "mutation", "resolver", "task", "command", "receiver", "admin", "template_tag", "migration"
]  # fmt: skip


@dataclass(frozen=True, slots=True, order=True)
class Location:
    """One place in the analysed code."""

    file: str
    line: int

    def __str__(self) -> str:
        return f"{self.file}:{self.line}"


@dataclass(frozen=True, slots=True)
class Relation:
    """A declared edge between two models.

    ``target`` is a model label, or ``None`` where it could not be resolved (``target_text`` keeps what was written).
    ``on_delete`` is Django's name in capitals (``CASCADE``), ``through`` the label of an explicit m2m model,
    ``through_table`` the table of any m2m.
    """

    kind: RelationKind
    field: str
    target: str | None
    location: Location
    target_text: str = ""
    on_delete: str | None = None
    related_name: str | None = None
    through: str | None = None
    through_table: str | None = None
    null: bool = False


@dataclass(frozen=True, slots=True)
class Field:
    """A concrete column of a model: its name, column, Django field class, and the flags a contract cares about."""

    name: str
    column: str
    type: str
    location: Location
    null: bool = False
    unique: bool = False
    primary_key: bool = False
    max_length: int | None = None
    digits: int | None = None
    """``max_digits`` of a decimal."""
    decimals: int | None = None
    """``decimal_places`` of a decimal."""
    choices: tuple[tuple[str | int, str], ...] = ()
    """Values and labels, where they are literal; an empty label is not."""
    default: str | int | float | bool | None = None
    """The literal default of new records."""


@dataclass(frozen=True, slots=True)
class Key:
    """A unique constraint or an index over several columns, as ``Meta`` declares it: its fields in order, without the
    sign of a descending one."""

    fields: tuple[str, ...]
    location: Location
    unique: bool = True


@dataclass(frozen=True, slots=True)
class Model:
    """A Django model class. ``table`` is empty if abstract; ``tenant_key``: the field that leads to the tenant."""

    label: str
    name: str
    app: str
    module: str
    table: str
    location: Location
    abstract: bool = False
    proxy: bool = False
    managed: bool = True
    tenant_key: str | None = None
    bases: tuple[str, ...] = ()
    fields: tuple[Field, ...] = ()
    relations: tuple[Relation, ...] = ()
    library: bool = False
    """Defined outside the analysed folder (``auth.User``), listed because it is referred to; it has no file."""
    keys: tuple[Key, ...] = ()


@dataclass(frozen=True, slots=True)
class Import:
    """``source`` imports ``target`` (both modules of the project). ``names``: the imported symbols; ``*``: a star."""

    source: str
    target: str
    location: Location
    names: tuple[str, ...] = ()
    deferred: bool = False
    """Inside a function or under ``TYPE_CHECKING``: often a circular import in hiding."""


@dataclass(frozen=True, slots=True)
class Route:
    """A URL pattern, in the resolver's order.

    ``route`` is the concatenation of the patterns as Django prints them (``api/items/<int:pk>/``). ``regex`` is one
    regular expression for the whole path without its leading slash, its groups without names, when any level was
    ``re_path``; None when every level was ``path()``: then ``route`` is exact. ``i18n``: a language stands before it;
    ``unprefixed``: but not the default one (``prefix_default_language=False``).
    ``methods`` are those that the view accepts, HEAD and OPTIONS among them; empty where that is not certain.
    The tables are those that serving it usually touches; the entry point of its view has all that it may touch.
    """

    route: str | None
    view: str
    location: Location
    name: str | None = None
    regex: str | None = None
    i18n: bool = False
    methods: tuple[str, ...] = ()
    tables_read: tuple[str, ...] = ()
    tables_written: tuple[str, ...] = ()
    namespace: str = ""
    library: bool = False
    """The view is defined outside the analysed folder (Django's admin, a login view)."""
    unprefixed: bool = False


@dataclass(frozen=True, slots=True)
class Access:
    """A place that reads or writes a table. ``function``: ``Class.method`` or a name; empty at module level."""

    location: Location
    module: str
    function: str
    table: str
    mode: Mode
    kind: AccessKind = "query"
    confidence: float = 1.0
    rule: str = ""
    database: str = ""
    """The alias of the database, where ``using`` or a router names another one than the default."""


@dataclass(frozen=True, slots=True)
class Join:
    """Two tables joined in SQL, or by a lookup path that becomes a join. ``table_a`` < ``table_b``."""

    table_a: str
    table_b: str
    location: Location
    function: str = ""


@dataclass(frozen=True, slots=True)
class Transaction:
    """An atomic span and the tables usually touched inside it, through every call that could be followed."""

    location: Location
    module: str
    function: str
    tables_read: tuple[str, ...] = ()
    tables_written: tuple[str, ...] = ()
    databases: tuple[str, ...] = ()
    """The aliases of the databases that it writes, if they are several."""


@dataclass(frozen=True, slots=True)
class Call:
    """A call from one project function to another, by full dotted names."""

    source: str
    target: str
    location: Location


@dataclass(frozen=True, slots=True)
class EntryPoint:
    """A place where work begins: a view, task, command, signal receiver, admin class; with all that it may touch.

    ``takes``: the names of a task's parameters, but for those whose default is a number, a flag or a text.
    """

    kind: EntryKind
    name: str
    location: Location
    tables_read: tuple[str, ...] = ()
    tables_written: tuple[str, ...] = ()
    takes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class SignalReceiver:
    """A receiver, the signal it listens to, the models (labels) that send it; empty ``senders`` means any."""

    receiver: str
    signal: str
    location: Location
    senders: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class RawSQL:
    """A raw statement, the tables it reads and writes, and whether sqlglot could parse it. ``keys``: the names in it
    that end in ``_id``, in small letters."""

    location: Location
    function: str
    tables_read: tuple[str, ...] = ()
    tables_written: tuple[str, ...] = ()
    parsed: bool = True
    keys: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class OpenQuery:
    """Where a view begins a query of a table whose rows belong to tenants, and none of its conditions leads to the
    tenant, to a row that was fetched before, or to a user."""

    location: Location
    function: str
    table: str


@dataclass(frozen=True, slots=True)
class CacheUse:
    """A place where a function puts something into a cache, and the names that its key is made of, sorted.

    ``page``: the cache keeps whole answers of the view of this name, by their address; the place is the view's.
    """

    location: Location
    module: str
    function: str
    words: tuple[str, ...] = ()
    page: bool = False


@dataclass(frozen=True, slots=True)
class Unresolved:
    """An ORM call site or name that could not be resolved, and the reason in one phrase."""

    location: Location
    expression: str
    reason: str


@dataclass(frozen=True, slots=True)
class Module:
    """One source file: its dotted name, size, and the Django app (label) it belongs to, if any."""

    name: str
    file: str
    lines: int
    app: str | None = None
    is_test: bool = False
    is_migration: bool = False


@dataclass(frozen=True, slots=True)
class Facts:
    """Everything that was found in a code base, each list sorted by location (routes: in resolver order)."""

    project: str
    modules: tuple[Module, ...] = ()
    models: tuple[Model, ...] = ()
    imports: tuple[Import, ...] = ()
    routes: tuple[Route, ...] = ()
    accesses: tuple[Access, ...] = ()
    joins: tuple[Join, ...] = ()
    transactions: tuple[Transaction, ...] = ()
    calls: tuple[Call, ...] = ()
    entry_points: tuple[EntryPoint, ...] = ()
    receivers: tuple[SignalReceiver, ...] = ()
    raw_sql: tuple[RawSQL, ...] = ()
    open_queries: tuple[OpenQuery, ...] = ()
    cache_uses: tuple[CacheUse, ...] = ()
    """Of a project whose rows belong to tenants; of others nobody asks."""
    unresolved: tuple[Unresolved, ...] = ()
    orm_sites: int = 0
    """ORM call sites seen: outermost chains with a manager or queryset method on a receiver not proved foreign."""
    orm_sites_resolved: int = 0
    problems: tuple[Finding, ...] = ()
    """What went wrong while reading: files that cannot be parsed, settings that cannot be read."""
    languages: tuple[str, ...] = ()
    """Codes that may stand before a route that is ``i18n``, in small letters: ``LANGUAGES``, or Django's own list."""
    language_code: str = "en-us"
    """``LANGUAGE_CODE``."""
    use_tz: bool = True
    """``USE_TZ``: whether points in time carry their zone."""
    observed: Observed | None = None
    """What was seen at run time, if observations or access logs were given."""
    history: History | None = None
    """How the code changed, if its history was asked for."""


Severity = Literal["error", "warning", "note"]


@dataclass(frozen=True, slots=True)
class Finding:
    """Something a person should know, with a stable code, the places that show it, and the remedy."""

    code: str
    severity: Severity
    message: str
    locations: tuple[Location, ...] = ()
    remedy: str = ""


@dataclass(frozen=True, slots=True)
class Traffic:
    """What one URL pattern served. ``position`` is its place in ``routes``; percentiles are None without timings."""

    position: int
    requests: int
    errors: int
    """Answers of status 5xx, and requests that ended without an answer."""
    seconds: float
    """Time that the server spent on it, in seconds."""
    p50_ms: float | None = None
    p95_ms: float | None = None


@dataclass(frozen=True, slots=True)
class Observed:
    """Observations laid over the facts. A pair is (URL pattern, table of a project's model, mode).

    ``pairs_foreseen / pairs_seen`` is the share that the static analysis had claimed; ``claims_confirmed / claims`` the
    share of its claims about the same URL patterns that was seen: traffic does not take every branch.
    """

    requests: int = 0
    unmatched: int = 0
    """Requests that no known URL pattern answers."""
    traffic: tuple[Traffic, ...] = ()
    routes_reached: int = 0
    """URL patterns whose statements were recorded at least once."""
    pairs_seen: int = 0
    pairs_foreseen: int = 0
    claims: int = 0
    claims_confirmed: int = 0
    missed: tuple[Finding, ...] = ()
    """What only the observation shows."""


@dataclass(frozen=True, slots=True)
class Change:
    """One commit: who made it (a number, never a name) and which of the project's modules it changed."""

    author: int
    modules: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class History:
    """The commits that changed the project's modules, newest first."""

    changes: tuple[Change, ...] = ()
