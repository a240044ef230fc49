"""Everything that work can begin with: what is served at URLs, mutations, tasks, receivers, the admin, commands."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator
from dataclasses import dataclass
from functools import partial

from analyzer.model.facts import EntryKind, Location
from analyzer.resolve import authentication, graphql, migrations, routers, tasks, tenants
from analyzer.resolve.admin_urls import registered
from analyzer.resolve.invoke import traced
from analyzer.resolve.levels import Found
from analyzer.resolve.machine import Machine
from analyzer.resolve.modules import ModuleState
from analyzer.resolve.scope import Context, Scope
from analyzer.resolve.values import (
    Bound,
    Class,
    Function,
    Instance,
    Record,
    Unknown,
    Value,
    View,
    key,
    leads_to_tables,
    options,
)


@dataclass(frozen=True, slots=True)
class Root:
    """Something that can be run by itself, and the module that it belongs to."""

    module: ModuleState | None
    run: Callable[[], Context]


@dataclass(frozen=True, slots=True)
class Entry:
    """What a root is for the project, unless it is a route."""

    kind: EntryKind
    name: str
    location: Location
    takes: tuple[str, ...] = ()
    """What a task is sent with."""


def of_routes(m: Machine, found: list[Found]) -> tuple[list[Root], list[tuple[Found, int]]]:
    """What the routes serve, and each route with the number of its root: what is served alike is run once."""
    roots: list[Root] = []
    numbers: dict[Hashable, int] = {}
    routes = []
    for item in found:
        same, view, given = _served(item)
        if same not in numbers:
            numbers[same] = len(roots)
            roots.append(_route(m, view, given, item.around))
        routes.append((item, numbers[same]))
    for item, module, work in graphql.mutations(m):
        routes.append((item, len(roots)))
        roots.append(Root(module, work))
    return roots, routes


def _route(m: Machine, view: Value, given: dict[str, Value], around: Function | None) -> Root:
    def run() -> Context:
        m.serving = tenants.serves_people(view)
        context = _run(m, view, given)
        if around is not None:
            context.call(traced(m, around, None, None, None), around.node.line)
        m.serving = False
        return context

    return Root(_module(view), run)


def _module(view: Value) -> ModuleState | None:
    match view:
        case View() | Instance():
            return view.cls.module
        case Class() | Function():
            return view.module
        case Bound():
            return _module(view.receiver) or view.function.module
        case _:
            return None


def of_entries(m: Machine, states: list[ModuleState]) -> list[tuple[Entry, Root]]:
    """Everything else that work begins with."""
    return [*_entries(m, states), *_migrations(m)]


def _entries(m: Machine, states: list[ModuleState]) -> Iterator[tuple[Entry, Root]]:
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
        entry = Entry(kind, function.qualname, registration.location, takes)
        yield entry, Root(function.module, partial(_run, m, function))
    for state in states:
        for cls in tasks.classes(m, list(state.definitions.values())):
            entry = Entry("task", cls.qualname, Location(state.file, cls.node.line), tasks.takes(cls))
            yield entry, Root(state, partial(_run_class, m, cls))
    for receiver in m.ledger.receivers:
        target = receiver.function.function if isinstance(receiver.function, Bound) else receiver.function
        if isinstance(target, Function):
            entry = Entry("receiver", target.qualname, receiver.fact.location)
            yield entry, Root(target.module, partial(_run_receiver, m, receiver.function, receiver.senders))
    for _, admin, place in registered(m):
        if isinstance(admin, Class) and not admin.module.is_library:
            yield Entry("admin", admin.qualname, place), Root(admin.module, partial(_run_admin, m, admin))
    for state, cls in _commands(states):
        entry = Entry("command", state.name.rpartition(".")[2], Location(state.file, cls.node.line))
        yield entry, Root(state, partial(_run_class, m, cls))


def _migrations(m: Machine) -> Iterator[tuple[Entry, Root]]:
    for state in m.index.states:
        for function, receiver in migrations.functions(m, state) if migrations.moves_data(state) else ():
            entry = Entry("migration", function.qualname, Location(state.file, function.node.line))
            yield entry, Root(state, partial(traced, m, function, receiver, None, None))


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
            scope = root(view.module, view)
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
        scope, line = root(view.function.module), view.function.node.line
    else:
        scope, line = root(owner.module), owner.node.line
        scope.context.receiver = owner
    scope.context.call(traced(m, view.function, view.receiver, None, None), line)
    return scope.context


def _run_class(m: Machine, cls: Class, given: dict[str, Value] | None = None) -> Context:
    """Dispatch a request to a class-based view; where ``dispatch`` cannot be seen, every handler that the class has."""
    m.fill(cls)
    scope = root(cls.module)
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


def _run_admin(m: Machine, admin: Class) -> Context:
    """All pages of an admin class."""
    scope = root(admin.module)
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
    scope = root(target.module)
    for sender in senders:
        m.call(scope, function, [], {"sender": sender, "instance": Record(sender)}, target.node.line)
    if not senders:
        receiver = function.receiver if isinstance(function, Bound) else None
        scope.context.call(traced(m, target, receiver, None, None), target.node.line)
    return scope.context


def _commands(states: list[ModuleState]) -> Iterator[tuple[ModuleState, Class]]:
    for state in states:
        if ".management.commands." not in f".{state.name}":
            continue
        cls = state.names.get("Command")
        if isinstance(cls, Class) and cls.module is state:
            yield state, cls


def root(module: ModuleState, function: Function | None = None) -> Scope:
    return Scope(module, {}, Context(module, function))
