"""The HTTP methods that a view accepts, as far as that is certain: those that Django would not answer 405 to."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

import msgspec

from analyzer.extract import ir
from analyzer.resolve import self_assigned
from analyzer.resolve.origin import origin
from analyzer.resolve.values import (
    Bound,
    Class,
    Function,
    Items,
    Literal,
    Made,
    Map,
    Method,
    Value,
    View,
    text,
)

ORDER = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE")
_VIEW = "django.views.generic.base.View"
_DECLARED = {
    "django.views.decorators.http.require_GET": frozenset({"GET"}),
    "django.views.decorators.http.require_POST": frozenset({"POST"}),
    "django.views.decorators.http.require_safe": frozenset({"GET", "HEAD"}),
}
_TELLTALES = frozenset({"method", "POST", "FILES"})
"""Attributes of a request that code looks at when it does something about a method itself."""

Methods = frozenset[str] | None
"""None: not known."""


def ordered(methods: Methods) -> tuple[str, ...]:
    """As ``Route.methods`` lists them; empty when they are not known."""
    return tuple(method for method in ORDER if method in (methods or ()))


def accepted(view: Value) -> Methods:
    """The methods that a view accepts behind its decorators."""
    match view:
        case View():
            return _of_class(view.cls, view.kwargs.get("actions"))
        case Function():
            return _of_function(view)
        case Made() if view.args:
            inner = [
                arg for arg in view.args if isinstance(arg, Made | View | Function | Bound | Class | Method)
            ]
            return _narrowed(accepted(inner[-1]), _declared(view)) if inner else None
        case _:
            return None


def of_actions(viewset: Class, methods: Iterable[str]) -> Methods:
    """Of the methods that a router maps to a viewset's actions, those that its class lets through."""
    return _of_class(viewset, Map({method.lower(): Literal("action") for method in methods}))


def _of_function(view: Function) -> Methods:
    found: Methods = None
    if view.wraps is not None:
        view.look_into()
        found = None if _decides_by_method(view.node) else accepted(view.wraps)
    for decorator in view.decorators:
        found = _narrowed(found, _declared(decorator))
    return found


def _narrowed(one: Methods, other: Methods) -> Methods:
    if one is None or other is None:
        return one if other is None else other
    return one & other


def _declared(decorator: Value) -> Methods:
    """The methods that a decorator lets through: ``require_GET``, ``require_http_methods([...])``, ``api_view([...])``,
    and each of these inside of ``method_decorator``."""
    name = origin(decorator)
    if name.endswith(".method_decorator") and isinstance(decorator, Made):
        if text(decorator.arg(1, "name")) not in (None, "dispatch"):
            return None
        given = decorator.arg(0, "decorator")
        found: Methods = None
        for each in given.items if isinstance(given, Items) else [given] if given is not None else []:
            found = _narrowed(found, _declared(each))
        return found
    if name in _DECLARED:
        return _DECLARED[name]
    if name == "django.views.decorators.http.require_http_methods" and isinstance(decorator, Made):
        return _listed(decorator.arg(0, "request_method_list"))
    if name == "rest_framework.decorators.api_view":
        given = decorator.arg(0, "http_method_names") if isinstance(decorator, Made) else None
        listed = _listed(given) if given is not None else frozenset({"GET"})
        return listed | {"OPTIONS"} if listed is not None else None
    return None


def _listed(value: Value | None) -> Methods:
    """A literal list of methods."""
    if not isinstance(value, Items) or value.rest is not None:
        return None
    names = [text(item) for item in value.items]
    return frozenset(name.upper() for name in names if name) if all(names) else None


def _of_class(cls: Class, actions: Value | None) -> Methods:
    """What ``View.dispatch`` has a handler for, among ``http_method_names``. ``actions``: a viewset's mapping."""
    known, unknown = cls.order()
    if not cls.is_a(_VIEW) or any(not name.startswith("builtins.") for name in unknown):
        return None
    for member in known:
        if member.takes_over is None:
            member.takes_over = not _is_described(member) or _takes_over(member)
        if member.takes_over:
            return None
    handlers: Methods = _handlers(cls, known)
    if actions is not None:
        mapped = _mapped(actions)
        handlers = handlers | mapped if handlers is not None and mapped is not None else None
    declared = cls.find("http_method_names")
    names = _listed(declared[0]) if declared is not None else frozenset(ORDER)
    if handlers is None or names is None:
        return None
    if "GET" in handlers:
        handlers |= {"HEAD"}
    found: Methods = (handlers | {"OPTIONS"}) & names
    for decorator in _around_dispatch(known):
        found = _narrowed(found, _declared(decorator))
    return found


def _handlers(cls: Class, known: list[Class]) -> frozenset[str]:
    own = self_assigned.names(cls)
    return frozenset(
        m for m in ORDER if m.lower() in own or any(m.lower() in member.names for member in known)
    )


def _mapped(actions: Value) -> Methods:
    """The methods of ``as_view({"get": "list"})``."""
    if not isinstance(actions, Map) or actions.rest is not None:
        return None
    return frozenset(key.upper() for key in actions.items if isinstance(key, str))


def _is_described(member: Class) -> bool:
    """Whether all handlers of a class are known: it is the project's, or one of Django or REST framework."""
    return not member.module.is_library or member.module.name.startswith(("django.", "rest_framework."))


def _takes_over(member: Class) -> bool:
    """Whether a class of the project answers requests itself instead of leaving that to Django's ``dispatch``."""
    if member.module.is_library:
        return False
    for name in (
        "dispatch",
        "as_view",
        "http_method_not_allowed",
        "setup",
        "__getattr__",
        "__getattribute__",
    ):
        found = member.names.get(name)
        if found is None:
            continue
        if not isinstance(found, Function) or name.startswith("__"):
            return True
        found.look_into()
        if not _calls_super(found.node, name) or _decides_by_method(found.node):
            return True
    return False


def _around_dispatch(known: list[Class]) -> Iterator[Value]:
    for member in known:
        yield from (
            d for d in member.decorators if isinstance(d, Made) and text(d.arg(1, "name")) == "dispatch"
        )
        dispatch = member.names.get("dispatch")
        if isinstance(dispatch, Function):
            yield from dispatch.decorators


def _calls_super(node: ir.Function, name: str) -> bool:
    return _contains(
        node,
        lambda part: (
            isinstance(part, ir.Attr)
            and part.attr == name
            and isinstance(part.value, ir.Call)
            and isinstance(part.value.func, ir.Name)
            and part.value.func.id == "super"
        ),
    )


def _decides_by_method(node: ir.Function) -> bool:
    return _contains(node, lambda part: isinstance(part, ir.Attr) and part.attr in _TELLTALES)


def _contains(part: object, wanted: Callable[[object], bool]) -> bool:
    """Whether some node of a lowered tree is wanted."""
    if isinstance(part, tuple):
        return any(_contains(item, wanted) for item in part)
    if not isinstance(part, msgspec.Struct):
        return False
    return wanted(part) or any(_contains(getattr(part, name), wanted) for name in part.__struct_fields__)
