"""Two versions of a contract document: an OpenAPI 3.0 or 3.1 description, or a JSON Schema with its definitions."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, Literal

from acl.contract.compatibility import Difference, Direction, Level, Schemas, compare, worst_first
from acl.errors import ContractError

__all__ = ["API_RULES", "diff"]

As = Literal["request", "response", "both"]
_METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "trace", "query")

API_RULES: dict[str, tuple[Level, str]] = {
    "endpoint-removed": ("breaking", "the endpoint is gone"),
    "endpoint-added": ("compatible", "the endpoint is new"),
    "parameter-removed": ("warning", "a parameter is gone"),
    "parameter-added-required": ("breaking", "a new parameter must be sent"),
    "parameter-added-optional": ("compatible", "a new parameter may be sent"),
    "parameter-became-required": ("breaking", "a parameter must be sent"),
    "parameter-became-optional": ("compatible", "a parameter may be left out"),
    "body-became-required": ("breaking", "a body must be sent"),
    "body-removed": ("warning", "no body is read any more"),
    "media-type-removed": ("breaking", "a media type is gone"),
    "media-type-added": ("compatible", "a media type is new"),
    "status-removed": ("breaking", "a successful answer is gone"),
    "status-added": ("warning", "there is a new successful answer"),
    "header-removed": ("breaking", "a header of the answer is gone"),
    "security-added": ("breaking", "a credential or a scope is asked for"),
    "schema-removed": ("breaking", "a schema is gone"),
    "schema-added": ("compatible", "a schema is new"),
}


def diff(old: Mapping[str, Any], new: Mapping[str, Any], as_: As = "both") -> list[Difference]:
    """Every difference of two documents, the worst first.

    Endpoints say themselves what is a request and what an answer. Of a JSON Schema, and of an OpenAPI document that
    has schemas only, `as_` says how its documents travel. Raises ContractError unless both are of one sort.
    """
    try:
        return _diff(old, new, as_)
    except (AttributeError, RecursionError, TypeError, ValueError, ZeroDivisionError) as error:
        raise ContractError(f"a schema is not as it should be: {error}", "validate both documents") from error


def _diff(old: Mapping[str, Any], new: Mapping[str, Any], as_: As) -> list[Difference]:
    schemas = Schemas(old, new)
    if ("openapi" in old) != ("openapi" in new):
        raise ContractError("one is an OpenAPI document and the other is not", "compare two of one sort")
    if "openapi" in old and (
        old.get("paths") or new.get("paths") or old.get("webhooks") or new.get("webhooks")
    ):
        found = list(_of_paths(schemas))
    else:
        directions: tuple[Direction, ...] = ("request", "response") if as_ == "both" else (as_,)
        found = [one for direction in directions for one in _of_schemas(schemas, direction)]
    return worst_first(found)


def _of_schemas(schemas: Schemas, direction: Direction) -> Iterator[Difference]:
    old, new = _definitions(schemas.old), _definitions(schemas.new)
    for name, schema in old.items():
        if name in new:
            yield from compare(schema, new[name], schemas, direction, name)
        else:
            yield _one("schema-removed", name, direction)
    for name in new:
        if name not in old:
            yield _one("schema-added", name, direction)
    if "openapi" not in schemas.old:
        root = {key: value for key, value in schemas.old.items() if key not in {"$defs", "definitions"}}
        root_now = {key: value for key, value in schemas.new.items() if key not in {"$defs", "definitions"}}
        if root.get("$ref") != root_now.get("$ref") or "$ref" not in root:
            yield from compare(root, root_now, schemas, direction)


def _definitions(document: Mapping[str, Any]) -> dict[str, Any]:
    if "openapi" in document:
        return dict(_mapping(_mapping(document.get("components")).get("schemas")))
    return dict(_mapping(document.get("$defs")) or _mapping(document.get("definitions")))


def _of_paths(schemas: Schemas) -> Iterator[Difference]:
    for section, sends in (("paths", False), ("webhooks", True)):
        old, new = _endpoints(schemas.old, section), _endpoints(schemas.new, section)
        for name, (item, operation) in old.items():
            if name not in new:
                yield _one("endpoint-removed", name)
                continue
            item_now, operation_now = new[name]
            before = {**operation, "parameters": _parameters(item, operation, schemas.old)}
            after = {**operation_now, "parameters": _parameters(item_now, operation_now, schemas.new)}
            yield from _of_operation(before, after, schemas, name, sends)
        for name in new:
            if name not in old:
                yield _one("endpoint-added", name)


def _endpoints(
    document: Mapping[str, Any], section: str
) -> dict[str, tuple[Mapping[str, Any], Mapping[str, Any]]]:
    """Operations by method and path; the names of path parameters do not count."""
    return {
        f"{method.upper()} {re.sub(r'{[^}]*}', '{}', path)}": (_mapping(item), _mapping(item[method]))
        for path, item in _mapping(document.get(section)).items()
        for method in _METHODS
        if method in _mapping(item)
    }


def _of_operation(
    old: Mapping[str, Any], new: Mapping[str, Any], schemas: Schemas, at: str, sends: bool
) -> Iterator[Difference]:
    yield from _of_parameters(old["parameters"], new["parameters"], schemas, at)
    sent: Direction = "response" if sends else "request"
    read: Direction = "request" if sends else "response"
    yield from _of_bodies(
        _at(old, "requestBody", schemas.old), _at(new, "requestBody", schemas.new), schemas, at, sent
    )
    yield from _of_responses(
        _mapping(old.get("responses")), _mapping(new.get("responses")), schemas, at, read
    )
    yield from _of_security(
        old.get("security", schemas.old.get("security")), new.get("security", schemas.new.get("security")), at
    )


def _parameters(
    item: Mapping[str, Any], operation: Mapping[str, Any], root: Mapping[str, Any]
) -> dict[str, Any]:
    """By place and name; the operation's own win. Path parameters are told apart by their order in the path."""
    found: dict[str, Any] = {}
    places = 0
    for one in [*item.get("parameters", ()), *operation.get("parameters", ())]:
        parameter = _followed(one, root)
        name = str(parameter.get("name"))
        if parameter.get("in") == "path":
            places += 1
            name = str(places)
        found[f"{parameter.get('in')} {name.lower() if parameter.get('in') == 'header' else name}"] = (
            parameter
        )
    return found


def _of_parameters(
    old: Mapping[str, Any], new: Mapping[str, Any], schemas: Schemas, at: str
) -> Iterator[Difference]:
    for name, before in old.items():
        place, after = f"{at} {name}", new.get(name)
        if after is None:
            yield _one("parameter-removed", place)
            continue
        if bool(before.get("required")) != bool(after.get("required")):
            rule = "parameter-became-required" if after.get("required") else "parameter-became-optional"
            yield _one(rule, place)
        yield from compare(before.get("schema", {}), after.get("schema", {}), schemas, "request", place)
    for name, after in new.items():
        if name not in old:
            rule = "parameter-added-required" if after.get("required") else "parameter-added-optional"
            yield _one(rule, f"{at} {name}")


def _of_bodies(
    old: Mapping[str, Any], new: Mapping[str, Any], schemas: Schemas, at: str, direction: Direction
) -> Iterator[Difference]:
    if new.get("required") and not old.get("required") and direction == "request":
        yield _one("body-became-required", at)
    if old and not new:
        yield _one("body-removed", at)
        return
    if old:
        yield from _of_content(old, new, schemas, f"{at} body", direction)


def _of_content(
    old: Mapping[str, Any], new: Mapping[str, Any], schemas: Schemas, at: str, direction: Direction
) -> Iterator[Difference]:
    before, after = _mapping(old.get("content")), _mapping(new.get("content"))
    for media, one in before.items():
        if media in after:
            schema, now = _mapping(one).get("schema", {}), _mapping(after[media]).get("schema", {})
            yield from compare(schema, now, schemas, direction, at)
        else:
            yield _one("media-type-removed", f"{at} {media}", direction)
    for media in after:
        if media not in before:
            yield _one("media-type-added", f"{at} {media}", direction)


def _of_responses(
    old: Mapping[str, Any], new: Mapping[str, Any], schemas: Schemas, at: str, direction: Direction
) -> Iterator[Difference]:
    for status, one in old.items():
        place = f"{at} {status}"
        if status not in new:
            if str(status).startswith("2"):
                yield _one("status-removed", place, direction)
            continue
        before, after = _followed(one, schemas.old), _followed(new[status], schemas.new)
        yield from _of_content(before, after, schemas, place, direction)
        for name in _mapping(before.get("headers")):
            if name not in _mapping(after.get("headers")):
                yield _one("header-removed", f"{place} {name}", direction)
    for status in new:
        if status not in old and str(status).startswith("2") and old:
            yield _one("status-added", f"{at} {status}", direction)


def _of_security(old: Any, new: Any, at: str) -> Iterator[Difference]:
    """Alternatives of credentials: each old way in must still be enough."""
    ways, ways_now = ([_way(one) for one in said or [{}]] for said in (old, new))
    if any(not any(now <= way for now in ways_now) for way in ways):
        yield _one("security-added", at)


def _way(requirement: Any) -> frozenset[str]:
    return frozenset(
        name
        for scheme, scopes in _mapping(requirement).items()
        for name in (scheme, *(f"{scheme}:{s}" for s in scopes))
    )


def _at(holder: Mapping[str, Any], name: str, root: Mapping[str, Any]) -> Mapping[str, Any]:
    return _followed(holder.get(name, {}), root)


def _followed(one: Any, root: Mapping[str, Any]) -> Mapping[str, Any]:
    """A parameter, a body or an answer, or the one that a reference leads to."""
    for _ in range(10):
        if "$ref" not in _mapping(one):
            break
        node: Any = root
        for part in str(one["$ref"]).removeprefix("#/").split("/"):
            node = _mapping(node).get(part.replace("~1", "/").replace("~0", "~"))
        one = node
    return _mapping(one)


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _one(rule: str, at: str, direction: Direction = "request") -> Difference:
    return Difference(API_RULES[rule][0], rule, direction, at, None, None)
