"""Django's ORM as the interpreter understands it: models, records, managers and querysets."""

from __future__ import annotations

from dataclasses import replace

from analyzer.resolve import (
    content_types,
    databases,
    generic,
    history,
    inheritance,
    lookups,
    signals,
    sql,
    tenants,
)
from analyzer.resolve.declarations import Link, field_class
from analyzer.resolve.machine import Machine
from analyzer.resolve.members import bind_member
from analyzer.resolve.registry import MODEL
from analyzer.resolve.scope import PERHAPS, UNUSUAL, Scope
from analyzer.resolve.through import through_model
from analyzer.resolve.values import (
    NONE,
    OPEN,
    Class,
    External,
    Function,
    Instance,
    Items,
    Literal,
    Made,
    Map,
    Meta,
    Method,
    ModelField,
    Query,
    Record,
    Unknown,
    Value,
    merge,
    options,
    text,
)

CHAIN = frozenset(
    [
        "_chain",
        "_clone",
        "alias",
        "all",
        "annotate",
        "complex_filter",
        "dates",
        "datetimes",
        "db_manager",
        "defer",
        "difference",
        "distinct",
        "exclude",
        "extra",
        "filter",
        "get_queryset",
        "intersection",
        "none",
        "only",
        "order_by",
        "prefetch_related",
        "reverse",
        "select_for_update",
        "select_related",
        "union",
        "using",
        "values",
        "values_list",
    ]
)
ONE = frozenset(["earliest", "first", "get", "last", "latest"])
SCALAR = frozenset(["aggregate", "contains", "count", "exists", "explain"])
WRITES = frozenset(
    [
        "_raw_delete",
        "bulk_create",
        "bulk_update",
        "create",
        "delete",
        "get_or_create",
        "update",
        "update_or_create",
    ]
)
LINKS = frozenset(["add", "clear", "remove", "set"])
OTHER = frozenset(["in_bulk", "iterator", "raw"])
METHODS = CHAIN | ONE | SCALAR | WRITES | LINKS | OTHER
RECORD_METHODS = frozenset(
    ["save", "delete", "refresh_from_db", "save_base", "asave", "adelete", "arefresh_from_db"]
)
_USING = frozenset({"db_manager", "using"})
NEIGHBOURS = ("get_next_by_", "get_previous_by_")
_ORDERED = (CHAIN | frozenset({"first", "iterator", "last"})) - {"order_by", "get_queryset"}
_FETCHED = ONE | frozenset({"in_bulk", "iterator"})
"""Methods that fetch records at once: only then are others fetched with them."""
MANAGER_NAMES = frozenset({"_base_manager", "_default_manager"})


def plain_name(name: str) -> str:
    """The synchronous twin of an asynchronous method (``aget`` -> ``get``)."""
    return name[1:] if name.startswith("a") and name[1:] in METHODS | {"save", "refresh_from_db"} else name


def model_attribute(m: Machine, scope: Scope, model: Class, name: str, line: int) -> Value | None:
    """What only a model class has: managers, ``_meta``, exception classes."""
    if name == "_meta":
        return Meta(model)
    if name in MANAGER_NAMES:
        return default_manager(m, model)
    if name in {"DoesNotExist", "MultipleObjectsReturned", "NotUpdated"}:
        return External(f"django.core.exceptions.{name}")
    found = model.find(name)
    if found is not None:
        manager = _as_manager(found[0], model)
        if manager is not None:
            return manager
        if name != "objects" and history.is_tracker(found[0]) and model in m.registry.histories:
            return Query(m.registry.histories[model], manager=True)
        return _many_to_many(m, model, name) if isinstance(found[0], Made | Instance) else None
    if name == "objects" or (name.endswith("_objects") and model.order()[1]):
        return Query(model, manager=True)  # also what a base outside the project declares
    backwards = m.registry.accessor(model, name)
    if backwards is not None and backwards[0].kind == "m2m":
        return ModelField(model, name, *backwards)  # ``Tag.books.through``
    return None


def _many_to_many(m: Machine, model: Class, name: str) -> ModelField | None:
    """``Book.tags``: what leads to the relation's own model (``Book.tags.through``)."""
    info = m.registry.info(model)
    link = info.links.get(name) if info is not None else None
    return ModelField(model, name, link, False) if link is not None and link.kind == "m2m" else None


def _as_manager(value: Value, model: Class) -> Query | None:
    for option in options(value):
        if isinstance(option, Query) and option.manager:
            return Query(model, option.cls, manager=True)
        if isinstance(option, Made) and (
            option.short.endswith(("Manager", "as_manager")) or option.callee.endswith("from_queryset")
        ):
            return Query(model, manager=True)
        if isinstance(option, External) and option.name.endswith("Manager()"):
            return Query(model, manager=True)
    return None


def has_manager(cls: Class, name: str) -> bool:
    """Whether a model has a manager of this name."""
    found = cls.find(name)
    return found is not None and _as_manager(found[0], cls) is not None


def manager_has(m: Machine, model: Class, name: str) -> bool:
    """Whether the class of a model's default manager defines a method."""
    manager = default_manager(m, model).cls
    return manager is not None and manager.find(name) is not None


def default_manager(m: Machine, model: Class) -> Query:
    """``Model._default_manager``: the first manager that the class or its bases declare."""
    for cls in model.order()[0]:
        for value in cls.names.values():
            if isinstance(value, Query | Made):
                manager = _as_manager(value, model)
                if manager is not None:
                    return manager
    return Query(model, manager=True)


def hidden_by_model(cls: Class, owner: Class, name: str) -> bool:
    """Whether ``Model`` itself comes before a mixin that has a method of this name as well: it is never reached."""
    if name not in RECORD_METHODS:
        return False
    order = cls.order()[0]
    base = next((position for position, each in enumerate(order) if each.qualname == MODEL), len(order))
    return owner in order and order.index(owner) > base


def record_attribute(m: Machine, scope: Scope, record: Record, name: str, line: int) -> Value:
    """An attribute of a model instance: methods, relations (which may query), columns."""
    model = record.model
    member = model.find(name)
    if member is not None and hidden_by_model(model, member[1], name):
        return Method(record, name)
    if member is not None:
        plain = [
            option
            for option in options(member[0])
            if isinstance(option, Function | Literal | Items | Map | Class)
        ]
        if plain:
            return bind_member(m, scope, merge(plain), record, line)
    found = m.registry.accessor(model, name)
    if found is not None:
        return related(m, scope, record, *found, line)
    if name == "_meta":
        return Meta(model)
    if name == "__class__":
        return model
    if name in RECORD_METHODS or name.startswith(NEIGHBOURS):
        return Method(record, name)
    if m.registry.has_field(model, name) or name in {"pk", "_state", "__dict__"} or name.endswith("_id"):
        return External("column")
    if member is not None:
        return External("column") if _is_column(member[0]) else member[0]
    assigned = model.instance().attrs.get(name)
    if assigned is not None:
        return assigned
    return _missing(model, name)


def _is_column(value: Value) -> bool:
    """Whether a model's attribute is a field, of whatever library; other objects are what they are."""
    if isinstance(value, Instance):
        return field_class(value)[0] != "" or bool(value.cls.order()[1])
    return isinstance(value, Made)


def _missing(model: Class, name: str) -> Value:
    if name.startswith(("get_", "check_", "set_")) or model.order()[1]:
        return External(f"django.db.models.Model.{name}")
    return Unknown(f"{model.name} has no attribute {name} that could be seen")


def record_builtin(m: Machine, record: Record, name: str) -> Value:
    """What ``super()`` reaches on a model instance when no class of the project defines it."""
    return Method(record, name) if name in RECORD_METHODS else _missing(record.model, name)


def related(m: Machine, scope: Scope, record: Record, link: Link, backwards: bool, line: int) -> Value:
    """What a relation gives on a record: the other record, which is fetched, or a related manager."""
    other = link.source_model if backwards else link.target
    if link.kind == "gfk":
        return generic.follow(m, scope, link, generic.targets(m, link), line)
    if other is None:
        return Unknown(f"the target of {link.name} is not known")
    if link.kind in {"m2m", "grel"} or (backwards and link.kind == "fk"):
        manager = default_manager(m, other)
        return Query(other, manager.cls, True, link.through_table if link.kind == "m2m" else "", record.model)
    m.effect(scope, line, m.registry.table(other), "read", "related", 0.7, "lazy relation")
    inheritance.read_parents(m, scope, other, line)
    return content_types.behind(m, link) if other in m.registry.content_types else Record(other)


def called_manager(m: Machine, query: Query, kwargs: dict[str, Value]) -> Value:
    """``author.books(manager="published")``: the same relation through another manager of the model."""
    name = next((plain for plain in map(text, options(kwargs.get("manager", NONE))) if plain), "")
    found = query.model.find(name) if query.model is not None else None
    other = _as_manager(found[0], query.model) if found is not None and query.model is not None else None
    return replace(query, cls=other.cls) if other is not None else query


def query_attribute(m: Machine, scope: Scope, query: Query, name: str, line: int) -> Value:
    """An attribute of a manager or queryset: a custom method, or one of Django's."""
    if name in {"model", "instance"}:
        target = query.model if name == "model" else Record(query.owner) if query.owner else None
        return target if target is not None else Unknown(f"the {name} of a manager")
    if query.cls is not None:
        m.fill(query.cls)
        found = query.cls.find(name)
        if found is not None:
            return bind_member(m, scope, found[0], query, line)
    if name == "through" and query.through:
        link = m.registry.by_through.get(query.through)
        made = through_model(m.registry, link) if link is not None else None
        return made if made is not None else Unknown("a through model")
    return query_builtin(m, query, name)


def query_builtin(m: Machine, query: Query, name: str) -> Value:
    """One of Django's own queryset methods, or a method of a class that cannot be seen."""
    if plain_name(name) in METHODS:
        return Method(query, name)
    if query.cls is not None and not query.cls.order()[1]:
        return Unknown(f"{query.cls.name} has no method {name} that could be seen")
    return Method(query, name)


def call(
    m: Machine, scope: Scope, method: Method, args: list[Value], kwargs: dict[str, Value], line: int
) -> Value:
    """Call one of Django's methods on a record or a queryset."""
    name = plain_name(method.name)
    rest = kwargs.pop(OPEN, None)
    if name in _USING or "using" in kwargs:
        databases.note(m, scope, kwargs.get("using") or (args[0] if args else kwargs.get("alias")), line)
    if isinstance(method.receiver, Record):
        return _call_record(m, scope, method.receiver, name, line)
    query = method.receiver
    assert isinstance(query, Query)
    query = _initial(m, scope, query, name, line)
    if query.model is None:
        return query if name in CHAIN else Unknown("the model of a manager is not known")
    if name == "extra":
        named = dict(zip(("select", "where", "params", "tables", "order_by"), args, strict=False))
        sql.extra_tables(m, scope, m.registry.table(query.model), {**named, **kwargs}, line)
    else:
        lookups.follow(m, scope, query, name, args, kwargs, line)
    conditions = kwargs if rest is None else {**kwargs, OPEN: rest}
    began = tenants.narrow(m, scope, query, name, args, conditions, line) if m.owned else None
    if name == "none":
        return _nothing(m, query)
    if name == "order_by" and m.chains:
        m.chains[-1].sorted = True
    if name in WRITES or name in LINKS:
        return _write(m, scope, query, name, kwargs, line)
    pending = Query(
        query.model,
        query.cls,
        False,
        query.through,
        query.owner,
        query.rows,
        query.lock or name == "select_for_update",
        lookups.prefetched(query, args) if name == "prefetch_related" else query.prefetch,
    )
    fetches = name in _FETCHED or not pending.prefetch
    _will_read(
        m,
        scope,
        pending if fetches else replace(pending, prefetch=()),
        line,
        ordered=name in _ORDERED,
        whole=name not in SCALAR,
    )
    if name in CHAIN:
        return Query(
            query.model,
            query.cls,
            False,
            query.through,
            query.owner,
            query.rows or name.startswith(("values", "date")),
            pending.lock,
            pending.prefetch,
            began=began,
        )
    if name in ONE:
        return Record(query.model) if not query.rows else Unknown("a row of values")
    if name == "in_bulk":
        return Map({}, Record(query.model))
    if name in {"iterator", "raw"}:
        return Items("list", [], Record(query.model))
    return External("column") if name in SCALAR else Unknown(f"the method {name} is not known")


def ask_or_404(
    m: Machine, scope: Scope, what: Value, args: list[Value], kwargs: dict[str, Value], line: int
) -> None:
    """``get_object_or_404(Model, **conditions)``: a query that begins at its call, not inside of Django."""
    for option in options(what):
        query = default_manager(m, option) if isinstance(option, Class) and option in m.owned else option
        if isinstance(query, Query) and query.model is not None:
            tenants.narrow(m, scope, _initial(m, scope, query, "get", line), "get", args, kwargs, line)


def _nothing(m: Machine, query: Query) -> Query:
    """``none()``: whatever is made of it, nothing is asked of the database."""
    if m.chains:
        m.chains[-1].query = None
    return replace(query, manager=False, began=None)


def _initial(m: Machine, scope: Scope, query: Query, name: str, line: int) -> Query:
    """What a manager's own ``get_queryset`` makes of it: its queryset class, and the joins it asks for."""
    if not query.manager or query.cls is None or name in {"get_queryset", "create", "bulk_create"}:
        return query
    found = query.cls.find("get_queryset")
    if found is None or not isinstance(found[0], Function) or found[1].module.is_library:
        return query
    if scope.function is found[0]:
        return query
    serving, m.serving = m.serving, False  # what is made of the manager is not known yet
    value = m.call(scope, bind_member(m, scope, found[0], query, line), [], {}, line)
    m.serving = serving
    for option in options(value):
        if isinstance(option, Query):
            return Query(
                query.model or option.model,
                option.cls or query.cls,
                False,
                query.through,
                query.owner,
                query.rows,
                option.lock,
                option.prefetch,
                began=option.began,
            )
    return query


def _will_read(m: Machine, scope: Scope, query: Query, line: int, ordered: bool, whole: bool) -> None:
    """A read happens at the end of the chain: what the chain ends with may still turn it into a write."""
    if m.chains:
        m.chains[-1].query = query
        m.chains[-1].ordered = ordered and not m.chains[-1].sorted
        m.chains[-1].whole = whole and not query.rows
    else:
        m.read(scope, query, line)


def _call_record(m: Machine, scope: Scope, record: Record, name: str, line: int) -> Value:
    if name in {"save", "save_base"}:
        save(m, scope, record.model, line, "save", 1.0)
    elif name == "delete":
        delete(m, scope, record.model, line)
    elif name == "refresh_from_db":
        m.effect(scope, line, m.registry.table(record.model), "read", rule="refresh_from_db")
    elif name.startswith(NEIGHBOURS):
        m.effect(scope, line, m.registry.table(record.model), "read", rule="get_next_by")
        return record
    return Unknown(f"what {name}() returns")


def save(m: Machine, scope: Scope, model: Class, line: int, rule: str, confidence: float) -> None:
    """An insert or update of one record: its table, those of its parents, and the signal receivers."""
    info = m.registry.info(model)
    if info is None:
        return
    m.effect(scope, line, info.table, "write", "save", confidence, rule)
    waiting = list(info.parents)
    while waiting and not info.proxy:
        parent = m.registry.info(waiting.pop())
        if parent is not None:
            m.effect(scope, line, parent.table, "write", "save", confidence, "multi-table inheritance")
            waiting.extend(parent.parents)
    signals.about_record(m, scope, ("pre_save", "post_save"), model, line)


def call_save(m: Machine, scope: Scope, model: Class, line: int, rule: str) -> None:
    """``create()`` and its like: the ``save()`` of the model, which the project may have written."""
    found = model.find("save")
    if found is not None and isinstance(found[0], Function) and not hidden_by_model(model, found[1], "save"):
        m.call(scope, bind_member(m, scope, found[0], Record(model), line), [], {}, line)
    else:
        save(m, scope, model, line, rule, 1.0)


def delete(m: Machine, scope: Scope, model: Class, line: int) -> None:
    """A deletion with all that it takes along."""
    table = m.registry.table(model)
    found = m.deletions.of(model)
    m.effect(scope, line, table, "write", "delete", rule="delete")
    for other in found.read:
        sure = 0.9 if ("read", other) in found.usual else UNUSUAL
        m.effect(scope, line, other, "read", "cascade", sure, "cascade")
    for other in found.written:
        if other != table:
            sure = PERHAPS if other in found.generic else 0.9 if ("write", other) in found.usual else UNUSUAL
            m.effect(scope, line, other, "write", "cascade", sure, "cascade")
    unusual = m.unusual
    for gone in found.models:
        m.unusual = unusual or gone is not model
        signals.about_record(m, scope, ("pre_delete", "post_delete"), gone, line)
    m.unusual = unusual


def _write(m: Machine, scope: Scope, query: Query, name: str, kwargs: dict[str, Value], line: int) -> Value:
    assert query.model is not None
    model, table = query.model, m.registry.table(query.model)
    if m.chains:
        m.chains[-1].query = None
    if name in LINKS:
        return _write_links(m, scope, query, name, line)
    if name in {"get_or_create", "update_or_create"}:
        m.effect(scope, line, table, "read", "lock" if name == "update_or_create" else "query", rule=name)
        call_save(m, scope, model, line, name)
        return Items("tuple", [Record(model), External("builtins.bool()")])
    if name == "delete":
        if not m.deletions.goes_unseen(model):
            m.effect(scope, line, table, "read", "delete", rule="delete")
        delete(m, scope, model, line)
        return Unknown("a count of deletions")
    if name == "create":
        if query.through:
            m.effect(scope, line, query.through, "write", "related", rule="many-to-many")
        call_save(m, scope, model, line, "create")
        return Record(model)
    changes = inheritance.updated(m, model, kwargs) if name == "update" else [table]
    if table not in changes:
        m.effect(scope, line, table, "read", rule=name)  # the keys of the records whose parents are updated
    for changed in changes:
        m.effect(scope, line, changed, "write", "bulk" if name.startswith("bulk") else "query", rule=name)
    return Items("list", [], Record(model)) if name == "bulk_create" else External("column")


def _write_links(m: Machine, scope: Scope, query: Query, name: str, line: int) -> Value:
    """``add``, ``remove``, ``set``, ``clear`` on a related manager."""
    assert query.model is not None
    if query.owner is None:
        return Unknown(f"{name} on a queryset")
    table = query.through or m.registry.table(query.model)
    m.effect(scope, line, table, "write", "related", rule=f"related {name}")
    if query.through or name == "set":
        m.effect(scope, line, table, "read", "related", rule=f"related {name}")
    if query.through:
        signals.links_changed(m, scope, query.through, query.owner, line)
    if name == "set" and query.through:
        m.effect(scope, line, m.registry.table(query.model), "read", "related", rule="related set")
        m.join(scope, line, query.through, m.registry.table(query.model))
    return Unknown(f"what {name}() returns")


def construct(
    m: Machine, scope: Scope, cls: Class, args: list[Value], kwargs: dict[str, Value]
) -> Value | None:
    """``Model(...)``, ``SomeManager()``, ``SomeQuerySet(model)``; None for classes that the ORM does not know."""
    if m.registry.is_model(cls):
        return Record(cls)
    if m.registry.is_manager(cls):  # asked first: a manager made from a queryset derives from both
        return Query(None, cls, manager=True)
    if m.registry.is_queryset(cls):
        given = kwargs.get("model") or (args[0] if args else None)
        model = (
            next((option for option in options(given) if isinstance(option, Class)), None)
            if given is not None
            else None
        )
        return Query(model, cls, began=tenants.made(m, scope, model) if model in m.owned else None)
    return None


def class_method(m: Machine, scope: Scope, method: Method, args: list[Value]) -> Value:
    """``SomeQuerySet.as_manager()`` and ``SomeManager.from_queryset(SomeQuerySet)``."""
    cls = method.receiver
    assert isinstance(cls, Class)
    if method.name == "as_manager":
        return Query(None, cls, manager=True)
    bases: list[Value] = [cls, *(argument for argument in args if isinstance(argument, Class | External))]
    return Class(f"{cls.name}From", f"{cls.qualname}From", cls.module, cls.node, bases=bases, filled="yes")
