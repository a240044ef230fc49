"""The models that Django makes for many-to-many relations without one of their own (``Book.tags.through``)."""

from __future__ import annotations

from analyzer.resolve.declarations import Link
from analyzer.resolve.registry import Info, Registry
from analyzer.resolve.values import Class


def through_model(registry: Registry, link: Link) -> Class | None:
    """The model of a many-to-many relation's table: the one that it names, or the one that Django makes."""
    registry.resolve_link(link)
    owner = registry.info(link.source_model) if link.source_model is not None else None
    if link.through is not None or link.made is not None or owner is None or not link.through_table:
        return link.through or link.made
    source = owner.cls
    name = f"{source.name}_{link.name}"
    made = Class(name, f"{source.module.name}.{name}", source.module, source.node, filled="yes")
    itself = link.target is source
    near, far = (f"{side}{source.name.lower()}" for side in (("from_", "to_") if itself else ("", "")))
    if not itself and link.target is not None:
        far = link.target.name.lower()
    info = Info(
        cls=made, label=f"{owner.app}.{name}", app=owner.app, table=link.through_table,
        abstract=False, proxy=False, managed=True, swappable="", installed=True, parents=[],
    )  # fmt: skip
    info.links = {
        near: _key(near, link, made, source),
        far: _key(far, link, made, link.target),
    }
    registry.infos[made] = info
    link.made = made
    return made


def _key(name: str, link: Link, made: Class, target: Class | None) -> Link:
    key = Link("fk", name, link.declared, made, link.line, target, on_delete="CASCADE", column=f"{name}_id")
    key.source_model = made
    return key
