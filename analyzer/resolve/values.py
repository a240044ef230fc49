"""The abstract values that expressions evaluate to.

Two kinds of containers (``Items``, ``Map``) and ``Instance`` are mutable, as in Python: module-level code builds lists,
dicts and registries step by step. Everything else is a plain fact about a name. Values compare by identity.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from typing import Literal as Choice

from analyzer.extract import ir
from analyzer.resolve.constants import is_label, is_sql
from analyzer.resolve.linearize import c3
from analyzer.resolve.names import Written

if TYPE_CHECKING:
    from analyzer.resolve.declarations import Link
    from analyzer.resolve.modules import ModuleState
    from analyzer.resolve.scope import Beginning, Scope

OPEN = "**"
"""The keyword under which a call hands on further keyword arguments of which nothing is known."""
PLACEHOLDER = "unknown"
"""What stands in a string for a part that is not known; an identifier, so that SQL and paths can carry it."""


class Value:
    """Base of all abstract values."""

    __slots__ = ()


@dataclass(slots=True, eq=False, repr=False)
class Unknown(Value):
    """Could be anything; ``reason`` says in one phrase why."""

    reason: str


@dataclass(slots=True, eq=False, repr=False)
class Literal(Value):
    """A constant: string, number, bool or None."""

    value: str | int | float | bool | None


@dataclass(slots=True, eq=False, repr=False)
class External(Value):
    """A name that is defined outside the project, by its dotted path."""

    name: str


@dataclass(slots=True, eq=False, repr=False)
class Made(Value):
    """What a call of something external gave: ``callee(*args, **kwargs)``."""

    callee: str
    args: list[Value]
    kwargs: dict[str, Value]
    module: ModuleState | None
    line: int

    @property
    def short(self) -> str:
        """The last component of the callee."""
        return self.callee.rpartition(".")[2]

    def arg(self, position: int, *names: str) -> Value | None:
        """An argument by position or by any of its names."""
        for name in names:
            if name in self.kwargs:
                return self.kwargs[name]
        return self.args[position] if 0 <= position < len(self.args) else None


@dataclass(slots=True, eq=False, repr=False)
class Module(Value):
    """A module of the project, or of a library that is described by a stub."""

    state: ModuleState


@dataclass(slots=True, eq=False, repr=False)
class Class(Value):
    """A class of the project or of a stub. ``bases`` may hold ``External`` values."""

    name: str
    qualname: str
    module: ModuleState
    node: ir.Class
    bases: list[Value] = field(default_factory=list)
    names: dict[str, Value] = field(default_factory=dict)
    scope: Scope | None = None
    filled: Choice["no", "running", "yes"] = "no"
    decorators: list[Value] = field(default_factory=list)
    line_of: dict[str, int] = field(default_factory=dict)
    shared: Instance | None = None
    apart: dict[Hashable, Instance] = field(default_factory=dict)
    """The instances that stand for those which were made with the same arguments."""
    resolution: tuple[list[Class], list[str]] | None = None
    subclasses: list[Class] = field(default_factory=list)
    """The known classes that name it as a base."""
    configured: dict[Hashable, Class] = field(default_factory=dict)
    """What ``as_view(**kwargs)`` makes of it, by the arguments."""
    assigned: frozenset[str] | None = None
    """The attributes that its family assigns on ``self``, once somebody has asked (``self_assigned.names``)."""
    assigns: frozenset[str] | None = None
    """Those of them that its own methods assign."""
    takes_over: bool | None = None
    """Whether it answers requests itself, once somebody has asked (``http_methods``)."""
    promised: dict[str, tuple[Class, ir.Expr]] | None = None
    """What ``promises()`` found."""

    def instance(self) -> Instance:
        """The instance that stands for all instances of this class while effects are traced."""
        if self.shared is None:
            self.shared = Instance(self)
        return self.shared

    def with_attributes(self, given: dict[str, Value]) -> Class:
        """A subclass that differs in nothing but these attributes, as ``as_view(**given)`` sets them."""
        if not given:
            return self
        own = tuple((name, identity(value)) for name, value in sorted(given.items()))
        if own not in self.configured:
            self.configured[own] = Class(
                self.name, self.qualname, self.module, self.node, [self], dict(given), self.scope, "yes",
                self.decorators, self.line_of,
            )  # fmt: skip
        return self.configured[own]

    def instance_with(self, args: list[Value], kwargs: dict[str, Value]) -> Instance:
        """The instance that stands for all that are made with such arguments, while effects are traced."""
        made_with = (
            tuple(key(arg) if leads_to_tables(arg) else None for arg in args),
            tuple((name, key(arg)) for name, arg in sorted(kwargs.items()) if leads_to_tables(arg)),
        )
        if made_with == (made_with[0], ()) and not any(made_with[0]):
            return self.instance()
        found = self.apart.get(made_with)
        if found is None:
            if len(self.apart) >= _MOST_APART:
                return self.instance()
            found = self.apart[made_with] = Instance(self, made_with=made_with)
        return found

    def promises(self) -> dict[str, tuple[Class, ir.Expr]]:
        """The names that its body and those of its bases annotate, in the order of a dataclass's fields."""
        if self.promised is None:
            self.promised = {}
            for owner in reversed(self.order()[0]):
                for statement in owner.node.body:
                    if isinstance(statement, ir.Assign) and statement.annotation is not None:
                        target = statement.targets[0]
                        if isinstance(target, ir.Name):
                            self.promised[target.id] = owner, statement.annotation
        return self.promised

    def order(self) -> tuple[list[Class], list[str]]:
        """Method resolution order: the known classes, and the dotted names of the unknown ones. It is kept once the
        bodies of all of them have run: where modules import in circles, a class may be there before its bases."""
        if self.resolution is None:
            self.resolution = [self], []  # what a class is told that derives from itself by way of others
            found = _linearize(self)
            self.resolution = found if all(cls.filled == "yes" for cls in found[0]) else None
            return found
        return self.resolution

    def find(self, name: str, after: Class | None = None) -> tuple[Value, Class] | None:
        """Look a name up along the method resolution order, optionally only behind one class of it."""
        classes = self.order()[0]
        if after is not None and after in classes:
            classes = classes[classes.index(after) + 1 :]
        self.module.consulted.names.add(name)
        for cls in classes:
            value = dict.get(cls.names, name)
            if value is not None:
                return value, cls
        return None

    def lists(self) -> None:
        """Note that all its methods are gone through."""
        self.module.consulted.names.add(f"{self.qualname}.*")

    def is_a(self, qualname: str) -> bool:
        """Whether a class of this dotted name, known or not, is among its ancestors (or is the class itself)."""
        classes, externals = self.order()
        return any(cls.qualname == qualname for cls in classes) or qualname in externals


@dataclass(slots=True, eq=False, repr=False)
class Function(Value):
    """A function; ``owner`` is the class it is written in, ``wraps`` what a decorator's wrapper stands for."""

    node: ir.Function
    qualname: str
    module: ModuleState
    scope: Scope | None = None
    owner: Class | None = None
    kind: Choice["plain", "static", "class", "property"] = "plain"
    decorators: list[Value] = field(default_factory=list)
    wraps: Value | None = None
    atomic: bool = False

    @property
    def written(self) -> Written:
        """Where it is written: the file, the line, and its name there."""
        return self.module.file, self.node.line, self.node.name

    def look_into(self) -> None:
        """Note that its body is run, or looked into."""
        self.module.consulted.functions.add((self.module.file, self.node.line, self.node.name))

    @property
    def local_name(self) -> str:
        """``Class.method`` or the function's name, without the module."""
        return self.qualname[len(self.module.name) + 1 :].replace(".<locals>", "")


@dataclass(slots=True, eq=False, repr=False)
class Bound(Value):
    """A function with its first argument."""

    function: Function
    receiver: Value


@dataclass(slots=True, eq=False, repr=False)
class Super(Value):
    """``super()``: looks names up behind ``cls`` on ``receiver``."""

    cls: Class
    receiver: Value


@dataclass(slots=True, eq=False, repr=False)
class Instance(Value):
    """An instance of a class that is neither model, manager nor queryset; ``args`` are kept for fields and routers."""

    cls: Class
    attrs: dict[str, Value] = field(default_factory=dict)
    args: list[Value] = field(default_factory=list)
    kwargs: dict[str, Value] = field(default_factory=dict)
    line: int = 0
    made_with: Hashable = None
    """The arguments that lead to tables, where instances that were made with others are kept apart."""


@dataclass(slots=True, eq=False, repr=False)
class Items(Value):
    """A list, tuple or set; ``rest`` stands for further items that are not known one by one."""

    kind: Choice["list", "tuple", "set"]
    items: list[Value]
    rest: Value | None = None

    def any(self) -> Value:
        """One value that stands for each item."""
        every = self.items if self.rest is None else [*self.items, self.rest]
        return merge(every, "an item of an empty list")


@dataclass(slots=True, eq=False, repr=False)
class Map(Value):
    """A dict with constant keys; ``rest`` stands for the values of other keys, ``make`` fills missing ones."""

    items: dict[Hashable, Value]
    rest: Value | None = None
    make: Value | None = None
    cls: Class | None = None
    """The project's own subclass of dict, if it is one."""

    def any(self) -> Value:
        """One value that stands for each of its values."""
        rest = () if self.rest is None else (self.rest,)
        return merge([*self.items.values(), *rest], "a value of an empty dict")


@dataclass(slots=True, eq=False, repr=False)
class Method(Value):
    """A method that the interpreter itself understands: of querysets, records, lists, dicts, strings, tasks."""

    receiver: Value
    name: str


@dataclass(slots=True, eq=False, repr=False)
class View(Value):
    """``SomeView.as_view()``."""

    cls: Class
    kwargs: dict[str, Value]


@dataclass(slots=True, eq=False, repr=False)
class Record(Value):
    """An instance of a model. ``stands``: for a row of the content types, the models that it may stand for."""

    model: Class
    stands: Chosen | None = None


@dataclass(slots=True, eq=False, repr=False)
class Query(Value):
    """A queryset or manager of a model. ``model`` is None inside a manager's own code; ``cls`` is the custom class.

    ``through`` is set on the manager of a many-to-many relation (its table), ``owner`` on any related manager.
    ``rows``: ``values()`` and the like, whose items are not records. ``prefetch``: the paths that are fetched together
    with it, wherever it is read; ``COMPUTED`` stands for some that are not known.
    """

    model: Class | None
    cls: Class | None = None
    manager: bool = False
    through: str = ""
    owner: Class | None = None
    rows: bool = False
    lock: bool = False
    prefetch: tuple[str, ...] = ()
    picked: bool = False
    """Some records that a user has picked in a form."""
    began: Beginning | None = None
    """Where it began, while no condition on it has met the tenant (``tenants``)."""


@dataclass(slots=True, eq=False, repr=False)
class Chosen(Value):
    """A model that is picked when the program runs, its ``_meta``, a record or a queryset of it.

    ``models`` are those that are possible; ``every``: the code goes through all of them.
    """

    kind: Choice["model", "meta", "record", "query"]
    models: tuple[Class, ...]
    every: bool


@dataclass(slots=True, eq=False, repr=False)
class Meta(Value):
    """``Model._meta``."""

    model: Class


@dataclass(slots=True, eq=False, repr=False)
class ModelField(Value):
    """A field of a model as ``_meta`` gives it; ``backwards``: the relation object on the side it leads to."""

    model: Class
    name: str
    link: Link | None
    backwards: bool


@dataclass(slots=True, eq=False, repr=False)
class Either(Value):
    """One of several values."""

    options: tuple[Value, ...]


NONE = Literal(None)
COMPUTED = "*"
_WIDEST = 12
_MOST_APART = 160


def leads_to_tables(value: Value) -> bool:
    """Whether instances that were made with this argument and with another one are worth telling apart."""
    return any(isinstance(option, Record | Query | Class | Meta | ModelField) for option in options(value))


def merge(values: Iterable[Value], reason: str = "nothing is assigned") -> Value:
    """One value for what may be any of several: unknowns and None give way to what is known."""
    alternatives = dict.fromkeys(values)
    if len(alternatives) == 1:
        (only,) = alternatives
        if type(only) is not Either:
            return only
    found: dict[Hashable, Value] = {}
    weak: Value | None = None
    for value in alternatives:
        for option in value.options if type(value) is Either else (value,):
            kind = type(option)
            if kind is Unknown or (kind is Literal and option.value is None):  # type: ignore[attr-defined]
                if weak is None or type(weak) is Literal:
                    weak = option
            else:
                same = found.setdefault(_IDENTITIES.get(kind, id)(option), option)
                if kind is Query and option.prefetch and not same.prefetch:  # type: ignore[attr-defined]
                    found[identity(option)] = option
    if not found:
        return weak if weak is not None else Unknown(reason)
    if len(found) == 1:
        only = next(iter(found.values()))
        if (
            weak is not None
            and isinstance(only, Literal)
            and not (isinstance(only.value, str) and only.value)
        ):
            return weak if isinstance(weak, Unknown) else Either((only, weak))  # no test may rely on it
        return only
    return Either(tuple(list(found.values())[:_WIDEST]))


def options(value: Value) -> tuple[Value, ...]:
    """The values it may be: one, unless it is an ``Either``."""
    return value.options if type(value) is Either else (value,)


def identity(value: Value) -> Hashable:
    """Equal for values that need not be told apart."""
    return _IDENTITIES.get(type(value), id)(value)


_IDENTITIES: dict[type, Callable[[Any], Hashable]] = {
    Literal: lambda value: (type(value.value), value.value),
    External: lambda value: value.name,
    Record: lambda value: (
        (Record, id(value.model)) if value.stands is None else (Record, id(value.model), identity(value.stands))
    ),
    Chosen: lambda value: (Chosen, value.kind, value.models, value.every),
    Meta: lambda value: (Meta, id(value.model)),
    Query: lambda value: (
        Query, id(value.model), id(value.cls), value.manager, value.through, value.rows, id(value.owner),
    ),
    Module: lambda value: (Module, id(value.state)),
    ModelField: lambda value: (ModelField, id(value.model), value.name, value.backwards),
    Bound: lambda value: (Bound, id(value.function), identity(value.receiver)),
}  # fmt: skip
"""Anything else is told apart by what it is itself."""


def key(value: Value) -> Hashable:
    """What tells argument contexts apart: the parts that lead to tables. None for everything else."""
    found = _KEYS.get(type(value))
    return None if found is None else found(value)


def _literal_key(value: Literal) -> Hashable:
    """Flags, labels of models and SQL tell; other constants do not."""
    plain = value.value
    if isinstance(plain, str):
        return (Literal, plain) if is_label(plain) or is_sql(plain) else None
    return (Literal, plain) if plain is None or isinstance(plain, bool) else None


def _items_key(value: Items) -> Hashable:
    inner = {key(item) for item in value.items[:_WIDEST]} - {None}
    return (Items, frozenset(inner)) if inner else None


_KEYS: dict[type, Callable[[Any], Hashable]] = {
    **{kind: _IDENTITIES[kind] for kind in (Record, Meta, ModelField, Chosen)},
    Query: lambda value: (identity(value), value.prefetch) if value.prefetch else identity(value),
    Class: id,
    Function: id,
    Bound: lambda value: (id(value.function), key(value.receiver)),
    Instance: lambda value: (Instance, id(value.cls), value.made_with),
    View: lambda value: (View, id(value.cls)),
    Literal: _literal_key,
    Items: _items_key,
    Either: lambda value: frozenset([key(option) for option in value.options]),
}


def strings(value: Value | None) -> Iterator[str]:
    """The literal strings in a value: itself, or the items of a list."""
    if isinstance(value, Literal) and isinstance(value.value, str):
        yield value.value
    elif isinstance(value, Items):
        for item in value.items:
            yield from strings(item)
    elif isinstance(value, Either):
        for option in value.options:
            yield from strings(option)


def text(value: Value | None) -> str | None:
    """The string, if the value is one literal string."""
    return value.value if isinstance(value, Literal) and isinstance(value.value, str) else None


def _linearize(cls: Class) -> tuple[list[Class], list[str]]:
    """Python's C3 order over the known classes; where it does not exist, depth first."""
    externals: list[str] = []
    parents: list[Class] = []
    for base in cls.bases:
        for option in options(base):
            if isinstance(option, Class) and option is not cls:
                parents.append(option)
            elif isinstance(option, External):
                externals.append(option.name)
            elif isinstance(option, Made):
                externals.append(option.callee)
    if len(parents) == 1 and (parents[0].filled != "running" or parents[0].resolution is not None):
        known, unknown = parents[0].order()
        known = [cls, *(each for each in known if each is not cls)]
        return known, list(dict.fromkeys([*externals, *unknown]))
    lines: list[list[Class]] = []
    for parent in parents:
        if parent.filled == "running" and parent.resolution is None:
            lines.append([parent])
            continue
        known, unknown = parent.order()
        lines.append(list(known))
        externals.extend(unknown)
    lines.append(list(parents))
    return [cls, *c3(lines)], list(dict.fromkeys(externals))
