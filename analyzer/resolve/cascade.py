"""What deleting a record touches: the closure that Django's ``Collector`` computes from ``on_delete``."""

from __future__ import annotations

from dataclasses import dataclass, field

from analyzer.resolve.declarations import Link
from analyzer.resolve.registry import Info, Registry
from analyzer.resolve.values import Class


@dataclass(slots=True)
class Deletion:
    """The models whose records are deleted, and the tables that are written and read on the way."""

    models: dict[Class, None] = field(default_factory=dict)
    written: dict[str, None] = field(default_factory=dict)
    read: dict[str, None] = field(default_factory=dict)
    usual: dict[tuple[str, str], None] = field(default_factory=dict)
    """("read" or "write", table): what happens even when no record refers to the deleted one."""
    generic: dict[str, None] = field(default_factory=dict)
    """Those of the written tables that only generic relations lead to: all may have rows there, few have any."""


class Deletions:
    """Deletions by model, each computed once."""

    def __init__(self, registry: Registry) -> None:
        self.registry = registry
        self._known: dict[Class, Deletion] = {}

    def of(self, model: Class) -> Deletion:
        """The closure of one model."""
        found = self._known.get(model)
        if found is None:
            found = self._known[model] = self._collect(model)
        return found

    def _collect(self, model: Class) -> Deletion:
        found = Deletion()
        waiting = self._remove([model], found)
        found.usual.update(dict.fromkeys(("write", table) for table in found.written))
        found.usual.update(dict.fromkeys(("read", table) for table in found.read))
        unseen = (self.registry.info(follower) for follower in waiting)
        found.usual.update({("write", info.table): None for info in unseen if info and _goes_unseen(info)})
        while waiting:
            waiting = self._remove(waiting, found)
        return found

    def _remove(self, models: list[Class], found: Deletion) -> list[Class]:
        """Enter models with their parents, whose records are deleted; the models that refer to them and go as well."""
        followers: list[Class] = []
        waiting = list(models)
        while waiting:
            here = waiting.pop(0)
            info = self.registry.info(here)
            if info is None or here in found.models:
                continue
            found.models[here] = None
            found.written[info.table] = None
            waiting.extend(info.parents)
            followers.extend(self._followers(info, found))
        return followers

    def _followers(self, info: Info, found: Deletion) -> list[Class]:
        """Models whose records go as well; tables that lose their reference or are only looked at are noted."""
        followers: list[Class] = []
        for link in [*info.accessors.values(), *info.hidden]:
            source = self.registry.info(link.source_model) if link.source_model else None
            if source is None:
                continue
            if link.kind == "m2m":
                self._unlink(link, found)
                continue
            if link.on_delete == "DO_NOTHING" or source.proxy:
                continue
            if link.on_delete == "CASCADE":
                followers.append(source.cls)
                found.generic.pop(source.table, None)
                found.read[source.table] = None
            elif link.on_delete in {"SET_NULL", "SET_DEFAULT", "SET"}:  # one UPDATE, nothing is loaded
                found.written[source.table] = None
            else:
                found.read[source.table] = None
        for link in info.links.values():
            if link.kind == "m2m" and link.through_table:
                self._unlink(link, found)
            elif link.kind == "grel" and link.target is not None:
                followers.append(link.target)
                if self.registry.table(link.target) not in found.written:
                    found.generic[self.registry.table(link.target)] = None
                found.read[self.registry.table(link.target)] = None
        return followers

    def _unlink(self, link: Link, found: Deletion) -> None:
        """The rows of an automatic many-to-many table."""
        if link.through is None and link.through_table:
            found.written[link.through_table] = None
            found.read[link.through_table] = None


def _goes_unseen(info: Info) -> bool:
    """Whether records are deleted by one statement unseen, as nothing refers to them (``can_fast_delete``)."""
    relations = [*info.accessors.values(), *info.hidden]
    referred = any(link.kind == "m2m" or link.on_delete != "DO_NOTHING" for link in relations)
    return (
        not referred
        and not info.parents
        and all(link.kind not in {"grel", "m2m"} for link in info.links.values())
    )
