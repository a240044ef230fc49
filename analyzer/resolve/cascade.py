"""What deleting a record touches: the closure that Django's ``Collector`` computes from ``on_delete``."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from analyzer.resolve.declarations import Link
from analyzer.resolve.registry import Info, Registry
from analyzer.resolve.values import Class

LISTENING = frozenset(
    {"actstream", "cacheops", "django_elasticsearch_dsl", "easyaudit", "treenode", "wagtail"}
)
"""Libraries with a receiver for the deletions of all models."""


@dataclass(slots=True)
class Deletion:
    """The models whose records are deleted, and the tables that are written and read on the way."""

    models: dict[Class, None] = field(default_factory=dict)
    written: dict[str, None] = field(default_factory=dict)
    read: dict[str, None] = field(default_factory=dict)
    unseen: dict[str, None] = field(default_factory=dict)
    """Those whose rows are deleted by one statement, without a look at them; only a page that asks first shows them."""
    usual: dict[tuple[str, str], None] = field(default_factory=dict)
    """("read" or "write", table): what happens even when no record refers to the deleted one."""
    generic: dict[str, None] = field(default_factory=dict)
    """Those of the written tables that only generic relations lead to: all may have rows there, few have any."""


class Deletions:
    """Deletions by model, each computed once."""

    def __init__(self, registry: Registry, heard: Callable[[Class | None], bool]) -> None:
        """``heard``: whether anybody listens to deletions of a model, or (None) of all; then records are loaded."""
        self.registry = registry
        self._heard = heard
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
        found.usual.update(
            {("write", self.registry.table(each)): None for each in waiting if self.goes_unseen(each)}
        )
        while waiting:
            waiting = self._remove(waiting, found)
        return found

    def goes_unseen(self, model: Class) -> bool:
        """Whether records are deleted by one statement unseen, as nothing refers to them (``can_fast_delete``)."""
        info = self.registry.info(model)
        return info is not None and not _is_referred_to(info) and not self._heard(model)

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
                self._look(source.cls, found)
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
                self._look(link.target, found)
        return followers

    def _look(self, model: Class, found: Deletion) -> None:
        """The records of a model that go as well are loaded first, unless nobody needs to know them."""
        (found.unseen if self.goes_unseen(model) else found.read)[self.registry.table(model)] = None

    def _unlink(self, link: Link, found: Deletion) -> None:
        """The rows of an automatic many-to-many table."""
        if link.through is None and link.through_table:
            found.written[link.through_table] = None
            (found.read if self._heard(None) else found.unseen)[link.through_table] = None


def _is_referred_to(info: Info) -> bool:
    """Whether other records may have to follow a deleted one."""
    relations = [*info.accessors.values(), *info.hidden]
    return (
        any(link.kind == "m2m" or link.on_delete != "DO_NOTHING" for link in relations)
        or bool(info.parents)
        or any(link.kind in {"grel", "m2m"} for link in info.links.values())
    )
