"""Form fields that lead to tables: model choices, declared or made from a model's relations, and what they touch."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from analyzer.resolve.declarations import Link
from analyzer.resolve.machine import Machine
from analyzer.resolve.members import bind_member
from analyzer.resolve.scope import Scope
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
    Query,
    Record,
    Unknown,
    Value,
    options,
    strings,
)

_FORM = "django.forms.forms.BaseForm"
_FORMSET = "django.forms.formsets.BaseFormSet"
_CHOICES = ("ModelChoiceField", "ModelMultipleChoiceField")


@dataclass(frozen=True, slots=True)
class Choice:
    """A field whose value is a record of ``model``, or several; ``link`` is set when the form's model has it."""

    model: Class
    many: bool
    link: Link | None = None


def is_form(cls: Class) -> bool:
    """Whether instances of this class are forms or formsets."""
    return cls.is_a(_FORM) or cls.is_a(_FORMSET)


def model_of(cls: Class) -> Class | None:
    """The model in the form's ``Meta``."""
    meta = cls.find("Meta")
    found = meta[0].find("model") if meta is not None and isinstance(meta[0], Class) else None
    return (
        next((option for option in options(found[0]) if isinstance(option, Class)), None) if found else None
    )


def choices(m: Machine, cls: Class) -> dict[str, Choice]:
    """The model choice fields of a form by name."""
    links = dict(_of_model(m, cls))
    found = {
        name: Choice(link.target, link.kind == "m2m", link) for name, link in links.items() if link.target
    }
    for owner in reversed(cls.order()[0]):
        for name, value in owner.names.items():
            if isinstance(value, Literal) and value.value is None:
                found.pop(name, None)
            for option in options(value):
                declared = _declared(option)
                if declared is not None:
                    found[name] = Choice(*declared, links.get(name))
    return found


def _declared(value: Value) -> tuple[Class, bool] | None:
    if not isinstance(value, Made | Instance):
        return None
    if isinstance(value, Made):
        names = [value.short]
    else:
        known, unknown = value.cls.order()
        names = [*(cls.name for cls in known), *(name.rpartition(".")[2] for name in unknown)]
    kind = next((name for name in names if name in _CHOICES), None)
    given = value.kwargs.get("queryset") or (value.args[0] if value.args else None)
    if kind is None or given is None:
        return None
    model = next((option.model for option in options(given) if isinstance(option, Query)), None)
    return (model, "Multiple" in kind) if model is not None else None


def _of_model(m: Machine, cls: Class) -> Iterator[tuple[str, Link]]:
    """The relations of the form's model that ``Meta.fields`` and ``Meta.exclude`` let into the form."""
    model = model_of(cls)
    info = m.registry.info(model) if model is not None else None
    meta = cls.find("Meta")
    if info is None or meta is None or not isinstance(meta[0], Class):
        return
    fields, exclude = meta[0].find("fields"), meta[0].find("exclude")
    wanted = set(strings(fields[0])) if fields is not None else {"__all__"}
    left_out = set(strings(exclude[0])) if exclude is not None else set()
    for name, link in info.links.items():
        if link.kind not in {"fk", "o2o", "m2m"} or name in left_out or not wanted & {name, "__all__"}:
            continue
        m.registry.resolve_link(link)
        yield name, link


def shown(m: Machine, scope: Scope, cls: Class, line: int, name: str | None = None) -> None:
    """Showing a form, or one of its fields, lists the records to choose from."""
    if cls.is_a(_FORMSET):
        form = cls.find("form")
        for option in options(form[0]) if form is not None else ():
            if isinstance(option, Class) and is_form(option) and not option.is_a(_FORMSET):
                shown(m, scope, option, line)
        return
    for field, choice in choices(m, cls).items():
        if name is None or name == field:
            m.effect(scope, line, m.registry.table(choice.model), "read", confidence=0.8, rule="form choices")


def clean_fields(m: Machine, scope: Scope, args: list[Value], kwargs: dict[str, Value], line: int) -> Value:
    """``BaseForm._clean_fields``: chosen records are fetched, and each ``clean_<field>`` method runs."""
    form = _form(args)
    if form is None:
        return Unknown("nothing")
    for choice in choices(m, form.cls).values():
        m.effect(scope, line, m.registry.table(choice.model), "read", confidence=0.8, rule="form validation")
    for owner in form.cls.order()[0]:
        owner.lists()
    hooks = {name: value for owner in reversed(form.cls.order()[0]) for name, value in owner.names.items()}
    for name, value in hooks.items():
        if name.startswith("clean_") and isinstance(value, Function):
            m.call(scope, bind_member(m, scope, value, form, line), [], {}, line)
    return Unknown("nothing")


def clean_record(m: Machine, scope: Scope, args: list[Value], kwargs: dict[str, Value], line: int) -> Value:
    """``BaseModelForm._post_clean``: the record is validated, also for being unique."""
    form = _form(args)
    model = model_of(form.cls) if form is not None else None
    if model is not None:
        clean_by_form(m, scope, model, line)
    return Unknown("nothing")


def clean_by_form(m: Machine, scope: Scope, model: Class, line: int) -> None:
    """What a form validates of its record; the foreign keys among its fields have been looked up as choices."""
    for name in ("clean", "validate_unique", "validate_constraints"):
        for option in options(m.attribute(scope, Record(model), name, line)):
            if isinstance(option, Bound):
                m.call(scope, option, [], {}, line)


def save_links(m: Machine, scope: Scope, args: list[Value], kwargs: dict[str, Value], line: int) -> Value:
    """``BaseModelForm._save_m2m``: the many-to-many fields of the form are set."""
    form = _form(args)
    for choice in choices(m, form.cls).values() if form is not None else ():
        if choice.link is not None and choice.many and choice.link.through_table:
            for mode in ("read", "write"):
                m.effect(scope, line, choice.link.through_table, mode, "related", 0.9, "form.save_m2m")
            m.effect(scope, line, m.registry.table(choice.model), "read", "related", 0.9, "form.save_m2m")
    return Unknown("nothing")


def initial(m: Machine, scope: Scope, args: list[Value], kwargs: dict[str, Value], line: int) -> Value:
    """A form that is made for a record reads the many-to-many fields that it shows."""
    form = _form(args)
    for choice in choices(m, form.cls).values() if form is not None else ():
        if choice.link is not None and choice.many and choice.link.through_table:
            for table in (choice.link.through_table, m.registry.table(choice.model)):
                m.effect(scope, line, table, "read", "related", 0.8, "form for a record")
    return Unknown("nothing")


def cleaned_data(m: Machine, scope: Scope, args: list[Value], kwargs: dict[str, Value], line: int) -> Value:
    """``form.cleaned_data``: the chosen records by field."""
    form = _form(args)
    data = Map({}, External("a cleaned value"))
    for name, choice in choices(m, form.cls).items() if form is not None else ():
        picked = Query(choice.model, picked=True)
        data.items[name] = picked if choice.many else Record(choice.model)
    return data


def paginated(m: Machine, scope: Scope, args: list[Value], kwargs: dict[str, Value], line: int) -> Value:
    """``Paginator(object_list, n)`` counts; the paginator, its pages and their lists stand for the items."""
    given = args[0] if args else kwargs.get("object_list", Unknown("what is paginated"))
    found: list[Value] = []
    for option in options(given):
        if isinstance(option, Query):
            m.read(scope, option, line)
            found.append(Record(option.model) if option.model and not option.rows else Unknown("a row"))
        elif isinstance(option, Items):
            found.append(option.any())
    return Items("list", [], found[0] if len(found) == 1 else Unknown("an item of a page"))


def _form(args: list[Value]) -> Instance | None:
    return args[0] if args and isinstance(args[0], Instance) else None
