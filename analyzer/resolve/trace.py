"""Loads all modules, runs everything that work can begin with, then what nothing reached; keeps what each touches."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from analyzer.resolve import databases, roots, signals, tenants, urls
from analyzer.resolve.earlier import Cells, Earlier
from analyzer.resolve.history import history_models
from analyzer.resolve.levels import Found
from analyzer.resolve.machine import Machine
from analyzer.resolve.modules import ModuleState
from analyzer.resolve.roots import Entry, root
from analyzer.resolve.running import Running
from analyzer.resolve.seen import Seen, Touched
from analyzer.resolve.templates.libraries import Libraries
from analyzer.resolve.values import (
    Bound,
    Class,
    Function,
    Items,
    Literal,
    Unknown,
    Value,
    strings,
    text,
)


@dataclass(slots=True)
class Trace:
    """The outcome: routes and other entry points with what they touch, all that was seen, the models of the project and
    its libraries."""

    routes: list[tuple[Found, Touched]] = field(default_factory=list)
    entries: list[tuple[Entry, Touched]] = field(default_factory=list)
    models: list[Class] = field(default_factory=list)
    uninstalled: list[Class] = field(default_factory=list)
    """The project's models that have no table, as no settings module installs their application."""
    routed: databases.Routing = field(default_factory=dict)
    seen: list[Seen] = field(default_factory=list)
    cells: Cells | None = None
    """What later runs need to know of this one."""


def trace(
    m: Machine, progress: Callable[[int, int], None] | None = None, earlier: Earlier | None = None
) -> Trace:
    """Load all modules, then trace entry points and functions. ``earlier``: what another run saw of the same project,
    before some of its files were edited."""
    states = [state for state in m.index.states if not state.is_test and not state.is_migration]
    result = Trace()
    found = _load(m, states, result, progress)
    m.tracing = True
    _middleware(m)
    served, routes = roots.of_routes(m, found)
    entries = roots.of_entries(m, states)
    running = Running(m, states, [*served, *(root for _, root in entries)], result.routed)
    number = len(states)
    result.seen, touched, result.cells = running.all(
        earlier,
        (lambda done, total: progress(number + 2 * number * done // total, 3 * number)) if progress else None,
    )
    if progress:
        progress(3 * len(states), 3 * len(states))
    result.routes = [(item, touched[number]) for item, number in routes]
    result.entries = [
        (entry, touches) for (entry, _), touches in zip(entries, touched[len(served) :], strict=True)
    ]
    return result


def _load(
    m: Machine, states: list[ModuleState], result: Trace, progress: Callable[[int, int], None] | None
) -> list[Found]:
    """Run the top level of all modules, and what they leave to be run later; gives the routes."""
    for done, state in enumerate(states):
        if not _is_urls(state):
            m.load(state)
        if progress and done % 64 == 0:
            progress(done, 3 * len(states))
    _finish_imports(m)
    result.models, result.uninstalled = _models(m, states)
    result.models.extend(history_models(m, list(result.models)))
    m.registry.seal(result.models)
    m.owned = tenants.owned(m, result.models)
    m.user = m.registry.by_label(text(m.setting("AUTH_USER_MODEL")) or "")
    _ready(m, result.models)
    for state in states:
        m.load(state)
    _connect(m)
    result.routed = databases.routing(m, result.models)
    found = urls.routes(m)
    m.tags = Libraries(entry.value for entry in m.ledger.registrations if entry.kind == "template_tag")
    m.templates.knows_tag = m.tags.knows_tag
    return found


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
            scope = root(app.config_module)
            own = Items("list", list(models_of.get(app.label, [])))
            cls.instance().attrs.update(name=Literal(app.name), label=Literal(app.label), models=own)
            ready = m.attribute(scope, cls.instance(), "ready", cls.node.line)
            if isinstance(ready, Bound):
                m.call(scope, ready, [], {}, cls.node.line)


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
            scope = root(middleware.module)
            for name in _MIDDLEWARE_HOOKS:
                hook = m.attribute(scope, middleware.instance(), name, middleware.node.line)
                if isinstance(hook, Bound):
                    m.call(scope, hook, given, {}, middleware.node.line)
        elif isinstance(middleware, Function):
            scope = root(middleware.module)
            handler = m.call(scope, middleware, [Unknown("the next middleware")], {}, middleware.node.line)
            m.call(scope, handler, given, {}, middleware.node.line)


_MIDDLEWARE_HOOKS = ["__call__", "process_request", "process_view", "process_response"]
