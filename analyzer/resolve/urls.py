"""URL patterns with their views, in the order in which Django's resolver tries them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

from analyzer.model.facts import Finding, Location, Route
from analyzer.resolve import admin_urls, http_methods, languages, routers
from analyzer.resolve.levels import Found, Prefix
from analyzer.resolve.machine import Machine
from analyzer.resolve.modules import ModuleState
from analyzer.resolve.scope import Context, Scope
from analyzer.resolve.values import (
    Bound,
    Class,
    External,
    Function,
    Instance,
    Items,
    Literal,
    Made,
    Map,
    Method,
    Module,
    Unknown,
    Value,
    View,
    options,
    text,
)

_PATHS = frozenset({"path", "re_path", "url"})
_DEEPEST = 24


def routes(m: Machine) -> list[Found]:
    """All routes of the project: those of each ROOT_URLCONF, else of each URL module that no other one includes."""
    walker = _Walker(m)
    roots = _roots(m)
    found: list[Found] = []
    for root in roots:
        found.extend(walker.module(root, Prefix()))
    if not found:
        candidates = [
            state for state in m.index.states if state.name.rpartition(".")[2] == "urls" and not state.is_test
        ]
        for state in candidates:
            walker.module(state, Prefix())
        found = []
        for state in candidates:
            if state not in walker.included:
                found.extend(_Walker(m).module(state, Prefix()))
    return languages.as_the_first_says(_unique(found))


def _unique(found: list[Found]) -> list[Found]:
    """Several settings modules may name the same root."""
    seen: dict[tuple[object, ...], Found] = {}
    for item in found:
        seen.setdefault(
            (item.route.route, item.route.view, item.route.name, item.route.namespace, item.route.methods),
            item,
        )
    return list(seen.values())


def _roots(m: Machine) -> list[ModuleState]:
    roots: list[ModuleState] = []
    for state in m.settings:
        dotted = text(state.names.get("ROOT_URLCONF"))
        root = m.index.find(dotted, state) if dotted else None
        if root is not None and root not in roots and root.unit is not None:
            roots.append(root)
    return roots


class _Walker:
    def __init__(self, m: Machine) -> None:
        self.m = m
        self.included: dict[ModuleState, None] = {}
        self.circles = 0
        self.open: set[int] = set()
        """The lists of patterns that are being walked, by identity: one that is inside itself would never end."""
        self.scope = Scope(
            ModuleState("urls", None, None, False), {}, Context(ModuleState("urls", None, None, False), None)
        )

    def module(self, state: ModuleState, prefix: Prefix) -> list[Found]:
        value = self.m.module_name(state, "urlpatterns")
        return list(self.patterns(value, prefix, state, 0)) if value is not None else []

    def patterns(
        self, value: Value, prefix: Prefix, module: ModuleState | None, line: int
    ) -> Iterator[Found]:
        """The routes of a list of patterns, or of anything that stands for one."""
        if prefix.depth > _DEEPEST:
            return
        for option in options(value):
            match option:
                case Items() if id(option) in self.open:
                    self.circular(module, line)
                case Items():
                    self.open.add(id(option))
                    for item in [*option.items, *([option.rest] if option.rest is not None else [])]:
                        yield from self.patterns(item, prefix, module, line)
                    self.open.discard(id(option))
                case Made() if option.short in _PATHS:
                    yield from self.pattern(option, prefix)
                case Made() if option.short == "i18n_patterns":
                    inside = languages.inside(self.m, option, prefix)
                    for item in option.args:
                        yield from self.patterns(item, inside, option.module, option.line)
                case Made() if option.short == "include":
                    yield from self.include(option, prefix)
                case Made():
                    for item in option.args:  # format_suffix_patterns(urlpatterns), decorator_include(...)
                        if isinstance(item, Items | Made):
                            yield from self.patterns(item, prefix, option.module, option.line)
                case External():
                    yield from admin_urls.site(self.m, option, prefix, module, line)
                case Instance():
                    yield from self.instance(option, prefix, module, line)
                case _:
                    pass

    def pattern(self, made: Made, prefix: Prefix) -> Iterator[Found]:
        """One ``path()``: a level with patterns below it, or a route to a view."""
        kind = "path" if made.short == "path" else "re_path"
        given = made.arg(0, "route", "regex")
        pattern = text(given)
        if pattern is None:
            pattern = (
                ""
                if isinstance(given, Made | External | None) and kind == "path"
                else next(iter(_texts(given)), "")
            )
        level = prefix.level(pattern, kind)
        view = made.arg(1, "view") or Unknown("a pattern without a view")
        for option in options(view):
            if _holds_patterns(option):
                yield from self.below(option, level, made)
            elif option is options(view)[0]:
                yield self.route(made, view, level)

    def below(self, value: Value, level: Prefix, made: Made) -> Iterator[Found]:
        """``include(...)``, or the triple (patterns, app_name, namespace) that ``site.urls`` is."""
        if isinstance(value, Made) and value.short == "include":
            yield from self.include(value, level)
        elif isinstance(value, Items) and value.kind == "tuple" and value.items:
            names = [text(item) or "" for item in value.items[1:]]
            yield from self.patterns(
                value.items[0],
                level.inside(next((name for name in reversed(names) if name), "")),
                made.module,
                made.line,
            )
        else:
            yield from self.patterns(value, level, made.module, made.line)

    def include(self, made: Made, level: Prefix) -> Iterator[Found]:
        """What an ``include`` stands for; one that leads to no patterns is told, unless it holds an empty list."""
        target = made.arg(0, "arg") or Unknown("nothing is included")
        found, circles = False, self.circles
        for route in self.included_by(made, target, level):
            found = True
            yield route
        if not found and not isinstance(target, Items) and circles == self.circles:
            self.unfollowed(made, target)

    def unfollowed(self, made: Made, target: Value) -> None:
        message = f"include({_said(target)}) could not be followed: {_why_not(self.m, target, made.module)}"
        remedy = "Analyse the folder that holds it as well, or count its URL patterns by hand."
        self.tell("unfollowed-include", message, made.module, made.line, remedy)

    def circular(self, module: ModuleState | None, line: int) -> None:
        """URL patterns that include themselves, which Django would follow for as long as a path goes on."""
        self.circles += 1
        message = "these URL patterns are part of themselves: they are listed once"
        self.tell("circular-include", message, module, line, "Break the circle.")

    def tell(self, code: str, message: str, module: ModuleState | None, line: int, remedy: str) -> None:
        where = Location(module.file if module else "", max(line, 1))
        problem = Finding(code, "warning", message, (where,), remedy)
        if problem not in self.m.ledger.problems:
            self.m.ledger.problems.append(problem)

    def included_by(self, made: Made, target: Value, level: Prefix) -> Iterator[Found]:
        namespace = text(made.arg(1, "namespace")) or ""
        for option in options(target):
            dotted = text(option)
            state = (
                self.m.index.find(dotted, made.module)
                if dotted
                else option.state
                if isinstance(option, Module)
                else None
            )
            if state is not None and state.unit is not None:
                self.included[state] = None
                app_name = text(self.m.module_name(state, "app_name")) or ""
                yield from self.module(state, level.inside(namespace or app_name))
            elif isinstance(option, Items) and option.kind == "tuple" and option.items:
                app_name = text(option.items[1]) or "" if len(option.items) > 1 else ""
                named: dict[str, Value] = {"namespace": Literal(namespace or app_name)}
                inner = Made(made.callee, option.items[:1], named, made.module, made.line)
                yield from self.included_by(inner, option.items[0], level)
            else:
                yield from self.patterns(option, level.inside(namespace), made.module, made.line)

    def instance(
        self, router: Instance, prefix: Prefix, module: ModuleState | None, line: int
    ) -> Iterator[Found]:
        """A router that stands where its URLs are meant, or an admin site."""
        if routers.is_router(router):
            for pattern, kind, view, name, methods, where in routers.patterns(self.m, self.scope, router):
                route = self.named(where, view, prefix.level(pattern, kind), name)
                if route is not None:
                    yield Found(replace(route.route, methods=methods), route.view)
        elif router.cls.is_a("django.contrib.admin.AdminSite") or router.cls.is_a(
            "django.contrib.admin.sites.AdminSite"
        ):
            yield from admin_urls.site(self.m, router, prefix, module, line)

    def route(self, made: Made, view: Value, level: Prefix) -> Found:
        """Where ``view`` may be one of several, the first stands for all; the methods are those of any of them."""
        where = Location(made.module.file if made.module else "", made.line)
        found = self.named(where, options(view)[0], level, text(made.arg(3, "name")))
        methods = [http_methods.accepted(_loaded(self.m, option)) for option in options(view)]
        known = (
            frozenset().union(*(each for each in methods if each is not None))
            if None not in methods
            else None
        )
        given = made.arg(2, "kwargs")
        return Found(
            replace(found.route, methods=http_methods.ordered(known)),
            found.view,
            given if isinstance(given, Map) and given.items else None,
            found.around,
        )

    def named(self, where: Location, view: Value, level: Prefix, name: str | None) -> Found:
        passed: list[Function] = []
        target = unwrapped(self.m, view, passed)
        dotted, library = view_name(self.m, target)
        route = Route(
            level.route, dotted, where, name, level.expression, level.i18n,
            namespace=level.namespace, library=library, unprefixed=level.unprefixed,
        )  # fmt: skip
        return Found(route, target, around=passed[0] if passed else None)


def _holds_patterns(value: Value) -> bool:
    match value:
        case Made():
            return value.short in {"include", "decorator_include"}
        case Items():
            return True
        case External():
            return value.name.endswith(".urls")
        case Instance():
            return routers.is_router(value)
        case _:
            return False


def _said(target: Value) -> str:
    """An include's argument, as far as it is known."""
    match target:
        case Literal():
            return repr(target.value)
        case External():
            return target.name
        case Module():
            return target.state.name
        case Made():
            return f"{target.callee}(...)"
        case _:
            return "..."


def _why_not(m: Machine, target: Value, near: ModuleState | None) -> str:
    dotted = text(target)
    state = target.state if isinstance(target, Module) else m.index.find(dotted, near) if dotted else None
    if state is not None and state.unit is not None and not state.is_library:
        return "no URL pattern was found in that module"
    if dotted or isinstance(target, External | Module):
        return "it is not in the analysed folder"
    return target.reason if isinstance(target, Unknown) else "what it includes is not known"


def _texts(value: Value | None) -> Iterator[str]:
    if isinstance(value, Literal) and isinstance(value.value, str):
        yield value.value
    elif isinstance(value, Made):  # _("route/") and the like
        for item in value.args:
            yield from _texts(item)


_CALLABLE = (Made, View, Function, Bound, Class, Method)


def unwrapped(m: Machine, view: Value, passed: list[Function] | None = None) -> Value:
    """The view behind decorators: ``login_required(View.as_view())`` -> the view. ``passed`` gets the functions that
    decorators of the project put around it."""
    for _ in range(12):
        match view:
            case Made() if view.args:
                views = [arg for arg in view.args if isinstance(arg, _CALLABLE)]
                instances = [arg for arg in view.args if isinstance(arg, Instance)]
                if not views and not instances:
                    return view
                view = views[-1] if views else instances[0]
            case Function() if view.wraps is not None:
                if passed is not None:
                    passed.append(view)
                view = view.wraps
            case Literal() if isinstance(view.value, str):
                return m.by_dotted_name(view.value) or External(view.value)
            case Instance() if "__call__" in view.cls.names or not view.args:
                return view
            case Instance():
                inner = next(
                    (arg for arg in reversed(view.args) if isinstance(arg, Made | View | Function | Bound)),
                    None,
                )
                if inner is None:
                    return view
                view = inner
            case _:
                return view
    return view


def _loaded(m: Machine, view: Value) -> Value:
    """The view that a dotted path in a string names."""
    dotted = text(view)
    return (m.by_dotted_name(dotted) or view) if dotted else view


def view_name(m: Machine, view: Value) -> tuple[str, bool]:
    """The dotted name of where a view is defined, and whether that is outside the project."""
    match view:
        case View():
            return view.cls.qualname, view.cls.module.is_library
        case Function():
            return view.qualname, view.module.is_library
        case Bound():
            owner = view.receiver.cls if isinstance(view.receiver, Instance) else None
            return (
                f"{owner.qualname}.{view.function.node.name}" if owner else view.function.qualname
            ), view.function.module.is_library
        case Class():
            return view.qualname, view.module.is_library
        case Instance():
            return view.cls.qualname, view.cls.module.is_library
        case Made():
            return view.callee.removesuffix(".as_view"), True
        case External():
            return view.name.removesuffix(".as_view"), True
        case Unknown():
            return "", False
        case _:
            return "", False


def static_files(m: Machine, scope: Scope, args: list[Value], kwargs: dict[str, Value], line: int) -> Value:
    """``static(prefix, view=...)``: a pattern for a view of the project; Django's own view serves files, no data."""
    prefix, view = text(args[0]) if args else None, kwargs.get("view")
    if prefix is None or not isinstance(view, Function | View):
        return Items("list", [])
    pattern = Literal(f"^{re.escape(prefix.lstrip('/'))}(?P<path>.*)$")
    return Items("list", [Made("django.urls.re_path", [pattern, view], {}, scope.module, line)])
