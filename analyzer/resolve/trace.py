"""Runs everything that work can begin with, then every function that nothing reached; keeps what each touches."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator
from dataclasses import dataclass, field

from analyzer.model.facts import EntryKind, Location
from analyzer.resolve import (
    authentication,
    filtersets,
    graphql,
    halves,
    migrations,
    routers,
    signals,
    tasks,
    tenants,
    urls,
)
from analyzer.resolve.admin_urls import registered
from analyzer.resolve.history import history_models
from analyzer.resolve.invoke import traced
from analyzer.resolve.levels import Found
from analyzer.resolve.machine import Machine
from analyzer.resolve.modules import ModuleState
from analyzer.resolve.scope import Context, Scope
from analyzer.resolve.templates.libraries import Libraries
from analyzer.resolve.values import (
    Bound,
    Class,
    Function,
    Instance,
    Items,
    Literal,
    Query,
    Record,
    Unknown,
    Value,
    View,
    key,
    leads_to_tables,
    options,
    strings,
    text,
)


@dataclass(slots=True)
class Entry:
    """Something that work begins with, and the context that stands for running it."""

    kind: EntryKind
    name: str
    location: Location
    context: Context
    takes: tuple[str, ...] = ()
    """What a task is sent with."""


@dataclass(slots=True)
class Trace:
    """The outcome: routes with their contexts, the other entry points, the models of the project and its libraries."""

    routes: list[tuple[Found, Context]] = field(default_factory=list)
    entries: list[Entry] = field(default_factory=list)
    models: list[Class] = field(default_factory=list)
    uninstalled: list[Class] = field(default_factory=list)
    """The project's models that have no table, as no settings module installs their application."""


def trace(m: Machine, progress: Callable[[int, int], None] | None = None) -> Trace:
    """Load all modules, then trace entry points and functions."""
    states = [state for state in m.index.states if not state.is_test and not state.is_migration]
    for done, state in enumerate(states):
        if not _is_urls(state):
            m.load(state)
        if progress and done % 64 == 0:
            progress(done, 3 * len(states))
    _finish_imports(m)
    result = Trace()
    result.models, result.uninstalled = _models(m, states)
    result.models.extend(history_models(m, list(result.models)))
    m.registry.seal(result.models)
    m.owned, m.user = (
        tenants.owned(m, result.models),
        m.registry.by_label(text(m.setting("AUTH_USER_MODEL")) or ""),
    )
    _ready(m, result.models)
    for state in states:
        m.load(state)
    _connect(m)
    found = urls.routes(m)
    m.tags = Libraries(entry.value for entry in m.ledger.registrations if entry.kind == "template_tag")
    m.templates.knows_tag = m.tags.knows_tag
    m.tracing = True
    _middleware(m)
    number = max(len(found), 1)
    result.routes = _trace_routes(
        m,
        found,
        (lambda done: progress(len(states) + done * len(states) // number, 3 * len(states)))
        if progress
        else None,
    )
    result.routes.extend(graphql.mutations(m))
    result.entries = list(_entries(m, states))
    for done, state in enumerate(states):
        _trace_rest(m, state)
        if progress and done % 64 == 0:
            progress(2 * len(states) + done, 3 * len(states))
    for state in m.index.states:
        for name, line, context in migrations.contexts(m, state) if migrations.moves_data(state) else ():
            result.entries.append(Entry("migration", name, Location(state.file, line), context))
    if progress:
        progress(3 * len(states), 3 * len(states))
    return result


def _finish_imports(m: Machine) -> None:
    """Bind the names that circular imports left open; what runs from now on sees them."""
    for late in m.late:
        if late.names.get(late.bound) is late.placeholder:
            late.names[late.bound] = m.module_name(late.module, late.name) or late.placeholder


def _is_urls(state: ModuleState) -> bool:
    """URL modules run last, as in Django: by then ``ready()`` has bound what they use."""
    return state.name.rpartition(".")[2].startswith("url")


def _models(m: Machine, states: list[ModuleState]) -> tuple[list[Class], list[Class]]:
    """Every model class of the project and of the libraries that it uses; and those that are not installed."""
    imported = _imported(states)
    libraries = [stub for stub in m.index.stubs.values() if _is_used(m, stub, imported)]
    for stub in libraries:
        m.load(stub)
    found: list[Class] = []
    uninstalled: list[Class] = []
    for state in [*states, *libraries]:
        for value in list(state.definitions.values()):
            info = m.registry.info(value) if isinstance(value, Class) else None
            if info is not None and (info.abstract or info.installed):
                found.append(info.cls)
            elif info is not None and not state.is_library:
                uninstalled.append(info.cls)
    return found, uninstalled


def _imported(states: list[ModuleState]) -> set[str]:
    """The packages that the project imports anything from, Django apart: it holds too many applications."""
    found = {
        node.module.partition(".")[0]
        for state in states
        if state.unit is not None
        for node in state.unit.imports
    }
    return found - {"django"}


def _is_used(m: Machine, stub: ModuleState, imported: set[str]) -> bool:
    """Whether the project installs or imports a library; Django's users and content types are always there."""
    return stub.name.partition(".")[0] in imported or m.apps.lists(stub)


def _ready(m: Machine, models: list[Class]) -> None:
    """``AppConfig.ready()`` connects receivers and binds attributes; it runs like module level code."""
    models_of: dict[str, list[Value]] = {}
    for found in models:
        info = m.registry.info(found)
        if info is not None and not info.abstract:
            models_of.setdefault(info.app, []).append(found)
    for app in sorted(m.apps.by_label.values(), key=lambda app: app.label):
        if app.config_module is None or app.config_module.is_test or not m.apps.installs(app.config_module):
            continue
        cls = m.module_name(app.config_module, app.config_class)
        if isinstance(cls, Class):
            scope = _root(app.config_module)
            own = Items("list", list(models_of.get(app.label, [])))
            cls.instance().attrs.update(name=Literal(app.name), label=Literal(app.label), models=own)
            ready = m.attribute(scope, cls.instance(), "ready", cls.node.line)
            if isinstance(ready, Bound):
                m.call(scope, ready, [], {}, cls.node.line)


def _root(module: ModuleState, function: Function | None = None) -> Scope:
    return Scope(module, {}, Context(module, function))


def _connect(m: Machine) -> None:
    for registration in m.ledger.registrations:
        if registration.kind == "receiver":
            signal, sender = registration.targets
            signals.connect(m, signal, registration.value, sender, registration.location)


def _middleware(m: Machine) -> None:
    """Run the middleware first: views use what it binds to the request."""
    request = m.stub_class("django.http.request", "HttpRequest")
    given: list[Value] = [request.instance()] if request is not None else []
    for dotted in strings(m.setting("MIDDLEWARE")):
        middleware = m.by_dotted_name(dotted)
        if isinstance(middleware, Class) and not middleware.module.is_library:
            scope = _root(middleware.module)
            for name in _MIDDLEWARE_HOOKS:
                hook = m.attribute(scope, middleware.instance(), name, middleware.node.line)
                if isinstance(hook, Bound):
                    m.call(scope, hook, given, {}, middleware.node.line)
        elif isinstance(middleware, Function):
            scope = _root(middleware.module)
            handler = m.call(scope, middleware, [Unknown("the next middleware")], {}, middleware.node.line)
            m.call(scope, handler, given, {}, middleware.node.line)


_MIDDLEWARE_HOOKS = ["__call__", "process_request", "process_view", "process_response"]


def _trace_routes(
    m: Machine, found: list[Found], progress: Callable[[int], None] | None
) -> list[tuple[Found, Context]]:
    views: dict[Hashable, tuple[Value, dict[str, Value], Function | None]] = {}
    served = []
    for item in found:
        same, view, given = _served(item)
        views.setdefault(same, (view, given, item.around))
        served.append(same)
    done = 0

    def run(root: tuple[Value, dict[str, Value], Function | None]) -> Context:
        nonlocal done
        if progress and done % 16 == 0:
            progress(done * len(found) // len(views))
        done += 1
        view, given, around = root
        m.serving = tenants.serves_people(view)
        context = _run(m, view, given)
        if around is not None:
            context.call(traced(m, around, None, None, None), around.node.line)
        return context

    contexts = dict(zip(views, halves.run(m, list(views.values()), run), strict=True))
    m.serving = False
    return [(item, contexts[same]) for item, same in zip(found, served, strict=True)]


def _served(item: Found) -> tuple[Hashable, Value, dict[str, Value]]:
    """What tells routes apart that are served differently; the view, and what the pattern hands to it."""
    view = item.view
    given = {str(name): value for name, value in item.given.items.items()} if item.given else {}
    told = tuple((name, key(value)) for name, value in given.items() if leads_to_tables(value))
    which = (View, id(view.cls)) if isinstance(view, View) else (None, id(view))
    return (which, told, id(item.around) if item.around else 0), view, given if told else {}


def _run(m: Machine, view: Value, given: dict[str, Value] | None = None) -> Context:
    """A context that holds the calls which serving a request to this view makes, with what its pattern hands to it."""
    match view:
        case View():
            return _run_class(m, view.cls, given)
        case Class():
            return _run_class(m, view, given)
        case Function():
            scope = _root(view.module, view)
            authentication.guard(m, scope, view)
            scope.context.call(traced(m, view, None, None, None), view.node.line)
            return scope.context
        case Bound():
            return _run_method(m, view)
        case Instance():
            return _run_class(m, view.cls)
        case _:
            return Context(ModuleState("", None, None, False), None)


def _run_method(m: Machine, view: Bound) -> Context:
    """Run a bound method; for what a class inherits from a library the class itself answers."""
    owner = view.receiver.cls if isinstance(view.receiver, Instance) else None
    if owner is None or not view.function.module.is_library:
        scope, line = _root(view.function.module), view.function.node.line
    else:
        scope, line = _root(owner.module), owner.node.line
        scope.context.receiver = owner
    scope.context.call(traced(m, view.function, view.receiver, None, None), line)
    return scope.context


def _run_class(m: Machine, cls: Class, given: dict[str, Value] | None = None) -> Context:
    """Dispatch a request to a class-based view; where ``dispatch`` cannot be seen, every handler that the class has."""
    m.fill(cls)
    scope = _root(cls.module)
    scope.context.receiver = cls
    authentication.guard(m, scope, cls)
    instance = cls.instance()
    request = m.stub_class("django.http.request", "HttpRequest")
    names = ["dispatch"] if cls.find("dispatch") is not None else []
    if cls.order()[1] or not names:
        names += _HANDLERS
    elif not _dispatches_as_django(cls):
        names += _METHODS
    if routers.is_viewset(cls):
        names += [*_ACTIONS, *routers.extra_actions(m, cls)]
    for name in names:
        handler = m.attribute(scope, instance, name, cls.node.line)
        for option in options(handler):
            if isinstance(option, Bound):
                args: list[Value] = (
                    [request.instance()]
                    if request is not None and option.function.node.name != "get_queryset"
                    else []
                )
                m.call(scope, option, args, dict(given or {}), cls.node.line)
    graphql.serve(m, scope, cls)
    return scope.context


def _dispatches_as_django(cls: Class) -> bool:
    """Whether Django's or REST framework's view is behind the class: its stub runs the handlers."""
    return any(known.module.is_library and "dispatch" in known.names for known in cls.order()[0])


_METHODS = ["get", "post", "put", "patch", "delete"]
_HANDLERS = [
    *_METHODS,
    "handle",
    "get_queryset",
    "run",
    "perform",
]
_ACTIONS = ["list", "create", "retrieve", "update", "partial_update", "destroy"]


def _entries(m: Machine, states: list[ModuleState]) -> Iterator[Entry]:
    seen: set[int] = set()
    for registration in m.ledger.registrations:
        function = registration.value
        if (
            registration.kind not in {"task", "template_tag"}
            or not isinstance(function, Function)
            or id(function) in seen
        ):
            continue
        seen.add(id(function))
        kind: EntryKind = "task" if registration.kind == "task" else "template_tag"
        takes = tasks.takes(function) if kind == "task" else ()
        yield Entry(kind, function.qualname, registration.location, _run(m, function), takes)
    for state in states:
        for cls in tasks.classes(m, list(state.definitions.values())):
            where = Location(state.file, cls.node.line)
            yield Entry("task", cls.qualname, where, _run_class(m, cls), tasks.takes(cls))
    for receiver in list(m.ledger.receivers):
        target = receiver.function.function if isinstance(receiver.function, Bound) else receiver.function
        if isinstance(target, Function):
            yield Entry(
                "receiver",
                target.qualname,
                receiver.fact.location,
                _run_receiver(m, receiver.function, receiver.senders),
            )
    for _, admin, place in registered(m):
        if isinstance(admin, Class) and not admin.module.is_library:
            yield Entry("admin", admin.qualname, place, _run_admin(m, admin))
    yield from _commands(m, states)


def _run_admin(m: Machine, admin: Class) -> Context:
    """All pages of an admin class."""
    scope = _root(admin.module)
    scope.context.receiver = admin
    request = m.stub_class("django.http.request", "HttpRequest")
    given: list[Value] = [request.instance()] if request is not None else []
    for page in ("changelist_view", "add_view", "change_view", "delete_view", "history_view"):
        handler = m.attribute(scope, admin.instance(), page, admin.node.line)
        more: list[Value] = [Unknown("a key")] if page not in {"changelist_view", "add_view"} else []
        m.call(scope, handler, [*given, *more], {}, admin.node.line)
    return scope.context


def _run_receiver(m: Machine, function: Value, senders: tuple[Class, ...]) -> Context:
    target = function.function if isinstance(function, Bound) else function
    assert isinstance(target, Function)
    scope = _root(target.module)
    for sender in senders:
        m.call(scope, function, [], {"sender": sender, "instance": Record(sender)}, target.node.line)
    if not senders:
        receiver = function.receiver if isinstance(function, Bound) else None
        scope.context.call(traced(m, target, receiver, None, None), target.node.line)
    return scope.context


def _commands(m: Machine, states: list[ModuleState]) -> Iterator[Entry]:
    for state in states:
        if ".management.commands." not in f".{state.name}":
            continue
        cls = state.names.get("Command")
        if isinstance(cls, Class) and cls.module is state:
            where = Location(state.file, cls.node.line)
            yield Entry("command", state.name.rpartition(".")[2], where, _run_class(m, cls))


def _trace_rest(m: Machine, state: ModuleState) -> None:
    """Functions and methods that no entry point reached: run with nothing known of their arguments."""
    for cls in list(state.definitions.values()):
        if isinstance(cls, Class):
            filtersets.trace_unused(m, _root(state), cls)
    for value in sorted(_functions(state), key=lambda function: function.node.line):
        if value.written in m.ledger.reached:
            continue
        for receiver in _receivers(m, value):
            traced(m, value, receiver, None, None)


def _functions(state: ModuleState) -> Iterator[Function]:
    for value in list(state.definitions.values()):
        inner: Value | None = value
        while isinstance(inner, Function):
            if inner.module is state:
                yield inner
            inner = inner.wraps


def _receivers(m: Machine, function: Function) -> list[Value | None]:
    owner = function.owner
    if owner is None or function.kind == "static":
        return [None]
    if function.kind == "class":
        return [owner]
    if m.registry.is_model(owner):
        info = m.registry.info(owner)
        if info is not None and info.abstract:
            concrete = [
                cls
                for cls, other in m.registry.infos.items()
                if other and not other.abstract and owner in cls.order()[0]
            ]
            return [Record(cls) for cls in concrete[:3]] or [Record(owner)]
        return [Record(owner)]
    if m.registry.is_queryset(owner) or m.registry.is_manager(owner):
        manager = m.registry.is_manager(owner)
        models = [cls for cls, manages in _managers(m) if manages is not None and owner in manages.order()[0]]
        return [Query(model, owner, manager) for model in models[:3]] or [Query(None, owner, manager)]
    return [owner.instance()]


def _managers(m: Machine) -> Iterator[tuple[Class, Class | None]]:
    for cls, info in list(m.registry.infos.items()):
        if info is None or info.abstract:
            continue
        for ancestor in cls.order()[0]:
            for value in ancestor.names.values():
                if isinstance(value, Query) and value.manager:
                    yield cls, value.cls
