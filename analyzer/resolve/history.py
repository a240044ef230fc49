"""The models that django-simple-history makes: a twin of each tracked model, with a row for every change."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from analyzer.model.facts import Field, Location
from analyzer.resolve.declarations import Link
from analyzer.resolve.machine import Machine, Registration
from analyzer.resolve.modules import ModuleState
from analyzer.resolve.registry import Info, Registry
from analyzer.resolve.scope import Scope
from analyzer.resolve.values import Class, Instance, Made, Value, text

_KIND = "history"
TRACKER = "HistoricalRecords"
"""The class whose instance, among a model's names, has the model tracked."""


def register(m: Machine, scope: Scope, args: list[Value], kwargs: dict[str, Value], line: int) -> Value:
    """``simple_history.register(model)``: remembered until all models are known."""
    made = Made(TRACKER, args, kwargs, scope.module, line)
    if not m.tracing and not scope.module.is_test:
        m.ledger.registrations.append(Registration(_KIND, made, Location(scope.module.file, line)))
    return made


def history_models(m: Machine, models: Iterable[Class]) -> Iterator[Class]:
    """The twins of all models that are tracked: by an attribute of theirs, or by ``simple_history.register(model)``."""
    registry = m.registry
    for cls in models:
        info = registry.info(cls)
        if info is None or info.abstract or info.proxy or not info.installed:
            continue
        for name, tracker in _trackers(registry, cls):
            yield _twin(registry, info, name, tracker, cls.module, info.app)
    for registration in m.ledger.registrations:
        call = registration.value
        if registration.kind != _KIND or not isinstance(call, Made) or call.module is None:
            continue
        given = call.arg(0, "model")
        info = registry.info(given) if isinstance(given, Class) else None
        if info is not None and info.cls not in registry.histories:
            name = text(call.kwargs.get("manager_name")) or "history"
            yield _twin(registry, info, name, call, call.module, registry.apps.label_of(call.module))


def note(m: Machine, scope: Scope, model: Class, line: int) -> None:
    """A change of a tracked model is written down."""
    made = m.registry.histories.get(model)
    if made is not None:
        m.effect(scope, line, m.registry.table(made), "write", "save", rule="history")


def _trackers(registry: Registry, cls: Class) -> Iterator[tuple[str, Made | Instance]]:
    """The model's own tracker, or that of an abstract base."""
    for ancestor in cls.order()[0]:
        info = registry.info(ancestor)
        if ancestor is not cls and (info is None or not info.abstract):
            continue
        for name, value in ancestor.names.items():
            if is_tracker(value):
                assert isinstance(value, Made | Instance)
                yield name, value
                return


def is_tracker(value: Value) -> bool:
    """Whether a model's attribute is ``HistoricalRecords(...)`` or of a class derived from it."""
    if isinstance(value, Made):
        return value.short == TRACKER
    return isinstance(value, Instance) and any(
        name.rpartition(".")[2] == TRACKER for name in value.cls.order()[1]
    )


def _twin(
    registry: Registry, info: Info, name: str, tracker: Made | Instance, module: ModuleState, app: str
) -> Class:
    cls, given = info.cls, tracker.kwargs
    own = text(given.get("custom_model_name")) or f"Historical{cls.name}"
    app = text(given.get("app")) or app
    made = Class(own, f"{module.name}.{own}", module, cls.node, filled="yes")
    where = Location(module.file, cls.node.line)
    table = (text(given.get("table_name")) or f"{app}_{own}").lower()
    twin = Info(made, f"{app}.{own}", app, table, False, False, True, "", info.installed, [])
    twin.fields["history_id"] = Field(
        "history_id", "history_id", "AutoField", where, unique=True, primary_key=True
    )
    for column, plain in info.fields.items():
        twin.fields[column] = replace(plain, unique=False, primary_key=False)
    for key, link in info.links.items():
        if link.kind in {"fk", "o2o", "mti"}:
            registry.resolve_link(link)
            copy = _key(key, link.declared, made, cls)
            copy.target, copy.label, copy.target_text = link.target, link.label, link.target_text
            twin.links[key] = copy
    user = registry.by_label(text(registry.setting("AUTH_USER_MODEL")) or "auth.User")
    twin.links["history_user"] = _key("history_user", tracker, made, cls, "SET_NULL")
    twin.links["history_user"].target = user
    registry.infos[made] = twin
    registry.histories[cls] = made
    info.accessors[name] = _key("history_of", tracker, made, cls)
    info.accessors[name].target = cls
    return made


def _key(name: str, declared: Value, made: Class, cls: Class, on_delete: str = "DO_NOTHING") -> Link:
    key = Link(
        "fk", name, declared, made, cls.node.line, on_delete=on_delete, related_name="+", column=f"{name}_id"
    )
    key.null, key.source_model = True, made
    return key
