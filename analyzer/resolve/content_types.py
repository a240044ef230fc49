"""Content types: the models that a row of them may stand for, as far as the code says."""

from __future__ import annotations

from collections.abc import Iterator

from analyzer.resolve.declarations import Link
from analyzer.resolve.machine import Machine
from analyzer.resolve.values import Chosen, Class, Instance, Made, Map, Query, Record, Value, options, strings


def any_model(m: Machine, every: bool = False) -> Chosen:
    """One of all the models, or each of them in turn."""
    return Chosen("model", m.registry.concrete_models(), every)


def element(m: Machine, query: Query) -> Value:
    """A row of a queryset in a loop: each of all content types in turn, unless a relation leads to some of them."""
    assert query.model is not None
    if query.owner is None and not query.picked and query.model in m.registry.content_types:
        return Record(query.model, any_model(m, every=True))
    return Record(query.model)


def behind(m: Machine, link: Link) -> Record:
    """The content type that a foreign key leads to."""
    assert link.target is not None
    models = limited(m, link)
    return Record(link.target, Chosen("model", models, False) if models else None)


def limited(m: Machine, link: Link) -> tuple[Class, ...]:
    """The models that ``limit_choices_to`` of a foreign key to content types lets in; none when it does not say."""
    declared = link.declared
    if link.target not in m.registry.content_types or not isinstance(declared, Made | Instance):
        return ()
    names = set(_limits(declared.kwargs.get("limit_choices_to")))
    if not names or ("", "") in names:
        return ()
    return tuple(
        cls
        for cls in m.registry.concrete_models()
        if any(app in {"", app_of(m, cls)} and name in {"", cls.name.lower()} for app, name in names)
    )


def _limits(value: Value | None) -> Iterator[tuple[str, str]]:
    """Pairs of an application and a model's name, in lower case; an empty one is any."""
    for option in options(value) if value is not None else ():
        if isinstance(option, Map):
            yield from _pairs({str(key): item for key, item in option.items.items()})
        elif isinstance(option, Made):
            if option.kwargs:
                yield from _pairs(option.kwargs)
            for arg in option.args:
                yield from _limits(arg)


def _pairs(given: dict[str, Value]) -> Iterator[tuple[str, str]]:
    apps = [*strings(given.get("app_label")), *strings(given.get("app_label__in"))]
    names = [*strings(given.get("model")), *strings(given.get("model__in"))]
    for app in apps or [""]:
        for name in names or [""]:
            yield app.lower(), name.lower()


def app_of(m: Machine, cls: Class) -> str:
    info = m.registry.info(cls)
    return info.app.lower() if info is not None else ""
