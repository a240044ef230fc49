"""The URLs that REST framework routers make of their viewsets."""

from __future__ import annotations

from collections.abc import Iterator

from analyzer.extract import ir
from analyzer.model.facts import Location
from analyzer.resolve import http_methods
from analyzer.resolve.machine import Machine
from analyzer.resolve.scope import Scope
from analyzer.resolve.values import (
    Class,
    Function,
    Instance,
    Items,
    Literal,
    Made,
    Method,
    Query,
    Value,
    View,
    options,
    strings,
    text,
)

_ROUTERS = frozenset({"BaseRouter", "SimpleRouter", "DefaultRouter"})
_ACTIONS = frozenset({"action", "detail_route", "list_route"})
_LIST = {"list": "GET", "create": "POST"}
_DETAIL = {"retrieve": "GET", "update": "PUT", "partial_update": "PATCH", "destroy": "DELETE"}

Pattern = tuple[str, str, Value, str | None, tuple[str, ...], Location]


def is_router(value: Instance) -> bool:
    """Whether an instance is a router: of REST framework, of a copy of it in the project, or derived from one."""
    known, unknown = value.cls.order()
    return any(
        cls.name in _ROUTERS and (cls.module.is_library or "register" in cls.names) for cls in known
    ) or any("Router" in name for name in unknown)


def is_viewset(cls: Class) -> bool:
    """Whether a class is a viewset: of REST framework, or of a copy of it in the project."""
    known, unknown = cls.order()
    return any(ancestor.name == "ViewSetMixin" for ancestor in known) or any(
        name.endswith(".ViewSetMixin") for name in unknown
    )


def extra_actions(m: Machine, viewset: Class) -> Iterator[str]:
    """The names of a viewset's methods that decorators make actions."""
    for cls in viewset.order()[0]:
        for name, value in cls.names.items():
            if isinstance(value, Function) and next(_marks(m, value), None) is not None:
                yield name


def patterns(m: Machine, scope: Scope, router: Instance) -> Iterator[Pattern]:
    """Route, kind of pattern, view, name, methods and place of each URL of a router, as the router orders them."""
    where = Location(router.cls.module.file, router.line)
    suffixes = _is_default(router)
    for prefix, viewset, basename in _registry(router):
        yield from _viewset(m, scope, prefix, viewset, basename, suffixes)
    if suffixes:
        root = router.attrs.get("APIRootView") or _own(router, "APIRootView")
        view: Value = (
            View(root, {})
            if isinstance(root, Class)
            else Made("rest_framework.routers.APIRootView", [], {}, None, 0)
        )
        safe = ("GET", "HEAD", "OPTIONS")
        yield "", "path", view, "api-root", safe, where
        yield "<drf_format_suffix:format>", "path", view, "api-root", safe, where


def _own(router: Instance, name: str) -> Value | None:
    found = router.cls.find(name)
    return found[0] if found is not None else None


def _is_default(router: Instance) -> bool:
    known, unknown = router.cls.order()
    return any(cls.name == "DefaultRouter" for cls in known) or any(
        name.endswith("DefaultRouter") for name in unknown
    )


def _registry(router: Instance) -> Iterator[tuple[str, Class, str]]:
    registry = router.attrs.get("registry")
    for item in registry.items if isinstance(registry, Items) else ():
        if not isinstance(item, Items) or len(item.items) < 2:
            continue
        for viewset in options(item.items[1]):
            if isinstance(viewset, Class):
                yield (
                    text(item.items[0]) or "",
                    viewset,
                    text(item.items[2]) or "" if len(item.items) > 2 else "",
                )


def _viewset(
    m: Machine, scope: Scope, prefix: str, viewset: Class, basename: str, suffixes: bool
) -> Iterator[Pattern]:
    m.fill(viewset)
    made_by = m.attribute(scope, viewset, "as_view", 0)
    if isinstance(made_by, Method) and isinstance(made_by.receiver, Class):
        viewset = made_by.receiver  # a class may answer with another's
    view = View(viewset, {})
    lookup = _lookup(viewset)
    basename = basename or _basename(viewset)
    where = Location(viewset.module.file, viewset.node.line)
    collection = _methods(viewset, _LIST)
    single = _methods(viewset, _DETAIL)
    extra = sorted(_actions(m, viewset), key=lambda action: action[1])
    found: list[tuple[str, str, tuple[str, ...]]] = []
    if collection:
        found.append((f"^{prefix}/$", f"{basename}-list", collection))
    found += [
        (f"^{prefix}/{path}/$", f"{basename}-{name}", methods)
        for detail, path, name, methods in extra
        if not detail
    ]
    if single:
        found.append((f"^{prefix}/{lookup}/$", f"{basename}-detail", single))
    found += [
        (f"^{prefix}/{lookup}/{path}/$", f"{basename}-{name}", methods)
        for detail, path, name, methods in extra
        if detail
    ]
    for route, name, mapped in found:
        methods = http_methods.ordered(http_methods.of_actions(viewset, mapped) if mapped else None)
        yield route, "re_path", view, name, methods, where
        if suffixes:
            yield (
                route.removesuffix("/$") + r"\.(?P<format>[a-z0-9]+)/?$",
                "re_path",
                view,
                name,
                methods,
                where,
            )


def _methods(viewset: Class, table: dict[str, str]) -> tuple[str, ...]:
    return tuple(method for action, method in table.items() if viewset.find(action) is not None)


def _lookup(viewset: Class) -> str:
    def setting(name: str) -> str | None:
        found = viewset.find(name)
        return text(found[0]) if found is not None else None

    field = setting("lookup_field") or "pk"
    name = setting("lookup_url_kwarg") or field
    return f"(?P<{name}>{setting('lookup_value_regex') or '[^/.]+'})"


def _basename(viewset: Class) -> str:
    found = viewset.find("queryset")
    for option in options(found[0]) if found is not None else ():
        if isinstance(option, Query) and option.model is not None:
            return option.model.name.lower()
    return viewset.name.removesuffix("ViewSet").lower()


def _actions(m: Machine, viewset: Class) -> Iterator[tuple[bool, str, str, tuple[str, ...]]]:
    """Whether it is for one object, URL path, URL name and methods of each ``@action``."""
    seen: set[str] = set()
    for cls in viewset.order()[0]:
        for name, value in cls.names.items():
            if not isinstance(value, Function) or name in seen:
                continue
            seen.add(name)
            for decorator in _marks(m, value):
                cls.find(name)  # whoever defines it anew takes it away
                given = decorator.kwargs.get("detail") or (
                    decorator.args[1] if len(decorator.args) > 1 else None
                )
                detail = decorator.short == "detail_route" or (
                    isinstance(given, Literal) and given.value is True
                )
                declared = _declared(decorator)
                methods = (*declared, *_mapped_to(viewset, name)) if declared else ()
                path = text(decorator.kwargs.get("url_path")) or name
                yield (
                    detail,
                    path,
                    text(decorator.kwargs.get("url_name")) or name.replace("_", "-"),
                    methods,
                )


def _marks(m: Machine, method: Function) -> Iterator[Made]:
    """What makes a method an action: REST framework's decorators, or those of a copy of it in the project."""
    for decorator in method.decorators:
        if isinstance(decorator, Made) and decorator.short in _ACTIONS:
            yield decorator
    for node in method.node.decorators:
        if (
            not isinstance(node, ir.Call)
            or not isinstance(node.func, ir.Name)
            or node.func.id not in _ACTIONS
        ):
            continue
        scope = method.owner.scope if method.owner is not None else None
        if scope is not None and isinstance(m.evaluate(scope, node.func), Function):
            args = [m.evaluate(scope, each) for each in node.args]
            kwargs = {name: m.evaluate(scope, each) for name, each in node.kwargs if name is not None}
            yield Made(node.func.id, args, kwargs, method.module, method.node.line)


def _declared(action: Made) -> tuple[str, ...]:
    """The methods of an ``@action``; empty when its list is not literal."""
    given = action.arg(0, "methods")
    if given is None or (isinstance(given, Literal) and given.value is None):
        return ("GET",)
    found = tuple(method.upper() for method in strings(given))
    return found if isinstance(given, Items) and given.rest is None and len(found) == len(given.items) else ()


def _mapped_to(viewset: Class, action: str) -> Iterator[str]:
    """What ``@action_name.mapping.delete`` adds to an action."""
    for cls in viewset.order()[0]:
        for node in cls.node.body:
            for mapped in node.decorators if isinstance(node, ir.Function) else ():
                if (
                    isinstance(mapped, ir.Attr)
                    and isinstance(mapped.value, ir.Attr)
                    and mapped.value.attr == "mapping"
                    and isinstance(mapped.value.value, ir.Name)
                    and mapped.value.value.id == action
                ):
                    yield mapped.attr.upper()
