"""Django's users at work: the authentication backends of a project, and the signals that a login sends."""

from __future__ import annotations

from collections.abc import Iterator

from analyzer.resolve import signals
from analyzer.resolve.machine import Machine
from analyzer.resolve.scope import Scope
from analyzer.resolve.values import Class, External, Function, Items, Made, Unknown, Value, strings

_DEFAULT = "django.contrib.auth.backends.ModelBackend"


_GUARDS = frozenset({"login_required", "permission_required", "staff_member_required", "user_passes_test"})


_CONDITIONS = frozenset({"condition", "etag", "last_modified"})


def guard(m: Machine, scope: Scope, view: Function | Class) -> None:
    """What decorators such as ``login_required`` do before the view: look at the user, ask for a permission."""
    decorators = list(_decorators(view))
    names = {name for decorator in decorators for name in _names(decorator)} & _GUARDS
    request = m.stub_class("django.http.request", "HttpRequest")
    asked = [function for decorator in decorators for function in _asked(decorator)]
    if request is not None:
        for function in asked:
            m.call(scope, function, [request.instance()], {}, view.node.line)
    if not names or request is None:
        return
    line = view.node.line
    user = m.attribute(scope, request.instance(), "user", line)
    if "permission_required" in names:
        m.call(
            scope,
            m.attribute(scope, user, "has_perms", line),
            [Items("list", [Unknown("a permission")])],
            {},
            line,
        )


def _asked(decorator: Value) -> Iterator[Function]:
    """The functions that ``condition(...)`` and its like ask about the request first."""
    if not isinstance(decorator, Made):
        return
    if decorator.short in _CONDITIONS:
        yield from (
            given for given in [*decorator.args, *decorator.kwargs.values()] if isinstance(given, Function)
        )
    elif decorator.short == "method_decorator":
        for argument in decorator.args:
            yield from _asked(argument)


def _decorators(view: Function | Class) -> Iterator[Value]:
    """The decorators of a view, of what it wraps, and of a class's methods."""
    if isinstance(view, Class):
        yield from view.decorators
        for owner in view.order()[0]:
            for name, value in owner.names.items() if not owner.module.is_library else ():
                if isinstance(value, Function) and value.decorators and view.find(name) == (value, owner):
                    yield from _decorators(value)
        return
    inner: Value | None = view
    while isinstance(inner, Function):
        yield from inner.decorators
        inner = inner.wraps


def _names(decorator: Value) -> Iterator[str]:
    """The last part of a decorator's name; of ``method_decorator(...)`` those of its arguments."""
    if isinstance(decorator, External):
        yield decorator.name.rpartition(".")[2]
    elif isinstance(decorator, Made):
        yield decorator.short
        for argument in decorator.args:
            for option in argument.items if isinstance(argument, Items) else (argument,):
                yield from _names(option)


def backends(m: Machine, scope: Scope, args: list[Value], kwargs: dict[str, Value], line: int) -> Value:
    """An instance of each class in AUTHENTICATION_BACKENDS; one that cannot be seen counts as Django's own."""
    names = list(strings(m.setting("AUTHENTICATION_BACKENDS"))) or [_DEFAULT]
    found: dict[Class, None] = {}
    for name in names:
        backend = m.by_dotted_name(name)
        if isinstance(backend, Class):
            found[backend] = None
    if not found and isinstance(default := m.by_dotted_name(_DEFAULT), Class):
        found[default] = None
    return Items("list", [backend.instance() for backend in found])


def logged_in(m: Machine, scope: Scope, args: list[Value], kwargs: dict[str, Value], line: int) -> Value:
    """``user_logged_in``."""
    return _announce(m, scope, "user_logged_in", args, line)


def logged_out(m: Machine, scope: Scope, args: list[Value], kwargs: dict[str, Value], line: int) -> Value:
    """``user_logged_out``."""
    return _announce(m, scope, "user_logged_out", args, line)


def _announce(m: Machine, scope: Scope, name: str, args: list[Value], line: int) -> Value:
    request, user = args
    signals.run_receivers(
        m, scope, f"django.contrib.auth.signals.{name}", {"request": request, "user": user}, line
    )
    return Unknown("nothing")
