"""The route table as a document, and back: the same in the store, in ``routes apply|export`` and in ``strangler.toml``.

Reading is strict: a key that does nothing is an error, never ignored. ``from_document(to_document(table))`` is the
table.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import is_dataclass
from difflib import unified_diff
from types import MappingProxyType
from typing import Any, get_args

from strangler.errors import BadDocument
from strangler.routing.comparison import read_comparison, read_json_path
from strangler.routing.patterns import Kind, compile_pattern
from strangler.routing.policies import (
    WRITERS,
    check_policies,
    read_breaker,
    read_bulkhead,
    read_policy,
    read_shares,
    write_shares,
)
from strangler.routing.policy import Policy
from strangler.routing.sections import (
    Reader,
    each,
    one_of,
    read_fields,
    read_list,
    read_section,
    read_truth,
    refuse_unknown,
)
from strangler.routing.table import MONOLITH, Gateway, Group, Route, RouteTable, Upstream, WayBack, Writer
from strangler.routing.values import (
    read_connections,
    read_duration,
    read_file_path,
    read_hops,
    read_host,
    read_identity,
    read_language,
    read_method,
    read_name,
    read_pattern,
    read_percent,
    read_priority,
    read_rule,
    read_server_name,
    read_tenant,
    read_text,
    read_url,
    write_duration,
    write_percent,
)

Document = dict[str, Any]
SECTIONS = ("gateway", "policies", "upstreams", "groups", "routes")
"""The top-level keys of a document."""


def from_document(document: object, version: int = 0) -> RouteTable:
    """The table that a parsed TOML or JSON document describes; raises ``BadDocument`` with the first fault's path."""
    sections = read_section(document, "")
    refuse_unknown(sections, SECTIONS, "")
    table = RouteTable(
        version=version,
        upstreams=_named(sections.get("upstreams", {}), "upstreams", _UPSTREAM, Upstream),
        groups=_named(sections.get("groups", {}), "groups", _GROUP, Group),
        routes=tuple(
            _route(value, f"routes[{position}]")
            for position, value in enumerate(read_list(sections.get("routes", []), "routes"))
        ),
        gateway=Gateway(**read_fields(sections.get("gateway", {}), "gateway", _GATEWAY)),
        policies=MappingProxyType(
            {
                name: read_policy(content, f"policies.{name}", name)
                for name, content in sorted(read_section(sections.get("policies", {}), "policies").items())
            }
        ),
    )
    check(table)
    return table


def to_document(table: RouteTable) -> Document:
    """The document of a table, as JSON or TOML can hold it: defaults left out, names and keys in a fixed order."""
    document: Document = {
        "gateway": _changed(table.gateway, Gateway()),
        "policies": {name: _changed(policy, Policy(name)) for name, policy in sorted(table.policies.items())},
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
    for section in ("policies", "upstreams", "groups"):
        for name, fields in document.get(section, {}).items():
            blocks.extend(_toml_blocks(f"{section}.{_toml_key(name)}", fields))
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
            group.sticky == "tenant" or group.shares or any(r.startswith("tenant:") for r in rules)
        ):
            raise BadDocument(
                "nothing says where the tenant is read from",
                where=where,
                remedy='Set tenant in [gateway], for example tenant = "header:X-Tenant".',
            )
    for name, upstream in table.upstreams.items():
        _check_tls(upstream, f"upstreams.{name}")
    check_policies(table)
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
        if route.translate_body and not route.translate:
            raise BadDocument(
                "nothing says how the answers are translated",
                where=f"{where}.translate_body",
                remedy="Add translate, or remove it.",
            )
        if route.unprefixed and not (route.i18n and table.gateway.default_language):
            raise BadDocument(
                "a route without a prefix for the default language needs i18n, and [gateway] the default language",
                where=f"{where}.unprefixed",
                remedy='Set i18n = true, and default_language in [gateway], for example default_language = "en-us".',
            )


def _check_tls(upstream: Upstream, where: str) -> None:
    """What concerns TLS would be ignored in silence where none is spoken; that is an error, as everywhere here."""
    told = [key for key in ("ca", "cert", "key", "server_name") if getattr(upstream, key)]
    told += [] if upstream.verify else ["verify"]
    if told and not upstream.url.startswith("https://"):
        raise BadDocument(
            "there is no TLS to this upstream",
            where=f"{where}.{told[0]}",
            remedy="Write its url with https://, or remove this.",
        )
    if upstream.key and not upstream.cert:
        raise BadDocument("a key without its certificate", where=f"{where}.key", remedy="Add cert = ...")
    if upstream.ca and not upstream.verify:
        raise BadDocument(
            "an authority that is not asked", where=f"{where}.verify", remedy="Remove one of ca and verify."
        )


def _route(value: object, where: str) -> Route:
    fields = read_fields(value, where, _ROUTE)
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
    for name, content in sorted(read_section(value, where).items()):
        place = f"{where}.{name}"
        fields = read_fields(content, place, readers)
        if required not in fields:
            raise BadDocument(f"{required} is missing", where=place, remedy=f"Add {required} = ...")
        made[name] = make(name=read_name(name, place), **fields)
    return MappingProxyType(made)


def _methods(value: object, where: str) -> frozenset[str]:
    return frozenset(each(read_method)(value, where))


def _changed(thing: Any, default: Any) -> Document:
    """The fields of a part that differ from its default, in the order in which they are declared."""
    changed: Document = {}
    for name in type(thing).__dataclass_fields__:
        value = getattr(thing, name)
        if value != getattr(default, name):
            changed[name] = _WRITERS.get(name, _plain)(value)
    return changed


def _plain(value: Any) -> Any:
    if is_dataclass(value) and not isinstance(value, type):
        return _changed(value, type(value)())
    if isinstance(value, frozenset):
        return sorted(value)
    return list(value) if isinstance(value, tuple) else value


def _toml_blocks(path: str, fields: Document) -> Iterator[str]:
    """A table, and those within it."""
    plain = {key: value for key, value in fields.items() if not isinstance(value, dict)}
    if plain or len(fields) == 0:
        yield _toml_block(f"[{path}]", plain)
    for key, value in fields.items():
        if isinstance(value, dict):
            yield from _toml_blocks(f"{path}.{_toml_key(key)}", value)


def _toml_block(head: str, fields: Document) -> str:
    lines = [f"{_toml_key(key)} = {_toml_value(value)}" for key, value in fields.items()]
    return "\n".join([head, *lines, ""])


def _toml_key(key: str) -> str:
    return key if re.fullmatch(r"[A-Za-z0-9_-]+", key) else _toml_value(key)


def _toml_value(value: Any) -> str:
    if isinstance(value, list):
        return f"[{', '.join(_toml_value(item) for item in value)}]"
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
    return json.dumps(value)


_GATEWAY: dict[str, Reader] = {
    "tenant": read_tenant,
    "trusted_hops": read_hops,
    "languages": each(read_language),
    "default_language": read_language,
    "policy": read_name,
}
_UPSTREAM: dict[str, Reader] = {
    "url": read_url,
    "connect_timeout": read_duration,
    "read_timeout": read_duration,
    "max_connections": read_connections,
    "ca": read_file_path,
    "cert": read_file_path,
    "key": read_file_path,
    "server_name": read_server_name,
    "verify": read_truth,
    "write_timeout": read_duration,
    "idle_timeout": read_duration,
    "breaker": read_breaker,
    "bulkhead": read_bulkhead,
}
_GROUP: dict[str, Reader] = {
    "service": read_name,
    "share": read_percent,
    "sticky": read_identity,
    "salt": read_text,
    "allow": each(read_rule),
    "deny": each(read_rule),
    "writer": one_of(get_args(Writer)),
    "way_back": one_of(get_args(WayBack)),
    "shadow": read_percent,
    "ignore": each(read_json_path),
    "compare": read_comparison,
    "policy": read_name,
    "shares": read_shares,
}
_ROUTE: dict[str, Reader] = {
    "name": read_name,
    "path": read_pattern,
    "regex": read_pattern,
    "prefix": read_pattern,
    "group": read_name,
    "methods": _methods,
    "hosts": each(read_host),
    "priority": read_priority,
    "read_only": read_truth,
    "imported": read_truth,
    "i18n": read_truth,
    "unprefixed": read_truth,
    "policy": read_name,
    "translate": read_name,
    "translate_body": read_name,
}
_WRITERS: dict[str, Callable[[Any], Any]] = {
    "share": write_percent,
    "shadow": write_percent,
    "shares": write_shares,
    "connect_timeout": write_duration,
    "read_timeout": write_duration,
    "write_timeout": write_duration,
    "idle_timeout": write_duration,
    "times": write_duration,
    "noise": write_percent,
    **WRITERS,
}
