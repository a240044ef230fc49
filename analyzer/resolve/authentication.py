"""Django's users at work: the authentication backends of a project, and the signals that a login sends."""

from __future__ import annotations

from analyzer.resolve import signals
from analyzer.resolve.machine import Machine
from analyzer.resolve.scope import Scope
from analyzer.resolve.values import Class, Items, Unknown, Value, strings

_DEFAULT = "django.contrib.auth.backends.ModelBackend"


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
