"""Django's users at work: the authentication backends of a project, and the signals that a login sends."""

from __future__ import annotations

from collections.abc import Iterator

from analyzer.resolve import signals
from analyzer.resolve.machine import Machine
from analyzer.resolve.scope import Scope
from analyzer.resolve.values import Class, External, Function, Items, Made, Unknown, Value, strings

_DEFAULT = "django.contrib.auth.backends.ModelBackend"


_GUARDS = frozenset({"login_required", "permission_required", "staff_member_required", "user_passes_test"})


def guard(m: Machine, scope: Scope, view: Function | Class) -> None:
    """What decorators such as ``login_required`` do before the view: look at the user, ask for a permission."""
    names = {name for decorator in _decorators(view) for name in _names(decorator)} & _GUARDS
    request = m.stub_class("django.http.request", "HttpRequest")
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


def _decorators(view: Function | Class) -> Iterator[Value]:
    """The decorators of a view, of what it wraps, and of a class's ``dispatch``."""
    if isinstance(view, Class):
        yield from view.decorators
        found = view.find("dispatch")
        if found is not None and isinstance(found[0], Function):
            yield from _decorators(found[0])
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
