"""The route table as a document, and back: the same in the store, in ``routes apply|export`` and in ``strangler.toml``.

Reading is strict: a key that does nothing is an error, never ignored. ``from_document(to_document(table))`` is the
table.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from difflib import get_close_matches, unified_diff
from types import MappingProxyType
from typing import Any, get_args

from strangler.errors import BadDocument
from strangler.routing.patterns import Kind, compile_pattern
from strangler.routing.table import MONOLITH, Gateway, Group, Route, RouteTable, Upstream, WayBack, Writer
from strangler.routing.values import (
    read_connections,
    read_duration,
    read_hops,
    read_host,
    read_language,
    read_method,
    read_name,
    read_pattern,
    read_percent,
    read_priority,
    read_rule,
    read_sticky,
    read_tenant,
    read_text,
    read_url,
    write_duration,
    write_percent,
)

Document = dict[str, Any]
Reader = Callable[[object, str], Any]

SECTIONS = ("gateway", "upstreams", "groups", "routes")
"""The top-level keys of a document."""


def from_document(document: object, version: int = 0) -> RouteTable:
    """The table that a parsed TOML or JSON document describes; raises ``BadDocument`` with the first fault's path."""
    sections = _table(document, "")
    _only(sections, SECTIONS, "")
    table = RouteTable(
        version=version,
        upstreams=_named(sections.get("upstreams", {}), "upstreams", _UPSTREAM, Upstream),
        groups=_named(sections.get("groups", {}), "groups", _GROUP, Group),
        routes=tuple(
            _route(value, f"routes[{position}]")
            for position, value in enumerate(_list(sections.get("routes", []), "routes"))
        ),
        gateway=Gateway(**_fields(sections.get("gateway", {}), "gateway", _GATEWAY)),
    )
    check(table)
    return table


def to_document(table: RouteTable) -> Document:
    """The document of a table, as JSON or TOML can hold it: defaults left out, names and keys in a fixed order."""
    document: Document = {
        "gateway": _changed(table.gateway, Gateway()),
        "upstreams": {
            name: {"url": upstream.url, **_changed(upstream, Upstream(name, upstream.url))}
            for name, upstream in sorted(table.upstreams.items())
        },
        "groups": {
            name: {"service": group.service, **_changed(group, Group(name, group.service))}
            for name, group in sorted(table.groups.items())
        },
        "routes": [
            {
                "name": route.name,
                route.kind: route.pattern,
                **_changed(route, Route(route.name, route.pattern, route.kind)),
            }
            for route in table.routes
        ],
    }
    return {section: content for section, content in document.items() if content}


def to_json(table: RouteTable) -> str:
    """The document as one line of JSON: what the store keeps."""
    return json.dumps(to_document(table), ensure_ascii=False, separators=(",", ":"))


def to_toml(table: RouteTable) -> str:
    """The document as TOML: what ``routes export`` prints and a person edits."""
    document = to_document(table)
    blocks = []
    if "gateway" in document:
        blocks.append(_toml_block("[gateway]", document["gateway"]))
    for section in ("upstreams", "groups"):
        for name, fields in document.get(section, {}).items():
            key = f'"{name}"' if "." in name else name
            blocks.append(_toml_block(f"[{section}.{key}]", fields))
    blocks.extend(_toml_block("[[routes]]", route) for route in document.get("routes", []))
    return "\n".join(blocks)


def difference(old: RouteTable, new: RouteTable) -> list[str]:
    """What differs between two tables, as the lines of a unified diff of their TOML; empty where nothing does."""
    return list(
        unified_diff(
            to_toml(old).splitlines(),
            to_toml(new).splitlines(),
            f"version {old.version}",
            f"version {new.version}",
            lineterm="",
        )
    )


def check(table: RouteTable) -> None:
    """Raise ``BadDocument`` where the parts of a table do not fit together."""
    for name, group in table.groups.items():
        where = f"groups.{name}"
        if group.service == MONOLITH:
            raise BadDocument(
                "the monolith cannot be the service of a group",
                where=f"{where}.service",
                remedy="Name the new upstream.",
            )
        if group.service not in table.upstreams:
            raise BadDocument(
                f"there is no upstream {group.service!r}",
                where=f"{where}.service",
                remedy=f"Add [upstreams.{group.service}] with its url.",
            )
        rules = (*group.allow, *group.deny)
        if table.gateway.tenant is None and (
            group.sticky == "tenant" or any(r.startswith("tenant:") for r in rules)
        ):
            raise BadDocument(
                "nothing says where the tenant is read from",
                where=where,
                remedy='Set tenant in [gateway], for example tenant = "header:X-Tenant".',
            )
    seen: set[str] = set()
    for position, route in enumerate(table.routes):
        where = f"routes[{position}]"
        if route.name in seen:
            raise BadDocument(
                f"two routes are called {route.name!r}", where=f"{where}.name", remedy="Rename one of them."
            )
        seen.add(route.name)
        if route.group is not None and route.group not in table.groups:
            raise BadDocument(
                f"there is no group {route.group!r}",
                where=f"{where}.group",
                remedy=f"Add [groups.{route.group}] with its service.",
            )
        if route.i18n and not table.gateway.languages:
            raise BadDocument(
                "nothing says which languages may stand before it",
                where=f"{where}.i18n",
                remedy='Set languages and default_language in [gateway], for example languages = ["en", "de"].',
            )
        if route.unprefixed and not (route.i18n and table.gateway.default_language):
            raise BadDocument(
                "a route without a prefix for the default language needs i18n, and [gateway] the default language",
                where=f"{where}.unprefixed",
                remedy='Set i18n = true, and default_language in [gateway], for example default_language = "en-us".',
            )


def _route(value: object, where: str) -> Route:
    fields = _fields(value, where, _ROUTE)
    patterns = [(kind, fields.pop(kind)) for kind in get_args(Kind) if kind in fields]
    if "name" not in fields or len(patterns) != 1:
        raise BadDocument(
            "a route needs a name and one of path, regex, prefix", where=where, remedy="Write exactly one."
        )
    kind, pattern = patterns[0]
    try:
        compile_pattern(kind, pattern)
    except BadDocument as error:
        raise BadDocument(error.message, where=f"{where}.{kind}", remedy=error.remedy) from None
    return Route(kind=kind, pattern=pattern, **fields)


def _named(
    value: object, where: str, readers: Mapping[str, Reader], make: Callable[..., Any]
) -> Mapping[str, Any]:
    """A table of tables, keyed by name. ``make`` takes the name and the fields; the first reader's is required."""
    made = {}
    required = next(iter(readers))
    for name, content in sorted(_table(value, where).items()):
        place = f"{where}.{name}"
        fields = _fields(content, place, readers)
        if required not in fields:
            raise BadDocument(f"{required} is missing", where=place, remedy=f"Add {required} = ...")
        made[name] = make(name=read_name(name, place), **fields)
    return MappingProxyType(made)


def _fields(value: object, where: str, readers: Mapping[str, Reader]) -> dict[str, Any]:
    fields = _table(value, where)
    _only(fields, tuple(readers), where)
    return {key: readers[key](content, f"{where}.{key}") for key, content in fields.items()}


def _only(fields: Mapping[str, object], known: tuple[str, ...], where: str) -> None:
    for key in fields:
        if key in known:
            continue
        place = f"{where}.{key}" if where else key
        if key in _LATER:
            raise BadDocument(
                f"{key!r} is not something that this version of strangler can do",
                where=place,
                remedy="Remove it: a setting is never ignored in silence.",
            )
        near = get_close_matches(key, known, n=1)
        hint = f"Did you mean {near[0]!r}?" if near else f"Known here: {', '.join(known)}."
        raise BadDocument(f"unknown key {key!r}", where=place, remedy=hint)


def _table(value: object, where: str) -> dict[str, Any]:
    if not isinstance(value, dict) or not all(isinstance(key, str) for key in value):
        place = where or "the document"
        raise BadDocument(f"{place} is not a table", where=where, remedy="Write keys and values.")
    return value


def _list(value: object, where: str) -> list[Any]:
    if not isinstance(value, list):
        raise BadDocument(f"{value!r} is not a list", where=where, remedy="Put it in brackets.")
    return value


def _each(reader: Reader) -> Reader:
    def read(value: object, where: str) -> tuple[Any, ...]:
        return tuple(reader(item, f"{where}[{i}]") for i, item in enumerate(_list(value, where)))

    return read


def _one_of(choices: tuple[str, ...]) -> Reader:
    def read(value: object, where: str) -> str:
        if value not in choices:
            raise BadDocument(
                f"{value!r} is none of {', '.join(choices)}", where=where, remedy="Choose one of them."
            )
        return str(value)

    return read


def _truth(value: object, where: str) -> bool:
    if not isinstance(value, bool):
        raise BadDocument(f"{value!r} is neither true nor false", where=where, remedy="Write true or false.")
    return value


def _methods(value: object, where: str) -> frozenset[str]:
    return frozenset(_each(read_method)(value, where))


def _changed(thing: Any, default: Any) -> Document:
    """The fields of a part that differ from its default, in the order in which they are declared."""
    changed: Document = {}
    for name in type(thing).__dataclass_fields__:
        value = getattr(thing, name)
        if value != getattr(default, name):
            changed[name] = _WRITERS.get(name, _plain)(value)
    return changed


def _plain(value: Any) -> Any:
    if isinstance(value, frozenset):
        return sorted(value)
    return list(value) if isinstance(value, tuple) else value


def _toml_block(head: str, fields: Document) -> str:
    lines = [f"{key} = {_toml_value(value)}" for key, value in fields.items()]
    return "\n".join([head, *lines, ""])


def _toml_value(value: Any) -> str:
    if isinstance(value, list):
        return f"[{', '.join(_toml_value(item) for item in value)}]"
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
    return json.dumps(value)


_GATEWAY: dict[str, Reader] = {
    "tenant": read_tenant,
    "trusted_hops": read_hops,
    "languages": _each(read_language),
    "default_language": read_language,
}
_UPSTREAM: dict[str, Reader] = {
    "url": read_url,
    "connect_timeout": read_duration,
    "read_timeout": read_duration,
    "max_connections": read_connections,
}
_GROUP: dict[str, Reader] = {
    "service": read_name,
    "share": read_percent,
    "sticky": read_sticky,
    "salt": read_text,
    "allow": _each(read_rule),
    "deny": _each(read_rule),
    "writer": _one_of(get_args(Writer)),
    "way_back": _one_of(get_args(WayBack)),
    "shadow": read_percent,
    "ignore": _each(read_text),
}
_ROUTE: dict[str, Reader] = {
    "name": read_name,
    "path": read_pattern,
    "regex": read_pattern,
    "prefix": read_pattern,
    "group": read_name,
    "methods": _methods,
    "hosts": _each(read_host),
    "priority": read_priority,
    "read_only": _truth,
    "imported": _truth,
    "i18n": _truth,
    "unprefixed": _truth,
}
_WRITERS: dict[str, Callable[[Any], Any]] = {
    "share": write_percent,
    "shadow": write_percent,
    "connect_timeout": write_duration,
    "read_timeout": write_duration,
}
_LATER = frozenset(
    {
        "jwt",
        "roles",
        "rate_limit",
        "translate",
        "rollout",
        "boundaries",
        "max_concurrency",
        "headers",
        "retries",
        "breaker",
        "fallback",
    }
)
"""Keys that the design gives to policies which are not built yet."""
