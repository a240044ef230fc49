"""A document that changed, merged into the one that stands: what the file did not touch stays as somebody left it."""

from __future__ import annotations

from typing import Any

from strangler.routing.document import Document

_ABSENT: Any = object()


def merge(base: Document, file: Document, current: Document) -> Document:
    """What should stand now, by a three-way merge.

    ``base`` is what the file said last time, ``file`` what it says now, ``current`` what stands. What the file has
    changed since, it decides: values, additions, removals. Everything else is as it stands: a share that a rollout or
    its guard has set, a group that was added by hand. Without an earlier ``base`` (an empty one), the file decides all
    that it names. A route, and any list, is one value; routes keep the file's order when the file has changed them.
    """
    merged = {
        key: value
        for key in {**current, **file}
        if key != "routes"
        and (value := _value(base.get(key, _ABSENT), file.get(key, _ABSENT), current.get(key, _ABSENT)))
        is not _ABSENT
    }
    routes = _routes(base.get("routes", []), file.get("routes", []), current.get("routes", []))
    return {**merged, "routes": routes} if routes else merged


def _value(base: Any, file: Any, current: Any) -> Any:
    if file == base:
        return current
    if isinstance(file, dict) and isinstance(current, dict):
        before = base if isinstance(base, dict) else {}
        return {
            key: value
            for key in {**current, **file}
            if (value := _value(before.get(key, _ABSENT), file.get(key, _ABSENT), current.get(key, _ABSENT)))
            is not _ABSENT
        }
    return file


def _routes(base: list[Any], file: list[Any], current: list[Any]) -> list[Any]:
    if file == base:
        return current
    named = {route.get("name") for route in (*base, *file)}
    return [*file, *(route for route in current if route.get("name") not in named)]
