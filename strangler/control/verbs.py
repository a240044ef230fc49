"""The changes as messages: what the command line builds, the admin API receives, and ``Control`` carries out.

One type for both ways in, so that a change means the same by command and by API.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal

import msgspec

from strangler.routing import RouteTable, Side, changes
from strangler.routing.change import Change
from strangler.routing.changes import HAND_PRIORITY, ImportedRoute
from strangler.routing.document import from_document
from strangler.routing.patterns import Kind
from strangler.routing.table import WayBack, Writer

At = Callable[[int], RouteTable]
"""How an earlier version's table is found."""


class Verb(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="verb", kw_only=True):
    """One change that somebody wants; ``name`` is a route's or a group's.

    Its ``change(table, at, force)`` says what it would make of a table, or raises what ``routing.changes`` raises.
    """


class Pattern(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    kind: Kind
    text: str


class Add(Verb, frozen=True, tag="add"):
    name: str
    patterns: tuple[Pattern, ...]
    service: str | None = None
    group: str | None = None
    methods: tuple[str, ...] = ()
    hosts: tuple[str, ...] = ()
    writer: Writer = "undeclared"
    priority: int = HAND_PRIORITY

    def change(self, table: RouteTable, at: At, force: bool) -> Change:
        return changes.add_route(
            table,
            self.name,
            [(pattern.kind, pattern.text) for pattern in self.patterns],
            service=self.service,
            group=self.group,
            methods=self.methods,
            hosts=self.hosts,
            writer=self.writer,
            priority=self.priority,
            force=force,
        )


class Import(Verb, frozen=True, tag="import"):
    boundary: str
    service: str
    routes: tuple[ImportedRoute, ...]
    languages: tuple[str, ...] = ()
    default_language: str = ""

    def change(self, table: RouteTable, at: At, force: bool) -> Change:
        return changes.import_routes(
            table,
            self.boundary,
            self.service,
            self.routes,
            languages=self.languages,
            default_language=self.default_language,
            force=force,
        )


class Shadow(Verb, frozen=True, tag="shadow"):
    name: str
    percent: float

    def change(self, table: RouteTable, at: At, force: bool) -> Change:
        return changes.set_shadow(table, self.name, self.percent)


class Ignore(Verb, frozen=True, tag="ignore"):
    """Leaves a path out of the shadow's comparison; ``ignore=False`` puts it in again."""

    name: str
    path: str
    ignore: bool = True

    def change(self, table: RouteTable, at: At, force: bool) -> Change:
        return changes.set_ignore(table, self.name, self.path, ignore=self.ignore)


class Canary(Verb, frozen=True, tag="canary"):
    name: str
    percent: float
    sticky: str | None = None
    tenant: str | None = None

    def change(self, table: RouteTable, at: At, force: bool) -> Change:
        sticky, tenant = self.sticky, self.tenant
        return changes.set_share(table, self.name, self.percent, sticky=sticky, tenant=tenant, force=force)


class Flip(Verb, frozen=True, tag="flip"):
    name: str
    to: Side

    def change(self, table: RouteTable, at: At, force: bool) -> Change:
        return changes.flip(table, self.name, self.to, force=force)


class SetWriter(Verb, frozen=True, tag="writer"):
    name: str
    writer: Literal["monolith", "service"]
    way_back: WayBack | None = None

    def change(self, table: RouteTable, at: At, force: bool) -> Change:
        return changes.set_writer(table, self.name, self.writer, way_back=self.way_back)


class SetPolicy(Verb, frozen=True, tag="policy"):
    """Of a group, or of one route. ``none``: none at all; without ``policy``: whatever it inherits."""

    name: str
    policy: str | None = None

    def change(self, table: RouteTable, at: At, force: bool) -> Change:
        return changes.set_policy(table, self.name, self.policy)


class Rollback(Verb, frozen=True, tag="rollback"):
    """To the monolith; with ``to``, to what stood in that version. Without ``name``: everything."""

    name: str | None = None
    to: int | None = None

    def change(self, table: RouteTable, at: At, force: bool) -> Change:
        if self.to is None:
            return changes.rollback(table, self.name)
        return changes.restore(table, at(self.to), self.name, force=force)


class Apply(Verb, frozen=True, tag="apply"):
    document: dict[str, Any]

    def change(self, table: RouteTable, at: At, force: bool) -> Change:
        return changes.apply_table(table, from_document(self.document), force=force)


class SetUpstream(Verb, frozen=True, tag="upstream"):
    name: str
    url: str
    connect_timeout: str | float | None = None
    read_timeout: str | float | None = None
    max_connections: int | None = None
    ca: str | None = None
    cert: str | None = None
    key: str | None = None
    server_name: str | None = None

    def change(self, table: RouteTable, at: At, force: bool) -> Change:
        return changes.set_upstream(
            table,
            self.name,
            self.url,
            connect_timeout=self.connect_timeout,
            read_timeout=self.read_timeout,
            max_connections=self.max_connections,
            ca=self.ca,
            cert=self.cert,
            key=self.key,
            server_name=self.server_name,
        )


class Remove(Verb, frozen=True, tag="remove"):
    name: str

    def change(self, table: RouteTable, at: At, force: bool) -> Change:
        return changes.remove(table, self.name)


AnyVerb = (
    Add
    | Import
    | Shadow
    | Ignore
    | Canary
    | Flip
    | SetWriter
    | SetPolicy
    | Rollback
    | Apply
    | SetUpstream
    | Remove
)


class Request(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """A change and its circumstances: the body of ``POST /api/changes``."""

    change: AnyVerb
    reason: str = ""
    force: bool = False
    dry_run: bool = False
