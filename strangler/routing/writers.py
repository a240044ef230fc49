"""What no change may do to writes: move reads away from them unasked, or leave them behind in silence. Pure."""

from __future__ import annotations

from strangler.errors import Refused
from strangler.routing.table import Group, RouteTable
from strangler.routing.values import counted


def refuse_without_writer(old: RouteTable, new: RouteTable, group: Group) -> None:
    if not _endangered(new, group):
        return
    before = old.groups.get(group.name)
    if before is not None and _endangered(old, before) and _no_further(before, group):
        return  # it was like that before, by force; going down must always be possible
    writing = [route.name for route in new.routes if route.group == group.name and route.writes]
    more = f" and {counted(len(writing) - 1, 'other')}" if len(writing) > 1 else ""
    raise Refused(
        f"the group {group.name!r} has a route that writes ({writing[0]}{more}), and no writer is declared",
        where=f"groups.{group.name}.writer",
        remedy=f"Say who writes: strangler routes writer {group.name} monolith. "
        "Or override it with --force --reason WHY.",
    )


def _no_further(before: Group, after: Group) -> bool:
    """Whether no tenant, and nobody else, has a larger share than before."""
    then, now = dict(before.shares), dict(after.shares)
    tenants = all(
        now.get(name, after.share) <= then.get(name, before.share) for name in then.keys() | now.keys()
    )
    return after.share <= before.share and tenants


def _endangered(table: RouteTable, group: Group) -> bool:
    """Whether some user reads from the service while nobody has said where that user's writes go."""
    return (
        group.writer == "undeclared"
        and group.moves
        and any(route.group == group.name and route.writes for route in table.routes)
    )


def left_behind(group: Group, *, stays: bool = True) -> tuple[str, ...]:
    """The alarm of going back while the service is the writer and nothing carries its writes to the monolith."""
    if not group.monolith_is_behind:
        return ()
    if stays:
        return (
            f"{group.name}: writes still go to the service, because nothing carries them back to the monolith "
            f"(way_back = none); the monolith answers reads without them. Once they are copied back: strangler "
            f"routes writer {group.name} monolith",
        )
    return (
        f"{group.name}: what the service has written is not in the monolith (way_back = none): copy it back",
    )
