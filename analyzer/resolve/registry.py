"""The model registry: which classes are models, and what Django's ``_meta`` would say about each of them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

from analyzer.model.facts import Field, Location
from analyzer.resolve.apps import AppIndex
from analyzer.resolve.declarations import Link, column_of, field_class, flag, link_of
from analyzer.resolve.fields import is_field_class
from analyzer.resolve.modules import ModuleIndex, ModuleState, class_names
from analyzer.resolve.values import (
    Class,
    External,
    Instance,
    Items,
    Literal,
    Made,
    Value,
    options,
    strings,
    text,
)

CONTENT_TYPE = "django.contrib.contenttypes.models.ContentType"
MODEL = "django.db.models.base.Model"
MANAGER = "django.db.models.manager.BaseManager"
QUERYSET = "django.db.models.query.QuerySet"


@dataclass(slots=True, eq=False)
class Info:
    """What is known about one model."""

    cls: Class
    label: str
    app: str
    table: str
    abstract: bool
    proxy: bool
    managed: bool
    swappable: str
    installed: bool
    """Whether its application is installed: any other model has no table."""
    parents: list[Class]
    ordering: tuple[str, ...] = ()
    """The default order: paths that every plain read of the model sorts by, and joins for."""
    fields: dict[str, Field] = field(default_factory=dict)
    links: dict[str, Link] = field(default_factory=dict)
    reverse: dict[str, Link] = field(default_factory=dict)
    """Query names of the relations that lead here from other models."""
    accessors: dict[str, Link] = field(default_factory=dict)
    """Attribute names of the relations that lead here from other models."""
    generic: list[Class] = field(default_factory=list)
    """The models that have a generic relation to this one."""
    hidden: list[Link] = field(default_factory=list)
    """Relations that lead here without a name to follow them back by (``related_name="+"``)."""


class Registry:
    """Models by class and by label. Everything is worked out when it is first asked for."""

    def __init__(self, index: ModuleIndex, apps: AppIndex, fill: Callable[[Class], None]) -> None:
        self.index = index
        self.apps = apps
        self._fill = fill
        self.infos: dict[Class, Info | None] = {}
        self.setting: Callable[[str], Value | None] = lambda name: None
        self.class_named: Callable[[ModuleState, str], Class | None] = lambda module, name: None
        self._defining: dict[str, list[tuple[ModuleState, str]]] | None = None
        self.sealed = False
        self._every: tuple[Class, ...] = ()
        self.content_types: frozenset[Class] = frozenset()
        """``ContentType`` and the models that extend it."""
        self.historic: dict[Class, Class] = {}
        """Models as migrations see them (``migrations.historic``)."""
        self.by_through: dict[str, Link] = {}
        """The many-to-many relations by the table that they have been made."""
        self.histories: dict[Class, Class] = {}
        """The models that keep every change of another one, by that one."""

    def is_model(self, value: Value) -> bool:
        return isinstance(value, Class) and self.info(value) is not None

    def is_manager(self, cls: Class) -> bool:
        self._fill(cls)
        return cls.is_a(MANAGER)

    def is_queryset(self, cls: Class) -> bool:
        self._fill(cls)
        return cls.is_a(QUERYSET)

    def info(self, cls: Class) -> Info | None:
        """What is known about a model class; None for any other class."""
        if cls in self.infos:
            return self.infos[cls]
        self._fill(cls)
        if not self._looks_like_a_model(cls):
            if cls.resolution is not None:
                self.infos[cls] = None
            return None
        info = self._describe(cls)
        if cls.resolution is not None:
            self.infos[cls] = info
            self._collect(info)
        return info

    def table(self, cls: Class) -> str:
        info = self.info(cls)
        return info.table if info else ""

    def by_label(self, label: str) -> Class | None:
        """The concrete model of ``app_label.ModelName``; both parts are compared without case."""
        app, _, name = label.rpartition(".")
        found = [cls for cls in self._named(name) if self._has_label(cls, app)]
        if not found:
            return None
        return min(found, key=lambda cls: (self._has_no_table(cls), cls.module.is_library, cls.qualname))

    def named_like(self, name: str, module: ModuleState) -> Class | None:
        """The one concrete model that a variable of this name is likely to hold: ``order_line`` -> ``OrderLine``."""
        plain = name.replace("_", "").lower()
        found = [
            cls for cls in self._named(plain) if not cls.module.is_library and not self._has_no_table(cls)
        ]
        near = [cls for cls in found if self.apps.label_of(cls.module) == self.apps.label_of(module)]
        choice = found if len(found) == 1 else near
        return choice[0] if len(choice) == 1 else None

    def _has_label(self, cls: Class, app: str) -> bool:
        if self.apps.label_of(cls.module).lower() == app.lower() and "app_label" not in _own_meta(cls):
            return self.info(cls) is not None
        info = self.info(cls)
        return info is not None and info.app.lower() == app.lower()

    def _has_no_table(self, cls: Class) -> bool:
        info = self.info(cls)
        return info is None or info.abstract or not info.installed

    def _named(self, name: str) -> Iterable[Class]:
        """All classes of the project and the stubs with this name, in any case."""
        if self._defining is None:
            self._defining = {}
            for state in [*self.index.states, *self.index.stubs.values()]:
                for exact in () if state.is_test else class_names(state.lowered):
                    self._defining.setdefault(exact.lower(), []).append((state, exact))
        for state, exact in self._defining.get(name.lower(), ()):
            cls = self.class_named(state, exact)
            if cls is not None:
                yield cls

    def _looks_like_a_model(self, cls: Class) -> bool:
        known, unknown = cls.order()
        if any(ancestor.qualname == MODEL for ancestor in known):
            return cls.qualname != MODEL
        if cls.module.is_library or not unknown or any(_is_no_model(name) for name in unknown):
            return False
        return any(
            isinstance(value, Made)
            and value.callee.startswith(("django.db.models.", "django.contrib.gis.db.models."))
            and is_field_class(value.short)
            and name != "output_field"  # an expression says by it what it gives
            for ancestor in known
            for name, value in ancestor.names.items()
        )

    def _describe(self, cls: Class) -> Info:
        meta = self._meta(cls)
        abstract = meta.get("abstract") is True
        app = str(meta.get("app_label") or self.apps.label_of(cls.module))
        proxy = meta.get("proxy") is True
        parents = self._concrete_parents(cls)
        installed = self.apps.installs(cls.module, str(meta.get("app_label") or ""))
        table = ""
        if not installed:
            pass
        elif proxy and parents:
            parent = self.info(parents[0])
            table = parent.table if parent else ""
        elif not abstract:
            table = str(meta.get("db_table") or f"{app}_{cls.name}").lower().replace('"', "")
        return Info(
            cls, f"{app}.{cls.name}", app, table, abstract, proxy, meta.get("managed") is not False,
            str(meta.get("swappable") or ""), installed, parents, _ordering(meta),
        )  # fmt: skip

    def _meta(self, cls: Class) -> dict[str, object]:
        """The options of ``class Meta``: the class's own, or those of the nearest abstract base that has one."""
        own = _own_meta(cls)
        if own or "Meta" in cls.names:
            return own
        for base in cls.bases:
            for option in options(base):
                if (
                    isinstance(option, Class)
                    and option.qualname != MODEL
                    and self._looks_like_a_model(option)
                ):
                    inherited = self._meta(option)
                    if inherited.get("abstract") is True and inherited:
                        return {name: value for name, value in inherited.items() if name != "abstract"}
        return {}

    def _concrete_parents(self, cls: Class) -> list[Class]:
        found: list[Class] = []
        for base in cls.bases:
            for option in options(base):
                if not isinstance(option, Class):
                    continue
                info = self.info(option)
                if info is None:
                    continue
                above = info.parents if info.abstract else [_concrete(info, self)]
                found.extend(parent for parent in above if parent not in found)
        return found

    def _collect(self, info: Info) -> None:
        """Fields and relations of the class and its abstract bases; those of concrete parents stay with the parents."""
        self._parent_links(info)
        taken: set[str] = set()
        inherited = {ancestor for parent in self._all_parents(info) for ancestor in parent.order()[0]}
        for ancestor in info.cls.order()[0]:
            if ancestor is not info.cls and ancestor in inherited:
                continue
            for name, value in ancestor.names.items():
                if name in taken:
                    continue
                if isinstance(value, Made | Instance):
                    self._field(info, ancestor, name, value)
                if not isinstance(value, Made | Instance) or name in info.fields or name in info.links:
                    taken.add(name)
        if not info.abstract and not info.proxy and not _has_key(info):
            here = Location(info.cls.module.file, info.cls.node.line)
            key = Field("id", "id", "BigAutoField", here, unique=True, primary_key=True)
            info.fields = {"id": key, **info.fields}

    def _all_parents(self, info: Info) -> list[Class]:
        """The concrete models, proxies among them, that the class derives from."""
        models = ((ancestor, self.info(ancestor)) for ancestor in info.cls.order()[0][1:])
        return [ancestor for ancestor, other in models if other is not None and not other.abstract]

    def _parent_links(self, info: Info) -> None:
        if info.abstract or info.proxy:
            return
        for parent in info.parents:
            name = f"{parent.name.lower()}_ptr"
            link = Link(
                "mti",
                name,
                parent,
                info.cls,
                info.cls.node.line,
                target=parent,
                on_delete="CASCADE",
                column=name + "_id",
            )
            link.source_model = info.cls
            info.links[name] = link

    def _field(self, info: Info, ancestor: Class, name: str, value: Made | Instance) -> None:
        kind, relation = field_class(value)
        if relation is None:
            if kind and is_field_class(kind):
                info.fields[name] = column_of(
                    name, kind, value, Location(ancestor.module.file, ancestor.line_of.get(name, 0))
                )
            return
        link = link_of(relation, name, value, ancestor, info.cls)
        if link.kind == "o2o" and flag(value, "parent_link"):
            info.links = {
                key: old for key, old in info.links.items() if old.kind != "mti" or not self._same(old, link)
            }
            link.kind = "mti"
        info.links[name] = link
        if relation.kind in {"fk", "o2o"} and link.kind != "gfk":
            where = Location(ancestor.module.file, ancestor.line_of.get(name, 0))
            info.fields[name] = Field(
                name, link.column, kind, where, link.null, relation.kind == "o2o", flag(value, "primary_key")
            )

    def _same(self, old: Link, new: Link) -> bool:
        self.resolve_link(new)
        return new.target is old.target

    def resolve_link(self, link: Link) -> None:
        """Find the model a relation leads to, and the table of a many-to-many relation."""
        if link.source_model is None or link.label or link.kind == "gfk":
            return
        owner = self.info(link.source_model)
        if owner is None:
            return
        if link.target is None:
            link.target, link.label, link.target_text = self._target(link.declared, owner)
        info = self.info(link.target) if link.target else None
        link.label = info.label if info else link.label
        if link.kind == "m2m" and not link.through_table:
            self._through(link, owner)

    def _through(self, link: Link, owner: Info) -> None:
        value = link.declared
        made = value if isinstance(value, Made | Instance) else None
        through = made.kwargs.get("through") if made else None
        fixed = field_class(made)[1] if made else None
        if through is None and fixed is not None and fixed.through:
            link.through, link.through_label, _ = self._model(Literal(fixed.through), owner)
        elif (
            through is not None
            and text(through) != ""
            and not (isinstance(through, Literal) and through.value is None)
        ):
            link.through, link.through_label, _ = self._model(through, owner)
        if link.through is not None:
            info = self.info(link.through)
            link.through_label = info.label if info else None
            link.through_table = info.table if info else ""
            self.by_through.setdefault(link.through_table, link)
        elif link.through_label is None and not owner.abstract:
            named = text(made.kwargs.get("db_table")) if made else None
            link.through_table = (named or f"{owner.table}_{link.name}").lower()
            self.by_through[link.through_table] = link

    def _target(self, declared: Value, owner: Info) -> tuple[Class | None, str | None, str]:
        if isinstance(declared, Class):
            return declared, None, declared.name
        if not isinstance(declared, Made | Instance):
            return None, None, ""
        given = declared.kwargs.get("to", declared.kwargs.get("othermodel"))
        if given is None and declared.args:
            given = declared.args[0]
        relation = field_class(declared)[1]
        if (given is None or not _names_a_model(given)) and relation is not None and relation.target:
            through = self._through_target(declared, owner)
            if through is not None:
                return through, None, through.name
            given = Literal(relation.target)
        return self._model(given, owner)

    def _through_target(self, declared: Made | Instance, owner: Info) -> Class | None:
        """The tag model of a tag manager with its own through model: where that model's ``tag`` key leads."""
        through = declared.kwargs.get("through")
        if through is None:
            return None
        model = self._model(through, owner)[0]
        info = self.info(model) if model else None
        for link in info.links.values() if info else ():
            if link.kind == "fk" and link.name == "tag":
                self.resolve_link(link)
                return link.target
        return None

    def _model(self, given: Value | None, owner: Info) -> tuple[Class | None, str | None, str]:
        """The class, the label when only that is known, and the text, for any way of naming a model."""
        for option in options(given) if given is not None else ():
            if isinstance(option, Class):
                return option, None, option.name
            if isinstance(option, External):
                return None, _external_label(option.name), option.name
            name = text(option)
            if name is None:
                continue
            if name == "self":
                return owner.cls, None, name
            if "." not in name:
                name = f"{owner.app}.{name}"
            app, _, model = name.rpartition(".")
            found = self.by_label(name) or self.by_label(f"{app.rpartition('.')[2]}.{model}")
            return found, None if found else name, name
        return None, None, ""

    def seal(self, models: Sequence[Class]) -> None:
        """Resolve all relations and enter each at the model it leads to. Called once all modules have run."""
        for cls in models:
            info = self.info(cls)
            if info is None or info.abstract:
                continue
            for link in info.links.values():
                self.resolve_link(link)
                target = self.info(link.target) if link.target else None
                if target is not None:
                    self._enter(info, link, target)
        self._every = tuple(
            cls
            for cls in models
            if (info := self.info(cls)) is not None and not info.abstract and not info.proxy
        )
        self.content_types = frozenset(cls for cls in self._every if cls.is_a(CONTENT_TYPE))
        self.sealed = True

    def concrete_models(self) -> tuple[Class, ...]:
        """All models that have a table, once all modules have run."""
        return self._every

    def _enter(self, info: Info, link: Link, target: Info) -> None:
        name = info.cls.name.lower()
        related = (link.related_name or str(self._meta(info.cls).get("default_related_name") or "")) or None
        if related:
            names = {"class": name, "model_name": name, "app_label": info.app.lower()}
            for placeholder, value in names.items():
                related = related.replace(f"%({placeholder})s", value)
        if link.kind == "grel":
            target.generic.append(info.cls)
            return
        if (related or "").endswith("+"):
            target.hidden.append(link)
            return
        many = link.kind in {"fk", "m2m"}
        accessor = related or (f"{name}_set" if many else name)
        query = link.related_query_name or related or name
        target.accessors.setdefault(accessor, link)
        target.reverse.setdefault(
            query.replace("%(class)s", name).replace("%(app_label)s", info.app.lower()), link
        )

    def link(self, model: Class, name: str) -> tuple[Link, bool] | None:
        """A relation by the name that queries use; the flag says that it is followed backwards."""
        return self._search(model, name, queries=True)

    def accessor(self, model: Class, name: str) -> tuple[Link, bool] | None:
        """A relation by the name of the attribute on a record; the flag says that it is followed backwards."""
        return self._search(model, name, queries=False)

    def _search(self, model: Class, name: str, queries: bool) -> tuple[Link, bool] | None:
        waiting, seen = [model], set()
        while waiting:
            here = waiting.pop(0)
            info = self.info(here)
            if info is None or here in seen:
                continue
            seen.add(here)
            if name in info.links:
                self.resolve_link(info.links[name])
                return info.links[name], False
            backwards = info.reverse if queries else info.accessors
            if name in backwards:
                return backwards[name], True
            waiting.extend(info.parents)
        return None

    def concrete(self, info: Info) -> Class:
        """The model itself, or the one that a proxy stands for."""
        return _concrete(info, self)

    def unique_columns(self, info: Info) -> bool:
        """Whether validating a record asks its table for others with the same values."""
        if any(field.unique and not field.primary_key for field in info.fields.values()):
            return True
        return any(self.option(info.cls, "unique_together"))

    def unique_constraints(self, info: Info) -> bool:
        """Whether ``Meta.constraints`` names a ``UniqueConstraint``."""
        return any(
            isinstance(item, Made) and item.short in {"UniqueConstraint", "ExclusionConstraint"}
            for item in self.option(info.cls, "constraints")
        )

    def option(self, cls: Class, name: str) -> list[Value]:
        """The items of a list in the nearest ``Meta`` that has it."""
        for ancestor in cls.order()[0]:
            meta = ancestor.names.get("Meta")
            found = meta.find(name) if isinstance(meta, Class) else None
            if found is not None and isinstance(found[0], Items):
                return found[0].items
        return []

    def has_field(self, model: Class, name: str) -> bool:
        """Whether a record has a plain column of this name, its own or an ancestor's."""
        info = self.info(model)
        if info is None:
            return False
        return name in info.fields or any(self.has_field(parent, name) for parent in info.parents)

    def owner(self, model: Class, name: str) -> Class | None:
        """The model, or the ancestor of it, whose table has the column of this field."""
        info = self.info(model)
        if info is None or name in info.fields or name in info.links:
            return model if info is not None else None
        found = (self.owner(parent, name) for parent in info.parents if self.has_column(parent, name))
        return next(found, None)

    def has_column(self, model: Class, name: str) -> bool:
        """Whether a model or an ancestor declares a field of this name, a relation included."""
        info = self.info(model)
        if info is None:
            return False
        return (
            name in info.fields
            or name in info.links
            or any(self.has_column(parent, name) for parent in info.parents)
        )


def _concrete(info: Info, registry: Registry) -> Class:
    while info.proxy and info.parents:
        parent = registry.info(info.parents[0])
        if parent is None:
            break
        info = parent
    return info.cls


def _ordering(meta: dict[str, object]) -> tuple[str, ...]:
    given = meta.get("ordering")
    return tuple(path.lstrip("-") for path in given if path != "?") if isinstance(given, tuple) else ()


def _has_key(info: Info) -> bool:
    """Whether some field is the primary key already, the link to a parent model included."""
    return any(link.kind == "mti" for link in info.links.values()) or any(
        found.primary_key for found in info.fields.values()
    )


def _own_meta(cls: Class) -> dict[str, object]:
    """The constants of a class's own ``Meta``, with those that this Meta inherits from other Metas."""
    meta = cls.names.get("Meta")
    if not isinstance(meta, Class):
        return {}
    found: dict[str, object] = {}
    for ancestor in reversed(meta.order()[0]):
        if ancestor is not meta:
            found.pop("abstract", None)
        for name, value in ancestor.names.items():
            if isinstance(value, Literal):
                found[name] = value.value
            elif name == "ordering":
                found[name] = tuple(strings(value))
        if ancestor is not meta:
            found.pop("abstract", None)
    return found


def _is_no_model(name: str) -> bool:
    """Whether a class of this name cannot be a model: Django's own Model is known, and nothing else of Django is one
    but the models of its applications."""
    return name.startswith("django.") and not (name.startswith("django.contrib.") and ".models." in name)


def _names_a_model(value: Value) -> bool:
    return any(
        isinstance(option, Class | External) or "." in (text(option) or "") for option in options(value)
    )


def _external_label(dotted: str) -> str | None:
    """``taggit.models.Tag`` -> ``taggit.Tag``: Django's default label for a model of a library without a stub.

    Only what a ``models`` module names like a class: ``compat.AUTH_USER_MODEL`` is a constant, and says no label.
    """
    path, _, name = dotted.rpartition(".")
    package, in_models, _ = f"{path}.".partition(".models.")
    if not in_models or not name[:1].isupper() or ("_" in name and name.isupper()):
        return None
    return f"{package.rpartition('.')[2]}.{name}"
