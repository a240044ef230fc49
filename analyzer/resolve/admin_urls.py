"""The URLs of Django's admin: five of each registered class, and the site's own."""

from __future__ import annotations

from collections.abc import Iterator

from analyzer.model.facts import Location, Route
from analyzer.resolve.levels import Found, Prefix
from analyzer.resolve.machine import Machine
from analyzer.resolve.modules import ModuleState
from analyzer.resolve.values import Bound, Class, External, Function, Items, Unknown, Value, options, text

_SITE = (
    ("", "index", "index"),
    ("login/", "login", "login"),
    ("logout/", "logout", "logout"),
    ("password_change/", "password_change", "password_change"),
    ("password_change/done/", "password_change_done", "password_change_done"),
    ("autocomplete/", "autocomplete_view", "autocomplete"),
    ("jsi18n/", "i18n_javascript", "jsi18n"),
    ("r/<path:content_type_id>/<path:object_id>/", "", "view_on_site"),
)
_MODEL = (
    ("", "changelist_view", "changelist"),
    ("add/", "add_view", "add"),
    ("<path:object_id>/history/", "history_view", "history"),
    ("<path:object_id>/delete/", "delete_view", "delete"),
    ("<path:object_id>/change/", "change_view", "change"),
)


def site(m: Machine, value: Value, prefix: Prefix, module: ModuleState | None, line: int) -> Iterator[Found]:
    """The routes of an admin site; nothing for any other external name."""
    if isinstance(value, External) and not (value.name.endswith(".urls") and "admin" in value.name):
        return
    inside = prefix.inside("admin")
    where = Location(module.file if module else "", line)
    for pattern, method, name in _SITE:
        view = (
            f"django.contrib.admin.sites.AdminSite.{method}"
            if method
            else "django.contrib.contenttypes.views.shortcut"
        )
        yield Found(_route(inside, pattern, view, where, name, True), Unknown("a view of the admin site"))
    for model, admin, place in registered(m):
        info = m.registry.info(model)
        if info is None:
            continue
        base = f"{info.app}/{info.cls.name.lower()}/"
        cls = admin if isinstance(admin, Class) else None
        qualname = cls.qualname if cls else "django.contrib.admin.options.ModelAdmin"
        library = cls is None or cls.module.is_library
        for pattern, method, name in _MODEL:
            route = _route(
                inside,
                base + pattern,
                f"{qualname}.{method}",
                place,
                f"{base.strip('/').replace('/', '_')}_{name}",
                library,
            )
            yield Found(route, _handler(cls, method))


def _handler(cls: Class | None, method: str) -> Value:
    found = cls.find(method) if cls is not None else None
    if cls is not None and found is not None and isinstance(found[0], Function):
        return Bound(found[0], cls.instance())
    return cls.instance() if cls is not None else Unknown("a view of the admin")


def _route(prefix: Prefix, pattern: str, view: str, where: Location, name: str, library: bool) -> Route:
    level = prefix.level(pattern, "path")
    return Route(
        level.route, view, where, name, level.expression, level.i18n,
        namespace=level.namespace, library=library, unprefixed=level.unprefixed,
    )  # fmt: skip


def registered(m: Machine) -> list[tuple[Class, Value, Location]]:
    """Each model in the admin with the class that administers it."""
    found: dict[Class, tuple[Value, Location]] = {}
    for registration in m.ledger.registrations:
        if registration.kind != "admin":
            continue
        for target in registration.targets:
            for each in target.items if isinstance(target, Items) else options(target):
                model = (
                    each
                    if isinstance(each, Class)
                    else m.registry.by_label(text(each) or "")
                    if text(each)
                    else None
                )
                if model is not None and m.registry.is_model(model):
                    found[model] = (registration.value, registration.location)
    return [(model, _bound(m, model, admin), place) for model, (admin, place) in found.items()]


def _bound(m: Machine, model: Class, admin: Value) -> Value:
    """The admin class as it is made for this model; one that cannot be seen does what Django's own does."""
    base = m.stub_class("django.contrib.admin.options", "ModelAdmin")
    if base is None:
        return admin
    if not isinstance(admin, Class):
        return base.with_attributes({"model": model}) if isinstance(admin, External) else admin
    m.fill(admin)
    made = admin.with_attributes({"model": model})
    if base not in made.order()[0] and base not in made.bases:
        made.bases.append(base)
        made.resolution = None
    return made
