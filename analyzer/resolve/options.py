"""``Model._meta``: the options of a model, and its fields and relations as introspecting code walks over them."""

from __future__ import annotations

from collections.abc import Iterator

from analyzer.resolve import orm
from analyzer.resolve.declarations import Link, field_class
from analyzer.resolve.machine import Machine
from analyzer.resolve.registry import Info
from analyzer.resolve.through import through_model
from analyzer.resolve.values import (
    NONE,
    Class,
    External,
    Instance,
    Items,
    Literal,
    Made,
    Meta,
    Method,
    ModelField,
    Unknown,
    Value,
    merge,
    options,
    text,
)

_LISTS = frozenset(
    [
        "concrete_fields",
        "fields",
        "fields_map",
        "local_concrete_fields",
        "local_fields",
        "local_many_to_many",
        "many_to_many",
        "private_fields",
        "related_objects",
    ]
)
_MANY = {
    "fk": "many_to_one",
    "o2o": "one_to_one",
    "mti": "one_to_one",
    "m2m": "many_to_many",
    "gfk": "many_to_one",
}


def attribute(m: Machine, value: Meta, name: str) -> Value:
    """``Model._meta.name``."""
    info = m.registry.info(value.model)
    if info is None:
        return Unknown("the options of no model")
    if name in {"default_manager", "base_manager", "_default_manager"}:
        return orm.default_manager(m, value.model)
    if name in _LISTS:
        return Items("list", list(_listed(m, info, name)))
    if name in {"get_field", "get_fields", "get_parent_list"}:
        return Method(value, name)
    known: dict[str, Value] = {
        "db_table": Literal(info.table),
        "app_label": Literal(info.app),
        "model_name": Literal(info.cls.name.lower()),
        "object_name": Literal(info.cls.name),
        "label": Literal(info.label),
        "label_lower": Literal(info.label.lower()),
        "model": info.cls,
        "concrete_model": m.registry.concrete(info),
        "proxy": Literal(info.proxy),
        "abstract": Literal(info.abstract),
    }
    return known.get(name) or External(f"django.db.models.options.Options.{name}")


def call(m: Machine, value: Meta, name: str, args: list[Value]) -> Value:
    """``Model._meta.get_field(name)`` and ``get_fields()``."""
    info = m.registry.info(value.model)
    if info is None:
        return Unknown("the options of no model")
    if name == "get_parent_list":
        return Items("list", list(info.parents))
    if name == "get_fields":
        every = [
            field for kind in ("fields", "many_to_many", "private_fields") for field in _listed(m, info, kind)
        ]
        return Items("list", [*every, *_listed(m, info, "related_objects")])
    wanted = [text(option) for option in options(args[0])] if args else []
    return merge(
        [_field(m, value.model, wanted_name) for wanted_name in wanted if wanted_name],
        "a field whose name is computed",
    )


def field_attribute(m: Machine, value: ModelField, name: str) -> Value:
    """An attribute of a field, or of the relation object that stands for it on the other side."""
    link, backwards = value.link, value.backwards
    if name == "name":
        return Literal(value.name)
    if name == "attname":
        return Literal(link.column if link is not None and link.column and not backwards else value.name)
    if name == "model":
        return value.model
    if name == "get_accessor_name":
        return Method(value, name)
    declared = value.model.find(value.name) if not backwards else None
    if declared is not None and isinstance(declared[0], Instance) and name in declared[0].attrs:
        return declared[0].attrs[name]
    if link is None:  # a plain column
        return Literal(False) if name in {"is_relation", *_MANY.values()} else _plain(name)
    other = link.source_model if backwards else link.target
    if name == "related_model":
        return other if other is not None else Unknown("what a field leads to")
    if name in {"remote_field", "field", "rel"}:
        if other is None:
            return Unknown("the other side of a relation")
        return ModelField(other, link.name if backwards else _back_name(m, link), link, not backwards)
    if name == "through":
        return through_model(m.registry, link) or NONE
    if name == "is_relation":
        return Literal(True)
    if name == "null":
        return Literal(link.null or (backwards and link.kind != "fk"))
    if name == "on_delete" and link.on_delete:
        return External(f"django.db.models.deletion.{link.on_delete}")
    return _kind(link, backwards, name)


def _kind(link: Link, backwards: bool, name: str) -> Value:
    if name not in {"many_to_one", "one_to_one", "many_to_many", "one_to_many", "auto_created", "concrete"}:
        return _plain(name)
    if name == "auto_created":
        return Literal(backwards or link.kind == "mti")
    if name == "concrete":
        return Literal(not backwards and link.kind not in {"grel", "gfk"})
    kind = "one_to_many" if link.kind == "grel" else _MANY[link.kind]
    if backwards and kind == "many_to_one":
        kind = "one_to_many"
    return Literal(kind == name)


def class_of_field(value: ModelField) -> Value:
    """``type(field)``: for the other side of a relation, Django's class of relation objects."""
    link = value.link
    if link is None or not value.backwards:
        return Unknown("the class of a field")
    name = {"fk": "ManyToOneRel", "m2m": "ManyToManyRel"}.get(link.kind, "OneToOneRel")
    return External(f"django.db.models.fields.reverse_related.{name}")


def is_field(value: ModelField, kinds: Value) -> bool | None:
    """``isinstance(field, kinds)``, when that is certain."""
    link = value.link
    found = value.model.find(value.name) if not value.backwards else None
    own = (
        found[0] if found is not None else link.declared if link is not None and not value.backwards else None
    )
    short = field_class(own)[0] if isinstance(own, Made | Instance) else ""
    if value.backwards:
        short = getattr(class_of_field(value), "name", "").rpartition(".")[2]
    answers: list[bool | None] = []
    for kind in kinds.items if isinstance(kinds, Items) else options(kinds):
        wanted = kind.name.rpartition(".")[2] if isinstance(kind, External | Class) else ""
        if isinstance(kind, Class):
            answers.append(isinstance(own, Instance) and kind in own.cls.order()[0])
        elif not wanted or (not short and wanted not in _RELATION_NAMES):
            answers.append(None)
        else:
            answers.append(wanted == short or wanted in _ABOVE.get(short, ()) if short else False)
    return True if True in answers else None if None in answers else False


_ABOVE = {
    "OneToOneField": ("ForeignKey", "ForeignObject", "RelatedField"),
    "ForeignKey": ("ForeignObject", "RelatedField"),
    "ManyToManyField": ("RelatedField",),
    "GenericRelation": ("ForeignObject", "RelatedField"),
    "OneToOneRel": ("ManyToOneRel", "ForeignObjectRel"),
    "ManyToOneRel": ("ForeignObjectRel",),
    "ManyToManyRel": ("ForeignObjectRel",),
}
_RELATION_NAMES = frozenset(
    [*_ABOVE, "GenericForeignKey", "ForeignObject", "RelatedField", "ForeignObjectRel"]
)


def _plain(name: str) -> Value:
    return External(f"django.db.models.fields.Field.{name}")


def _back_name(m: Machine, link: Link) -> str:
    """The query name by which a relation is followed back from the model it leads to."""
    info = m.registry.info(link.target) if link.target else None
    return next((name for name, found in info.reverse.items() if found is link), "") if info else ""


def _field(m: Machine, model: Class, name: str) -> Value:
    found = m.registry.link(model, name)
    if found is not None:
        return ModelField(model, name, *found)
    if m.registry.has_field(model, name) or name == "pk":
        return ModelField(model, name, None, False)
    return Unknown("a field that could not be seen")


def _listed(m: Machine, info: Info, name: str) -> Iterator[ModelField]:
    """The fields of one of the lists that ``_meta`` has: those of the parents as well, unless it is a local one."""
    waiting, seen = [info], set()
    while waiting:
        here = waiting.pop(0)
        if here.cls in seen:
            continue
        seen.add(here.cls)
        yield from _own(m, here, info.cls, name.removeprefix("local_"))
        if not name.startswith("local_"):
            waiting.extend(parent for cls in here.parents if (parent := m.registry.info(cls)) is not None)


def _own(m: Machine, info: Info, model: Class, name: str) -> Iterator[ModelField]:
    if name == "related_objects":
        for query_name, link in info.reverse.items():
            yield ModelField(model, query_name, link, True)
        for link in info.hidden:
            if link.kind == "m2m":  # hidden foreign keys are left out, hidden many-to-many relations are not
                yield ModelField(model, link.related_query_name or "", link, True)
        return
    links = info.links
    for field in links:
        m.registry.resolve_link(links[field])
    if name == "many_to_many":
        wanted = [link for link in links.values() if link.kind == "m2m"]
    elif name == "private_fields":
        wanted = [link for link in links.values() if link.kind in {"grel", "gfk"}]
    else:
        wanted = [link for link in links.values() if link.kind in {"fk", "o2o", "mti"}]
        for plain in info.fields:
            if plain not in links:
                yield ModelField(model, plain, None, False)
    for link in wanted:
        yield ModelField(model, link.name, link, False)
