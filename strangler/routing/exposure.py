"""Which groups that write come closer to their service by a change: what a second person may have to look at."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from strangler.routing.table import Group, RouteTable


def exposed(old: RouteTable, new: RouteTable) -> list[str]:
    """The groups with a route that writes whose share rises, whose allow list grows or deny list shrinks, or whose
    writer becomes the service, in order of their names. Going back is never among them."""
    return [
        name
        for name, group in sorted(new.groups.items())
        if any(route.group == name and route.writes for route in new.routes)
        and _closer(old.groups.get(name) or replace(group, **_NOBODY), group)
    ]


_NOBODY: dict[str, Any] = {"share": 0.0, "shares": (), "allow": (), "deny": (), "writer": "undeclared"}


def _closer(before: Group, after: Group) -> bool:
    earlier = dict(before.shares)
    return (
        after.share > before.share
        or any(share > earlier.get(tenant, before.share) for tenant, share in after.shares)
        or any(earlier[tenant] < after.share for tenant in earlier.keys() - dict(after.shares).keys())
        or not set(after.allow) <= set(before.allow)
        or not set(before.deny) <= set(after.deny)
        or (after.writer == "service" and before.writer != "service")
    )
