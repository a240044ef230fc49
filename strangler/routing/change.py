"""What a change of the route table is, and the last look that is taken at every one. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from strangler.routing.document import from_document, to_document
from strangler.routing.table import RouteTable
from strangler.routing.writers import refuse_without_writer


@dataclass(frozen=True, slots=True)
class Change:
    """What a change would make: the new table, one line for the audit log, and what a person has to know about it."""

    table: RouteTable
    action: str
    subject: str
    summary: str
    alarms: tuple[str, ...] = ()


def changed(
    old: RouteTable,
    new: RouteTable,
    action: str,
    subject: str,
    summary: str,
    *,
    alarms: tuple[str, ...] = (),
    force: bool = False,
) -> Change:
    """The last look at every change: it can be kept and read again, and no write route moves without a writer."""
    new = from_document(to_document(new), new.version)
    if not force:
        for group in new.groups.values():
            refuse_without_writer(old, new, group)
    return Change(new, action, subject, summary, alarms)
