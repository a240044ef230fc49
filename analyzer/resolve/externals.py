"""Calls of names that are defined outside the project: Python's builtins, Django, and everything else."""

from __future__ import annotations

from collections.abc import Callable

from analyzer.model.facts import Location
from analyzer.resolve import (
    admin,
    authentication,
    caches,
    chosen,
    deferred,
    definitions,
    filtersets,
    forms,
    graphene,
    graphql,
    history,
    lookups,
    members,
    orm,
    serializers,
    signals,
    sql,
    tables,
    tasks,
    urls,
    validated,
    validation,
)
from analyzer.resolve.expressions import each_item, element
from analyzer.resolve.invoke import invoke
from analyzer.resolve.machine import Machine, Registration
from analyzer.resolve.members import class_of
from analyzer.resolve.options import class_of_field, is_field
from analyzer.resolve.scope import Scope
from analyzer.resolve.templates import render as rendering
from analyzer.resolve.values import (
    PLACEHOLDER,
    Bound,
    Chosen,
    Class,
    External,
    Function,
    Instance,
    Items,
    Literal,
    Made,
    Map,
    ModelField,
    Query,
    Record,
    Unknown,
    Value,
    merge,
    options,
    text,
)

_NO_CALLBACKS = frozenset(
    [
        "action",
        "async_to_sync",
        "cached_property",
        "database_sync_to_async",
        "SimpleLazyObject",
        "include",
        "lazy",
        "lru_cache",
        "method_decorator",
        "partial",
        "path",
        "re_path",
        "receiver",
        "register",
        "reverse_lazy",
        "setdefault",
        "sync_to_async",
        "url",
        "wraps",
    ]
)

_SQL = frozenset(
    {"callproc", "copy_expert", "execute", "executemany", "execute_sql", "mogrify", "RawSQL", "RunSQL"}
)
"""What takes a statement: methods of cursors, an expression, a migration's operation."""

External_ = Callable[[Machine, Scope, list[Value], dict[str, Value], int], Value]


def call(
    m: Machine, scope: Scope, name: str, args: list[Value], kwargs: dict[str, Value], line: int
) -> Value:
    """What a call of an external name gives; a ``Made`` when nothing special is known about it."""
    last = name.rpartition(".")[2]
    known = KNOWN.get(name) or (KNOWN_LAST.get(last) if not name.startswith("builtins.") else None)
    if known is not None:
        return known(m, scope, args, kwargs, line)
    if last in _SQL and args and sql.looks_like_sql(args[0]):
        sql.statement(m, scope, args[0], line)
    elif last in _SQL and name.startswith("django.db.") and not name.startswith("django.db.models."):
        sql.unread(m, scope, line, "it is computed")
    elif last == "connect" and "signal" in name.lower() and args:
        signals.connect(
            m,
            External(name.rpartition(".")[0]),
            args[0],
            kwargs.get("sender"),
            Location(scope.module.file, line),
        )
    elif last in {"send", "send_robust"} and "signal" in name.lower():
        signals.run_receivers(m, scope, name.rpartition(".")[0], kwargs, line)
    elif last == "register" and ".admin" in name and args:
        admin = (
            args[1]
            if len(args) > 1
            else kwargs.get("admin_class", External("django.contrib.admin.ModelAdmin"))
        )
        m.ledger.registrations.append(
            Registration("admin", admin, Location(scope.module.file, line), (args[0],))
        )
    elif last in caches.KEEPING and name.startswith("django.core.cache."):
        caches.note(m, scope, last, line)
    elif last in definitions.TAGS and "Library" in name:
        definitions.register_tag(m, scope, Made(name, args, kwargs, scope.module, line))
    if last not in _NO_CALLBACKS:
        run_callbacks(m, scope, [*args, *kwargs.values()], line)
    if name.startswith("column"):
        return External("column")
    return Made(name, args, kwargs, scope.module, line)


def run_callbacks(
    m: Machine, scope: Scope, values: list[Value], line: int, after_commit: bool = False
) -> None:
    """A function that is handed to code we cannot see is taken to be called by it."""
    if not m.tracing:
        return
    for value in values:
        tasks.note_callback(m, scope, value, line)
        for option in options(value):
            if isinstance(option, Bound):
                invoke(m, scope, option.function, option.receiver, [], {}, line, after_commit)
            elif isinstance(option, Function) and (option.owner is None or option.kind == "static"):
                invoke(m, scope, option, None, [], {}, line, after_commit)
            elif isinstance(option, Made) and option.short == "partial" and option.args:
                inner = option.args[0]
                if isinstance(inner, Function | Bound):
                    target, receiver = (
                        (inner.function, inner.receiver) if isinstance(inner, Bound) else (inner, None)
                    )
                    invoke(m, scope, target, receiver, option.args[1:], option.kwargs, line, after_commit)


def _getattr(m: Machine, scope: Scope, args: list[Value], kwargs: dict[str, Value], line: int) -> Value:
    name = text(args[1]) if len(args) > 1 else None
    if name is None or PLACEHOLDER in name:
        computed = members.of_computed_name(m, scope, args[0], name, line) if args else []
        return merge([*computed, *args[2:]], "an attribute whose name is computed")
    found = m.attribute(scope, args[0], name, line)
    return merge([found, *args[2:]]) if len(args) > 2 else found


def _setattr(m: Machine, scope: Scope, args: list[Value], kwargs: dict[str, Value], line: int) -> Value:
    name = text(args[1]) if len(args) > 2 else None
    if name is not None and isinstance(args[0], Instance):
        args[0].attrs[name] = args[2]
    return Unknown("nothing")


def _iterable(m: Machine, scope: Scope, args: list[Value], kwargs: dict[str, Value], line: int) -> Value:
    """``list``, ``sorted`` and the like: the same items."""
    if not args:
        return Items("list", [])
    found: list[Value] = []
    for option in options(args[0]):
        if isinstance(option, Items):
            found.append(Items("list", list(option.items), option.rest))
        elif isinstance(option, Map | Query | Chosen):
            if isinstance(option, Query):
                m.read(scope, option, line)
            items = each_item(m, option)
            found.append(Items("list", [], items[0]))
        elif isinstance(option, External | Made):
            found.append(Items("list", [], External("iteration")))
        else:
            found.append(Items("list", [], option if isinstance(option, Unknown) else Unknown("an item")))
    return merge(found)


def _dict(m: Machine, scope: Scope, args: list[Value], kwargs: dict[str, Value], line: int) -> Value:
    found = Map({})
    for option in options(args[0]) if args else ():
        if isinstance(option, Map):
            found.items.update(option.items)
            found.rest = option.rest or found.rest
        elif not isinstance(option, Literal):
            found.rest = Unknown("a value of a dict")
    found.items.update(kwargs)
    return found


def _defaultdict(m: Machine, scope: Scope, args: list[Value], kwargs: dict[str, Value], line: int) -> Value:
    return Map(dict(kwargs.items()), make=args[0] if args else None)


def _first(m: Machine, scope: Scope, args: list[Value], kwargs: dict[str, Value], line: int) -> Value:
    return args[0] if args else Unknown("nothing")


def _element(m: Machine, scope: Scope, args: list[Value], kwargs: dict[str, Value], line: int) -> Value:
    return merge([element(m, arg) for arg in args]) if args else Unknown("nothing")


def _zip(m: Machine, scope: Scope, args: list[Value], kwargs: dict[str, Value], line: int) -> Value:
    return Items("list", [], Items("tuple", [element(m, arg) for arg in args]))


def _enumerate(m: Machine, scope: Scope, args: list[Value], kwargs: dict[str, Value], line: int) -> Value:
    return (
        Items("list", [], Items("tuple", [External("builtins.int()"), element(m, args[0])]))
        if args
        else Unknown("nothing")
    )


def _map(m: Machine, scope: Scope, args: list[Value], kwargs: dict[str, Value], line: int) -> Value:
    if len(args) < 2:
        return Unknown("nothing")
    return Items("list", [], m.call(scope, args[0], [element(m, arg) for arg in args[1:]], {}, line))


def _filter(m: Machine, scope: Scope, args: list[Value], kwargs: dict[str, Value], line: int) -> Value:
    if len(args) == 2 and isinstance(args[0], Function | Bound):
        m.call(scope, args[0], [element(m, args[1])], {}, line)
    return Items("list", [], element(m, args[-1])) if args else Unknown("nothing")


def _chain(m: Machine, scope: Scope, args: list[Value], kwargs: dict[str, Value], line: int) -> Value:
    return Items("list", [], _element(m, scope, args, kwargs, line))


def _type(m: Machine, scope: Scope, args: list[Value], kwargs: dict[str, Value], line: int) -> Value:
    if len(args) != 1:
        return Unknown("a class that is made by a call")
    if isinstance(args[0], ModelField):
        return class_of_field(args[0])
    found = class_of(args[0])
    return found if isinstance(found, Class) else Unknown("the type of a value")


def _isinstance(m: Machine, scope: Scope, args: list[Value], kwargs: dict[str, Value], line: int) -> Value:
    """Certain only for the fields of models."""
    known = is_field(args[0], args[1]) if len(args) == 2 and isinstance(args[0], ModelField) else None
    return Unknown("a test") if known is None else Literal(known)


def _hasattr(m: Machine, scope: Scope, args: list[Value], kwargs: dict[str, Value], line: int) -> Value:
    """Certain where a class has the attribute; what else an object has, cannot be known."""
    name = text(args[1]) if len(args) == 2 else None
    certain = name is not None and all(_declares(option, name) for option in options(args[0]))
    return Literal(True) if certain else Unknown("a test")


def _declares(value: Value, name: str) -> bool:
    cls = value.model if isinstance(value, Record) else getattr(value, "cls", None)
    return (
        isinstance(value, Instance | Query | Record) and isinstance(cls, Class) and cls.find(name) is not None
    )


def _issubclass(m: Machine, scope: Scope, args: list[Value], kwargs: dict[str, Value], line: int) -> Value:
    """Certain only between classes that are known with all their bases."""
    if len(args) != 2 or not isinstance(args[0], Class) or not isinstance(args[1], Class):
        return Unknown("a test")
    known, unknown = args[0].order()
    return Literal(args[1] in known) if args[1] in known or not unknown else Unknown("a test")


def _str(m: Machine, scope: Scope, args: list[Value], kwargs: dict[str, Value], line: int) -> Value:
    return args[0] if args and isinstance(args[0], Literal) else External("builtins.str()")


def _import_string(m: Machine, scope: Scope, args: list[Value], kwargs: dict[str, Value], line: int) -> Value:
    found = []
    for dotted in filter(None, map(text, options(args[0]) if args else ())):
        if dotted.startswith("."):
            dotted = (text(args[1]) or "" if len(args) > 1 else scope.module.package) + dotted
        found.append(m.by_dotted_name(dotted, scope.module) or External(dotted))
    return merge(found, "a module whose name is computed")


def _user_model(m: Machine, scope: Scope, args: list[Value], kwargs: dict[str, Value], line: int) -> Value:
    return m.registry.by_label(text(m.setting("AUTH_USER_MODEL")) or "") or Unknown("the user model")


def _user(m: Machine, scope: Scope, args: list[Value], kwargs: dict[str, Value], line: int) -> Value:
    model = _user_model(m, scope, args, kwargs, line)
    return Record(model) if isinstance(model, Class) else model


def _app_config(m: Machine, scope: Scope, args: list[Value], kwargs: dict[str, Value], line: int) -> Value:
    app = m.apps.by_label.get(text(args[0]) or "") if args else None
    if app is None or app.config_module is None:
        return Unknown("the configuration of an application")
    cls = m.module_name(app.config_module, app.config_class)
    return cls.instance() if isinstance(cls, Class) else Unknown("the configuration of an application")


def _app_model(m: Machine, scope: Scope, args: list[Value], kwargs: dict[str, Value], line: int) -> Value:
    """``AppConfig.get_model(name)``."""
    label, name = (text(arg) for arg in args)
    return m.registry.by_label(f"{label}.{name}") or Unknown("a model of an application")


def _environment(m: Machine, scope: Scope, args: list[Value], kwargs: dict[str, Value], line: int) -> Value:
    """``os.environ.get(name, default)``, ``env("NAME", default=...)``: what holds when nothing is set."""
    return kwargs.get("default", args[1] if len(args) > 1 else Unknown("an environment variable"))


def _on_commit(m: Machine, scope: Scope, args: list[Value], kwargs: dict[str, Value], line: int) -> Value:
    run_callbacks(m, scope, [*args, *kwargs.values()], line, after_commit=True)
    return Literal(None)


def _collect(m: Machine, scope: Scope, args: list[Value], kwargs: dict[str, Value], line: int) -> Value:
    """``Collector.collect()``: what is loaded before a deletion."""
    for model in _models_in(m, args):
        for table in m.deletions.of(model).read:
            m.effect(scope, line, table, "read", "cascade", 0.9, "cascade")
    return Literal(None)


def _collect_shown(m: Machine, scope: Scope, args: list[Value], kwargs: dict[str, Value], line: int) -> Value:
    """``NestedObjects.collect()``: a page shows what goes as well, also what would be deleted unseen."""
    for model in _models_in(m, args):
        for table in m.deletions.of(model).unseen:
            m.effect(scope, line, table, "read", "cascade", 0.9, "cascade")
    return _collect(m, scope, args, kwargs, line)


def _delete_collected(
    m: Machine, scope: Scope, args: list[Value], kwargs: dict[str, Value], line: int
) -> Value:
    """``Collector.delete()``."""
    for model in _models_in(m, args):
        orm.delete(m, scope, model, line)
    return Unknown("a count of deletions")


def _models_in(m: Machine, args: list[Value]) -> list[Class]:
    """The models of records, querysets, and lists of records."""
    found: dict[Class, None] = {}
    for arg in args:
        for option in options(arg):
            inner = option if isinstance(option, Record) else element(m, option)
            found.update({each.model: None for each in options(inner) if isinstance(each, Record)})
    return list(found)


def _prefetch_objects(
    m: Machine, scope: Scope, args: list[Value], kwargs: dict[str, Value], line: int
) -> Value:
    """``prefetch_related_objects(records, *paths)``."""
    for model in _models_in(m, args[:1]):
        paths = lookups.prefetched(Query(model), args[1:])
        lookups.prefetch(m, scope, Query(model, prefetch=paths), line)
    return Literal(None)


def _cast(m: Machine, scope: Scope, args: list[Value], kwargs: dict[str, Value], line: int) -> Value:
    """``cast(Model, value)``: the value, or an instance of the class when nothing is known of it."""
    if len(args) == 2 and isinstance(args[1], Unknown) and isinstance(args[0], Class):
        return Record(args[0]) if m.registry.is_model(args[0]) else args[0].instance()
    return args[1] if len(args) == 2 else Unknown("a cast")


KNOWN: dict[str, External_] = {
    "builtins.dict": _dict,
    "builtins.enumerate": _enumerate,
    "builtins.filter": _filter,
    "builtins.frozenset": _iterable,
    "builtins.getattr": _getattr,
    "builtins.hasattr": _hasattr,
    "builtins.isinstance": _isinstance,
    "builtins.issubclass": _issubclass,
    "builtins.iter": _iterable,
    "builtins.list": _iterable,
    "builtins.map": _map,
    "builtins.max": _element,
    "builtins.min": _element,
    "builtins.next": _element,
    "builtins.reversed": _iterable,
    "builtins.set": _iterable,
    "builtins.setattr": _setattr,
    "builtins.sorted": _iterable,
    "builtins.str": _str,
    "builtins.tuple": _iterable,
    "builtins.type": _type,
    "builtins.zip": _zip,
    "collections.OrderedDict": _dict,
    "collections.defaultdict": _defaultdict,
    "copy.copy": _first,
    "copy.deepcopy": _first,
    "dataclasses.replace": _first,
    "django.apps._app_model": _app_model,
    "django.apps.apps.get_app_config": _app_config,
    "django.apps.apps.get_model": chosen.by_name,
    "django.apps.apps.get_models": chosen.all_models,
    "django.contrib.contenttypes.models._model_class": chosen.from_content_type,
    "django.core.paginator.Paginator": forms.paginated,
    "django.views.generic.list._paginate": forms.paginated,
    "django.forms.forms._clean_fields": forms.clean_fields,
    "django.forms.forms._cleaned_data": forms.cleaned_data,
    "django.forms.models._clean_record": forms.clean_record,
    "django.forms.models._initial": forms.initial,
    "django.forms.models._save_links": forms.save_links,
    "django.shortcuts.render": rendering.external,
    "django.template.loader.render_to_string": rendering.to_string,
    "django.template.response.SimpleTemplateResponse": rendering.to_string,
    "django.template.response.TemplateResponse": rendering.external,
    "django.views.generic.base._render": rendering.external,
    "django.contrib.admin._admin_register": admin.register,
    "django.contrib.admin.options._act": admin.act,
    "django.contrib.admin.options._changelist": admin.changelist,
    "django.contrib.admin.options._display": admin.display,
    "django.contrib.admin.options._show_form": admin.show_form,
    "django.conf.urls.static.static": urls.static_files,
    "django.contrib.auth._backends": authentication.backends,
    "django.contrib.auth._user_logged_in": authentication.logged_in,
    "django.contrib.auth._user_logged_out": authentication.logged_out,
    "django.contrib.auth.models._backends": authentication.backends,
    "django.contrib.auth.get_user": _user,
    "django.core.serializers.serialize": validation.serialize,
    "django.db.models.base._clean_fields": validation.clean_fields,
    "django.db.models.base._validate_constraints": validation.validate_constraints,
    "django.db.models.base._validate_unique": validation.validate_unique,
    "django.contrib.auth.get_user_model": _user_model,
    "django.contrib.admin.utils._collect_shown": _collect_shown,
    "django.db.models.deletion._collect": _collect,
    "django.db.models.deletion._delete_collected": _delete_collected,
    "django.db.models.aprefetch_related_objects": _prefetch_objects,
    "django.db.models.prefetch_related_objects": _prefetch_objects,
    "django.db.models.query.prefetch_related_objects": _prefetch_objects,
    "django.db.transaction.on_commit": _on_commit,
    "django.utils.module_loading.import_string": _import_string,
    "importlib.import_module": _import_string,
    "itertools.chain": _chain,
    "itertools.chain.from_iterable": _chain,
    "itertools.islice": _iterable,
    "os.environ.get": _environment,
    "os.getenv": _environment,
    "django_tables2.tables._rows": tables.rows,
    "django_filters.filterset._filter": filtersets.apply,
    "graphene.Schema": graphql.graphene_schema,
    "graphene._mutation": graphene.mutation,
    "graphene.Node.from_global_id": graphene.of_global_id,
    "graphene.relay.Node.from_global_id": graphene.of_global_id,
    "graphql_relay.from_global_id": graphene.of_global_id,
    "graphene_django.views._execute": graphql.execute,
    "promise.Promise.all": deferred.every,
    "promise.Promise.resolve": deferred.resolve,
    "promise.dataloader._one": deferred.one,
    "promise.dataloader._promised": deferred.resolve,
    "rest_framework.generics._chosen": serializers.chosen,
    "rest_framework.serializers._look_up": serializers.look_up,
    "rest_framework.serializers._record": serializers.record,
    "rest_framework.serializers._represent": serializers.represent,
    "rest_framework.serializers._save_links": serializers.save_links,
    "rest_framework.serializers._validated": validated.data,
    "rest_framework.serializers._validate_fields": validated.fields,
    "rest_framework.views._chosen": serializers.chosen,
    "strawberry.Schema": graphql.schema,
    "strawberry.django.views._execute": graphql.execute,
    "simple_history.register": history.register,
    "strawberry.federation.Schema": graphql.schema,
    "typing.cast": _cast,
}
KNOWN_LAST: dict[str, External_] = {
    "config": _environment,
    "env": _environment,
    "get_user_model": _user_model,
    "get_user_model_lazy": _user_model,
}
