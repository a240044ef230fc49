"""Every way to change the route table: pure functions from a table and arguments to a ``Change``, or a refusal.

None of them counts the version up; the store does, when it accepts the change. Each raises ``Unknown`` for a name that
does not exist, ``BadDocument`` for an argument that means nothing, ``Refused`` for what the rules forbid (``force``
lifts that).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Any

from strangler.errors import Refused, Unknown
from strangler.routing.change import Change, changed
from strangler.routing.comparison import read_json_path
from strangler.routing.names import free_names, unknown
from strangler.routing.patterns import Kind, compile_pattern
from strangler.routing.policies import asking, policies_of
from strangler.routing.table import (
    MONOLITH,
    Gateway,
    Group,
    Route,
    RouteTable,
    Side,
    Upstream,
    WayBack,
    Writer,
)
from strangler.routing.values import (
    counted,
    read_connections,
    read_duration,
    read_file_path,
    read_host,
    read_identity,
    read_language,
    read_method,
    read_name,
    read_pattern,
    read_percent,
    read_server_name,
    read_text,
    read_url,
)
from strangler.routing.writers import left_behind

HAND_PRIORITY = 10
"""Routes added by hand are tried before imported ones (0), whose patterns usually match the same paths."""


@dataclass(frozen=True, slots=True)
class ImportedRoute:
    """One pattern of the monolith's URLconf. ``member``: it belongs to the boundary that is imported."""

    name: str
    kind: Kind
    pattern: str
    member: bool = False
    read_only: bool = False
    i18n: bool = False
    unprefixed: bool = False


def group_of(table: RouteTable, name: str) -> Group:
    """The group that a name means: a group's own, or that of a route."""
    if name in table.groups:
        return table.groups[name]
    for route in table.routes:
        if route.name == name:
            if route.group is not None:
                return table.groups[route.group]
            raise Unknown(
                f"the route {name!r} stays with the monolith: it belongs to no group",
                where="name",
                remedy="Import its boundary, or add a route with --service.",
            )
    raise unknown(table, name)


def add_route(
    table: RouteTable,
    name: str,
    patterns: Iterable[tuple[Kind, str]],
    *,
    service: str | None = None,
    group: str | None = None,
    methods: Iterable[str] = (),
    hosts: Iterable[str] = (),
    writer: Writer = "undeclared",
    priority: int = HAND_PRIORITY,
    force: bool = False,
) -> Change:
    """New routes. They found a group of their own (``service`` is a URL or an upstream's name), or join ``group``."""
    name = read_name(name, "name")
    texts = tuple((kind, read_pattern(text, kind)) for kind, text in patterns)
    if not texts:
        raise Refused("a route needs a pattern", remedy="Give --path, --prefix or --regex.")
    taken = {route.name for route in table.routes}
    if name in taken or (group is None and name in table.groups):
        raise Refused(
            f"there is a route or a group called {name!r} already",
            where="name",
            remedy="Choose another name, or join the group with --group.",
        )
    upstreams, groups = dict(table.upstreams), dict(table.groups)
    if group is not None:
        joined = group_of(table, group)
        if service is not None:
            raise Refused(
                f"the group {joined.name!r} has its service already",
                where="service",
                remedy=f"Leave --service out; the group's is {table.upstreams[joined.service].url}.",
            )
    else:
        upstream = _upstream(table, name, service)
        upstreams[upstream.name] = upstream
        joined = groups[name] = Group(name, upstream.name)
    if writer != "undeclared" and joined.writer not in ("undeclared", writer):
        raise Refused(
            f"the writer of {joined.name!r} is the {joined.writer}",
            where="writer",
            remedy=f"Moving it is a change of its own: strangler routes writer {joined.name} {writer}.",
        )
    if writer != "undeclared":
        groups[joined.name] = replace(joined, writer=writer)
    names = free_names(name, taken)
    added = tuple(
        Route(
            name=next(names),
            pattern=text,
            kind=kind,
            group=joined.name,
            methods=frozenset(read_method(method, "method") for method in methods),
            hosts=tuple(read_host(host, "host") for host in hosts),
            priority=priority,
        )
        for kind, text in texts
    )
    for route in added:
        compile_pattern(route.kind, route.pattern)
    new = replace(
        table,
        upstreams=MappingProxyType(upstreams),
        groups=MappingProxyType(groups),
        routes=(*table.routes, *added),
    )
    said = f"add {', '.join(f'{route.kind} {route.pattern}' for route in added)} to the group {joined.name}"
    return changed(table, new, "add", joined.name, said, force=force)


def import_routes(
    table: RouteTable,
    boundary: str,
    service: str,
    imported: Iterable[ImportedRoute],
    *,
    languages: Iterable[str] = (),
    default_language: str = "",
    force: bool = False,
) -> Change:
    """A boundary's patterns become a group; the rest of the URLconf keeps its place as the monolith's routes.

    ``languages`` (the codes in ``LANGUAGES``) and ``default_language`` (``LANGUAGE_CODE``) are the project's, for the
    patterns in ``i18n_patterns``.
    Importing again replaces what an earlier import brought: other boundaries keep their routes, every group its
    settings, routes added by hand stay.
    """
    boundary = read_name(boundary, "boundary")
    imported = tuple(imported)
    if not any(route.member for route in imported):
        raise Refused(
            f"the boundary {boundary!r} has no URL patterns",
            where="boundary",
            remedy="There is nothing to route; choose a boundary with views.",
        )
    by_hand = tuple(route for route in table.routes if not route.imported)
    kept = {
        (route.kind, route.pattern, route.i18n): route.group
        for route in reversed(table.routes)
        if route.imported and route.group != boundary
    }
    earlier = {
        (route.kind, route.pattern, route.i18n): route for route in reversed(table.routes) if route.imported
    }
    taken = {route.name for route in by_hand}
    routes = []
    for item in imported:
        name = next(free_names(read_name(item.name, "name"), taken))
        taken.add(name)
        group = boundary if item.member else kept.get((item.kind, item.pattern, item.i18n))
        compile_pattern(item.kind, item.pattern)
        before = earlier.get((item.kind, item.pattern, item.i18n))
        routes.append(
            Route(
                name,
                item.pattern,
                item.kind,
                group,
                read_only=item.read_only,
                imported=True,
                i18n=item.i18n,
                unprefixed=item.unprefixed,
                policy=before.policy if before else None,
                translate=before.translate if before else None,
                translate_body=before.translate_body if before else None,
            )
        )
    group_now = table.groups.get(boundary)
    upstream = _upstream(table, group_now.service if group_now else boundary, service)
    new = replace(
        table,
        upstreams=MappingProxyType({**table.upstreams, upstream.name: upstream}),
        groups=MappingProxyType(
            {**table.groups, boundary: replace(group_now or Group(boundary, ""), service=upstream.name)}
        ),
        routes=(*routes, *by_hand),
        gateway=_with_languages(table.gateway, tuple(languages), default_language),
    )
    members = sum(route.member for route in imported)
    said = f"import {boundary}: {counted(members, 'route')} of {counted(len(routes), 'URL pattern')}"
    return changed(table, new, "import", boundary, said, force=force)


def _with_languages(gateway: Gateway, languages: tuple[str, ...], default: str) -> Gateway:
    """What an import says of languages replaces what was known; one that says nothing leaves it."""
    if not languages:
        return gateway
    codes = tuple(read_language(code, "languages").lower() for code in languages)
    return replace(gateway, languages=codes, default_language=read_language(default, "default_language"))


def set_shadow(table: RouteTable, name: str, percent: float) -> Change:
    """Mirror a share of the monolith's safe requests to the service."""
    group = group_of(table, name)
    after = replace(group, shadow=read_percent(percent, "percent"))
    said = f"shadow {group.name} {group.shadow:g} % -> {after.shadow:g} %"
    return changed(table, _with_group(table, after), "shadow", group.name, said)


def set_ignore(table: RouteTable, name: str, path: str, *, ignore: bool = True) -> Change:
    """Leave a path out of the shadow's comparison, or put it in again."""
    group = group_of(table, name)
    path = read_json_path(path, "path")
    if not ignore and path not in group.ignore:
        raise Unknown(
            f"{path} is not ignored", where=f"groups.{group.name}.ignore", remedy="Nothing is to be done."
        )
    others = tuple(known for known in group.ignore if known != path)
    after = replace(group, ignore=(*others, path) if ignore else others)
    said = f"{'ignore' if ignore else 'compare'} {path} of {group.name}"
    return changed(table, _with_group(table, after), "ignore", group.name, said)


def set_share(
    table: RouteTable,
    name: str,
    percent: float,
    *,
    sticky: str | None = None,
    tenant: str | None = None,
    force: bool = False,
) -> Change:
    """Let the service answer a share of a group's cohort, or of one tenant's part of it. Refused upwards while a group
    that writes has no writer."""
    group = group_of(table, name)
    share = read_percent(percent, "percent")
    if tenant is None:
        after = replace(group, share=share)
        said = f"share of {group.name} {group.share:g} % -> {share:g} %"
    else:
        shares = dict(group.shares)
        said = f"share of {tenant} in {group.name} {shares.get(tenant, group.share):g} % -> {share:g} %"
        after = replace(group, shares=tuple(sorted({**shares, read_text(tenant, "tenant"): share}.items())))
    if sticky is not None:
        after = replace(after, sticky=read_identity(sticky, "sticky"))
        said += f", sticky by {after.sticky}"
    return changed(table, _with_group(table, after), "canary", group.name, said, force=force)


def flip(table: RouteTable, name: str, to: Side, *, force: bool = False) -> Change:
    """All of a group's safe methods to one side. Writes go where the writer is; that is a change of its own."""
    group = group_of(table, name)
    said = f"flip {group.name} to the {to} (share {group.share:g} % -> "
    if to == "service":
        new = _with_group(table, replace(group, share=100.0, shares=()))
        return changed(table, new, "flip", group.name, said + "100 %)", force=force)
    new = _with_group(table, replace(group, share=0.0, shares=(), allow=()))
    return changed(table, new, "flip", group.name, said + "0 %)", alarms=left_behind(group))


def set_writer(table: RouteTable, name: str, writer: Writer, *, way_back: WayBack | None = None) -> Change:
    """Say which side takes every unsafe request of a group, and how writes find back from the service."""
    group = group_of(table, name)
    after = replace(group, writer=writer, way_back=way_back or group.way_back)
    alarms: tuple[str, ...] = ()
    if group.writer == "service" and writer != "service" and after.way_back == "none":
        alarms = (
            f"what {group.name}'s service has written since it became the writer is not in the monolith: "
            "copy it back before anybody writes there",
        )
    if group.writer != "service" and writer == "service" and after.way_back == "none":
        alarms = (
            f"{group.name}: from now on the monolith lacks what the service writes, and a rollback leaves the writes "
            "with the service (way_back = none)",
        )
    said = f"writer of {group.name}: {group.writer} -> {writer}, way back: {after.way_back}"
    return changed(table, _with_group(table, after), "writer", group.name, said, alarms=alarms)


def set_policy(table: RouteTable, name: str, policy: str | None) -> Change:
    """The policy of a group, or of one route; ``none``: none at all; None: whatever it inherits."""
    before = asking(table)
    if name in table.groups:
        new = _with_group(table, replace(table.groups[name], policy=policy))
    elif any(route.name == name for route in table.routes):
        routes = (replace(r, policy=policy) if r.name == name else r for r in table.routes)
        new = replace(table, routes=tuple(routes))
    else:
        raise unknown(table, name)
    change = changed(table, new, "policy", name, f"policy of {name}: {policy or 'inherited'}")
    after = asking(change.table)
    opened = [route.name for route in table.routes if route.name in before - after]
    alarms = (f"nobody is asked any longer who they are: {', '.join(opened)}",) if opened else ()
    return replace(change, alarms=alarms)


def rollback(table: RouteTable, name: str | None = None) -> Change:
    """Back to the monolith, at once: one group, or all. Never refused.

    Safe methods move, allow lists included. The writer moves too where there is a way back for what the service wrote;
    with ``way_back = none`` it stays, and an alarm says so.
    """
    concerned = [group_of(table, name)] if name is not None else list(table.groups.values())
    new = table
    alarms: list[str] = []
    for group in concerned:
        alarms.extend(left_behind(group))
        writer: Writer = group.writer
        if writer == "service" and group.way_back != "none":
            writer = "monolith"
        new = _with_group(new, replace(group, share=0.0, shares=(), allow=(), writer=writer))
    moved = [
        f"{group.name} ({group.share:g} % -> 0 %{_writer_moved(group, new.groups[group.name])})"
        for group in concerned
        if group != new.groups[group.name]
    ]
    subject = concerned[0].name if name is not None else ""
    said = f"roll back {', '.join(moved) or subject or 'everything'} to the monolith"
    return changed(table, new, "rollback", subject, said, alarms=tuple(alarms))


def restore(
    table: RouteTable, earlier: RouteTable, name: str | None = None, *, force: bool = False
) -> Change:
    """An earlier version's table again, or one group's settings of it. A writer without a way back stays, as in
    ``rollback``."""
    if name is not None:
        group = group_of(table, name)
        if group.name not in earlier.groups:
            raise Unknown(
                f"version {earlier.version} has no group {group.name!r}",
                where="name",
                remedy=f"See it with: strangler routes diff {earlier.version}.",
            )
        names = [group.name]
        old = earlier.groups[group.name]
        new = _with_group(table, old)
        if old.service not in new.upstreams:
            new = _with_upstream(new, earlier.upstreams[old.service])
        lost = policies_of(old, earlier)
        new = replace(new, policies=MappingProxyType({**lost, **new.policies}))
    else:
        names = list(table.groups)
        new = replace(earlier, version=table.version)
    alarms: list[str] = []
    for each in names:
        now = table.groups[each]
        then = new.groups.get(each)
        if now.writer != "service" or (then is not None and then.writer == "service"):
            continue
        alarms.extend(left_behind(now, stays=then is not None))
        if now.way_back == "none" and then is not None:
            new = _with_group(new, replace(then, writer=now.writer, way_back=now.way_back))
    said = f"restore {name or 'the routes'} of version {earlier.version}"
    subject = names[0] if name is not None else ""
    return changed(table, new, "rollback", subject, said, alarms=tuple(alarms), force=force)


def apply_table(table: RouteTable, wanted: RouteTable, *, force: bool = False) -> Change:
    """Exactly the table of a document, instead of what stands."""
    new = replace(wanted, version=table.version)
    alarms = [
        alarm
        for name, group in table.groups.items()
        if group.writer == "service" and (name not in new.groups or new.groups[name].writer != "service")
        for alarm in left_behind(group, stays=False)
    ]
    counts = f"{counted(len(new.groups), 'group')}, {counted(len(new.routes), 'route')}"
    return changed(table, new, "apply", "", f"apply a document: {counts}", alarms=tuple(alarms), force=force)


def set_upstream(
    table: RouteTable,
    name: str,
    url: str,
    *,
    connect_timeout: float | str | None = None,
    read_timeout: float | str | None = None,
    max_connections: int | None = None,
    ca: str | None = None,
    cert: str | None = None,
    key: str | None = None,
    server_name: str | None = None,
) -> Change:
    """Where a server is, and what is expected of it. What is not given stays as it is; "" takes a file or name away."""
    name = read_name(name, "name")
    given: dict[str, Any] = {"url": read_url(url, "url")}
    if connect_timeout is not None:
        given["connect_timeout"] = read_duration(connect_timeout, "connect_timeout")
    if read_timeout is not None:
        given["read_timeout"] = read_duration(read_timeout, "read_timeout")
    if max_connections is not None:
        given["max_connections"] = read_connections(max_connections, "max_connections")
    for field, value in {"ca": ca, "cert": cert, "key": key}.items():
        if value is not None:
            given[field] = read_file_path(value, field) if value else ""
    if server_name is not None:
        given["server_name"] = read_server_name(server_name, "server_name") if server_name else ""
    before = table.upstreams.get(name)
    after = replace(before or Upstream(name, ""), **given)
    said = f"upstream {name}: {before.url if before else 'none'} -> {after.url}"
    return changed(table, _with_upstream(table, after), "upstream", name, said)


def remove(table: RouteTable, name: str) -> Change:
    """Forget a group with the routes that were added by hand (imported ones stay as the monolith's), or one route."""
    group = table.groups.get(name)
    if group is None:
        found = next((route for route in table.routes if route.name == name), None)
        if found is None:
            raise unknown(table, name)
        others = tuple(route for route in table.routes if route is not found)
        return changed(
            table, replace(table, routes=others), "remove", found.group or "", f"remove the route {name}"
        )
    routes = tuple(
        replace(route, group=None) if route.group == name else route
        for route in table.routes
        if route.group != name or route.imported
    )
    groups = {key: value for key, value in table.groups.items() if key != name}
    used = {MONOLITH, *(value.service for value in groups.values())}
    upstreams = {key: value for key, value in table.upstreams.items() if key != group.service or key in used}
    new = replace(
        table, upstreams=MappingProxyType(upstreams), groups=MappingProxyType(groups), routes=routes
    )
    return changed(
        table, new, "remove", name, f"remove the group {name}", alarms=left_behind(group, stays=False)
    )


def _writer_moved(before: Group, after: Group) -> str:
    return f", writer {before.writer} -> {after.writer}" if before.writer != after.writer else ""


def _upstream(table: RouteTable, name: str, service: str | None) -> Upstream:
    """The upstream that ``service`` means: one that exists, by its name, or ``name`` at a URL."""
    if service is None:
        raise Refused("a new group needs its service", where="service", remedy="Give --service URL.")
    if service in table.upstreams:
        return table.upstreams[service]
    return replace(table.upstreams.get(name) or Upstream(name, ""), url=read_url(service, "service"))


def _with_group(table: RouteTable, group: Group) -> RouteTable:
    return replace(table, groups=_with(table.groups, group.name, group))


def _with_upstream(table: RouteTable, upstream: Upstream) -> RouteTable:
    return replace(table, upstreams=_with(table.upstreams, upstream.name, upstream))


def _with(mapping: Mapping[str, Any], key: str, value: Any) -> Mapping[str, Any]:
    return MappingProxyType({**mapping, key: value})
