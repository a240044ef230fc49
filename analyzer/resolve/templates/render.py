"""Renders a template over abstract values, for the sake of what that touches."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable
from dataclasses import dataclass, field
from typing import Any

from analyzer.extract.templates import Block, For, If, Include, Node, Output, Tag, Template, Term, With
from analyzer.resolve import forms, lazies
from analyzer.resolve.expressions import doubt_of_loop, each_item, element, pick_key
from analyzer.resolve.invoke import fresh
from analyzer.resolve.machine import Machine
from analyzer.resolve.scope import UNDECIDED, Context, Scope
from analyzer.resolve.templates.libraries import Registered
from analyzer.resolve.values import (
    Bound,
    Either,
    External,
    Function,
    Instance,
    Items,
    Literal,
    Made,
    Map,
    Method,
    Query,
    Record,
    Unknown,
    Value,
    key,
    merge,
    options,
    strings,
)

_DEEPEST = 16
_ALTERS_DATA = frozenset({"adelete", "asave", "create", "delete", "save", "update"})
_MODULE = "django.template.loader"
_TABLE = "django_tables2.tables.Table"
_PASSING = frozenset({"add", "default", "default_if_none", "dictsort", "dictsortreversed", "safe", "slice"})
_ITEM = frozenset({"first", "last", "random"})


def external(m: Machine, scope: Scope, args: list[Value], kwargs: dict[str, Value], line: int) -> Value:
    """``render(request, template_name, context)`` and ``TemplateResponse``."""
    request, names, context = (_argument(args, kwargs, *place) for place in _RENDER)
    render(m, scope, names, context, request, line)
    return External("django.http.response.HttpResponse()")


def to_string(m: Machine, scope: Scope, args: list[Value], kwargs: dict[str, Value], line: int) -> Value:
    """``render_to_string(template_name, context, request)`` and ``SimpleTemplateResponse``."""
    names, context, request = (_argument(args, kwargs, *place) for place in _TO_STRING)
    render(m, scope, names, context, request, line)
    return External("builtins.str()")


def loaded(
    m: Machine, scope: Scope, made: Made, args: list[Value], kwargs: dict[str, Value], line: int
) -> Value:
    """``get_template(name).render(context, request)``."""
    context, request = (_argument(args, kwargs, *place) for place in ((0, "context"), (1, "request")))
    render(m, scope, made.arg(0, "template_name", "template_name_list"), context, request, line)
    return External("builtins.str()")


_RENDER = ((0, "request"), (1, "template_name", "template"), (2, "context"))
_TO_STRING = ((0, "template_name", "template"), (1, "context"), (2, "request"))


def _argument(args: list[Value], kwargs: dict[str, Value], position: int, *names: str) -> Value | None:
    given = next((kwargs[name] for name in names if name in kwargs), None)
    return given if given is not None else args[position] if position < len(args) else None


def render(
    m: Machine, scope: Scope, names: Value | None, context: Value | None, request: Value | None, line: int
) -> None:
    """Render the first template of these names that the project holds."""
    if m.tracing:
        found = next((template for name in strings(names) if (template := m.templates.get(name))), None)
        if found is not None:
            written(m, scope, found, context, request, line)


def written(
    m: Machine, scope: Scope, found: Template, context: Value | None, request: Value | None, line: int
) -> None:
    """Render a template."""
    state = m.index.stubs.get(_MODULE)
    if not m.tracing or state is None or scope.depth >= m.limits.depth:
        return
    inner = Context(state, None)
    run = _Run(m, Scope(state, {}, inner, depth=scope.depth + 1), line)
    chains, m.chains = m.chains, []
    variables = _variables(context)
    if request is not None:
        variables = {**_processed(m, run.scope, request, line), **variables}
    run.whole(found, variables)
    inner.finish()
    scope.context.call(inner, line, m.doubted())
    m.chains = chains


def _variables(context: Value | None) -> dict[str, Value]:
    found: dict[str, Value] = {}
    for option in options(context) if context is not None else ():
        if isinstance(option, Map):
            for name, value in option.items.items():
                if isinstance(name, str):
                    found[name] = merge([found[name], value]) if name in found else value
    return found


def _processed(m: Machine, scope: Scope, request: Value, line: int) -> dict[str, Value]:
    """What the context processors of the settings add for a request."""
    found: dict[str, Value] = {"request": request}
    for dotted in dict.fromkeys(_processors(m.setting("TEMPLATES"))):
        if dotted == "django.contrib.auth.context_processors.auth":
            lazy = lazies.unmade(request, "user") if isinstance(request, Instance) else None
            found["user"] = lazy or m.attribute(scope, request, "user", line)
            continue
        processor = m.by_dotted_name(dotted)
        if isinstance(processor, Function):
            found.update(_variables(m.call(scope, processor, [request], {}, line)))
    return found


def _processors(engines: Value | None) -> Iterable[str]:
    for engine in engines.items if isinstance(engines, Items) else ():
        given = engine.items.get("OPTIONS") if isinstance(engine, Map) else None
        if isinstance(given, Map):
            yield from strings(given.items.get("context_processors"))


@dataclass(slots=True)
class _Run:
    """One rendering: ``blocks`` are those of the templates that extend the one being run, the innermost first."""

    m: Machine
    scope: Scope
    line: int
    blocks: dict[str, list[Block]] = field(default_factory=dict)
    libraries: tuple[str, ...] = ()
    depth: int = 0
    reads: set[str] = field(default_factory=set)
    """The names of the context that were looked at."""

    def whole(self, template: Template, variables: dict[str, Value]) -> None:
        """Run a template of its own, as ``include`` does: blocks outside of it do not count."""
        self.once(id(template), variables, lambda run: run.template(template, variables))

    def once(
        self, what: Hashable, variables: dict[str, Value], work: Callable[[_Run], Value | None]
    ) -> Value | None:
        """Do the work in a context of its own, unless it was done before with the same in all names it looks at."""
        m, scope = self.m, self.scope
        known = m.rendered.setdefault(what, {})
        prints: dict[str, Hashable] = {}
        for names, done in known.items():
            for name in names:
                if name not in prints:
                    prints[name] = _fingerprint(variables.get(name))
            outcome = done.get(tuple([prints[name] for name in names]))
            if outcome is not None:
                scope.context.call(outcome[0], self.line, m.doubted())
                self.reads.update(names)
                return outcome[1]
        if self.depth >= _DEEPEST:
            return None
        inner = Context(scope.module, None)
        run = _Run(
            m,
            Scope(scope.module, {}, inner, depth=scope.depth + 1),
            self.line,
            {},
            self.libraries,
            self.depth + 1,
        )
        with m.certainty():
            result = work(run)
        inner.finish()
        scope.context.call(inner, self.line, m.doubted())
        names = tuple(sorted(run.reads))
        given = tuple([_fingerprint(variables.get(name)) for name in names])
        known.setdefault(names, {})[given] = (inner, result)
        self.reads.update(names)
        return result

    def template(
        self, template: Template, variables: dict[str, Value], below: tuple[Template, ...] = ()
    ) -> None:
        if self.depth >= _DEEPEST:
            return
        below = (*below, template)
        self.depth += 1
        before, self.libraries = self.libraries, self.libraries + template.libraries
        parent = self.loaded(template.extends, variables, below) if template.extends is not None else None
        if parent is None:
            self.nodes(template.body, variables)
        else:
            for block in template.blocks:
                self.blocks.setdefault(block.name, []).append(block)
            self.template(parent, variables, below)
        self.libraries = before
        self.depth -= 1

    def loaded(
        self, term: Term, variables: dict[str, Value], below: tuple[Template, ...] = ()
    ) -> Template | None:
        names = strings(self.value(term, variables))
        return next((found for name in names if (found := self.m.templates.get(name, below))), None)

    def nodes(self, nodes: tuple[Node, ...], variables: dict[str, Value]) -> None:
        for node in nodes:
            _NODES[type(node)](self, node, variables)

    def output(self, node: Output, variables: dict[str, Value]) -> None:
        self.show(self.value(node.term, variables))

    def choice(self, node: If, variables: dict[str, Value]) -> None:
        for test in node.tests:
            self.test(self.value(test, variables))
        self.m.doubt += UNDECIDED
        for body in node.bodies:
            self.nodes(body, variables)
        self.m.doubt -= UNDECIDED

    def bind(self, node: With, variables: dict[str, Value]) -> None:
        bound = {name: self.value(term, variables) for name, term in node.bindings}
        self.nodes(node.body, {**variables, **bound})

    def block(self, node: Block, variables: dict[str, Value]) -> None:
        """The innermost definition of a block; ``block.super`` is taken to be in each of them only where it stands."""
        overriding = self.blocks.get(node.name)
        if not overriding:
            self.nodes(node.body, variables)
            return
        chosen = overriding[0]
        rest = [*overriding[1:], node]
        self.blocks[node.name] = []
        self.nodes(chosen.body, variables)
        while rest and chosen.asks_for_super:
            chosen = rest.pop(0)
            self.nodes(chosen.body, variables)
        self.blocks[node.name] = overriding

    def loop(self, node: For, variables: dict[str, Value]) -> None:
        over = self.value(node.over, variables)
        self.test(over)
        items = self.items(over)
        doubt = doubt_of_loop(over)
        self.m.doubt += doubt
        for item in items:
            inner = dict(variables)
            if len(node.names) == 1:
                inner[node.names[0]] = item
            else:
                for position, name in enumerate(node.names):
                    inner[name] = _part(item, position)
            self.nodes(node.body, inner)
        self.m.doubt -= doubt
        self.nodes(node.empty, variables)

    def items(self, over: Value) -> list[Value]:
        found: list[Value] = []
        for option in options(over):
            if isinstance(option, Instance):
                found.extend(self.iterated(option))
            elif isinstance(option, Literal):
                continue
            else:
                found.extend(each_item(self.m, option))
        return found or [Unknown("an item")]

    def iterated(self, value: Instance) -> list[Value]:
        if forms.is_form(value.cls):
            forms.shown(self.m, self.scope, value.cls, self.line)
            return [External("a bound field")]
        iterate = self.m.attribute(self.scope, value, "__iter__", self.line)
        if not isinstance(iterate, Bound):
            return [Unknown("an item")]
        return each_item(self.m, self.m.call(self.scope, iterate, [], {}, self.line))

    def include(self, node: Include, variables: dict[str, Value]) -> None:
        found = self.loaded(node.template, variables)
        bound = {name: self.value(term, variables) for name, term in node.bindings}
        if found is not None:
            self.whole(found, bound if node.only else {**variables, **bound})

    def tag(self, node: Tag, variables: dict[str, Value]) -> None:
        args = [self.value(term, variables) for term in node.args]
        kwargs = {name: self.value(term, variables) for name, term in node.kwargs}
        for value in (*args, *kwargs.values()):
            self.given(value)
        if node.name == "regroup" and len(args) == 3 and node.bound is not None:
            variables[node.bound] = self.grouped(args[0], node.args[2])
            return
        found = self.m.tags.tag(node.name, self.libraries)
        result: Value = Unknown(f"what the tag {node.name} gives")
        if found is not None:
            result = self.called(found, args, kwargs, variables)
        if node.bound is not None:
            variables[node.bound] = result

    def grouped(self, over: Value, by: Term) -> Value:
        """``{% regroup over by path as groups %}``: groups with what they have in common and their items."""
        groups = []
        for item in self.items(over):
            common = self.value(Term(("item", *by.path)), {"item": item})
            groups.append(Map({"grouper": common, "list": Items("list", [], item)}))
        return Items("list", list(groups))

    def called(
        self, tag: Registered, args: list[Value], kwargs: dict[str, Value], variables: dict[str, Value]
    ) -> Value:
        m, scope, line = self.m, self.scope, self.line
        if tag.kind == "tag":
            made = m.call(scope, tag.function, [Unknown("the parser"), Unknown("a token")], {}, line)
            for node in options(made):
                paint = m.attribute(scope, node, "render", line) if isinstance(node, Instance) else None
                if isinstance(paint, Bound):
                    self.with_context(paint.function, paint.receiver, [], {}, variables)
            return Unknown("what a tag gives")
        if tag.takes_context:
            result = self.with_context(tag.function, None, args, kwargs, variables)
        else:
            result = m.call(scope, tag.function, args, kwargs, line)
        found = m.templates.get(tag.template) if tag.kind == "inclusion_tag" and tag.template else None
        if found is not None:
            self.whole(found, _variables(result))
        return result

    def with_context(
        self,
        function: Function,
        receiver: Value | None,
        args: list[Value],
        kwargs: dict[str, Value],
        variables: dict[str, Value],
    ) -> Value:
        """Call a function that takes the template's context as its first argument."""

        def work(run: _Run) -> Value:
            seen = Map(_Watched(variables, run.reads))
            return fresh(run.m, run.scope, function, receiver, [seen, *args], kwargs, run.line)

        given = (*map(_fingerprint, args), *((name, _fingerprint(kwargs[name])) for name in sorted(kwargs)))
        found = self.once((id(function.node), key(receiver) if receiver else None, given), variables, work)
        return found if found is not None else Unknown("tags are nested too deeply")

    def value(self, term: Term, variables: dict[str, Value]) -> Value:
        value: Value
        if not term.path:
            value = Literal(term.constant)
        else:
            self.reads.add(term.path[0])
            found = variables.get(term.path[0]) or Unknown(f"{term.path[0]} is not in the context")
            value = self.resolved(lazies.made(self.m, self.scope, found, self.line))
            for bit in term.path[1:]:
                if type(value) is Either:
                    value = merge([self.resolved(self.look_up(option, bit)) for option in value.options])
                else:
                    value = self.resolved(self.look_up(value, bit))
        for name, argument in term.filters:
            value = self.filtered(
                name, value, self.value(argument, variables) if argument is not None else None
            )
        return value

    def look_up(self, value: Value, bit: str) -> Value:
        """``value.bit``: a key, an attribute or an index, as Django tries them."""
        m = self.m
        if isinstance(value, Map) and (bit in value.items or bit not in {"items", "keys", "values"}):
            return pick_key(m, self.scope, value, Literal(bit))
        if bit.isdigit():
            self.test(value)
            return element(m, value)
        if bit.startswith("_") or isinstance(value, Unknown | External | Literal):
            return External("a column") if isinstance(value, External) else Unknown("an attribute")
        if isinstance(value, Instance) and forms.is_form(value.cls) and value.cls.find(bit) is None:
            forms.shown(m, self.scope, value.cls, self.line, bit)
            return External("a bound field")
        return m.attribute(self.scope, value, bit, self.line)

    def resolved(self, value: Value) -> Value:
        """A callable is called, as Django does; but never one that alters data, nor a model class."""
        if type(value) not in _CALLABLE:
            return value
        found: list[Value] = []
        for option in options(value):
            match option:
                case Bound() if option.function.node.name not in _ALTERS_DATA:
                    found.append(self.m.call(self.scope, option, [], {}, self.line))
                case Method() if option.name not in _ALTERS_DATA:
                    found.append(self.m.call(self.scope, option, [], {}, self.line))
                case Function():
                    found.append(self.m.call(self.scope, option, [], {}, self.line))
                case Bound() | Method():
                    found.append(Unknown("a method that alters data"))
                case _:
                    found.append(option)
        return merge(found)

    def filtered(self, name: str, value: Value, argument: Value | None) -> Value:
        found = self.m.tags.filter(name, self.libraries)
        if found is not None:
            args = [value, *([argument] if argument is not None else [])]
            return self.m.call(self.scope, found.function, args, {}, self.line)
        if name in _PASSING:
            return merge([value, argument]) if argument is not None and name.startswith("default") else value
        self.test(value)
        return element(self.m, value) if name in _ITEM else External("a filtered value")

    def test(self, value: Value) -> None:
        """A queryset whose truth, length or items are asked for is read."""
        for option in options(value):
            if isinstance(option, Query) and not option.manager:
                self.m.read(self.scope, option, self.line)

    def show(self, value: Value) -> None:
        """Printing a record runs its ``__str__``; printing a form asks for the choices of its fields."""
        for option in options(value):
            if isinstance(option, Record | Instance):
                shown = self.m.attribute(self.scope, option, "__str__", self.line)
                if isinstance(shown, Bound):
                    self.m.call(self.scope, shown, [], {}, self.line)
            self.given(option)

    def given(self, value: Value) -> None:
        for option in options(value):
            if isinstance(option, Instance) and forms.is_form(option.cls):
                forms.shown(self.m, self.scope, option.cls, self.line)
            elif isinstance(option, Instance) and option.cls.is_a(_TABLE):
                self.m.attribute(self.scope, option, "rows", self.line)
            else:
                self.test(option)


_CALLABLE = frozenset({Bound, Either, Function, Method})
_NODES: dict[type, Callable[[_Run, Any, dict[str, Value]], None]] = {
    Block: _Run.block,
    For: _Run.loop,
    If: _Run.choice,
    Include: _Run.include,
    Output: _Run.output,
    Tag: _Run.tag,
    With: _Run.bind,
}


class _Watched(dict[Hashable, Value]):
    """A template's context that notes which of its names are looked at."""

    def __init__(self, variables: dict[str, Value], reads: set[str]) -> None:
        super().__init__(variables.items())
        self.reads = reads

    def __contains__(self, name: object) -> bool:
        if isinstance(name, str):
            self.reads.add(name)
        return super().__contains__(name)


def _fingerprint(value: Value | None, depth: int = 2) -> Hashable:
    """What tells contexts apart: as argument keys do, but also by strings and by what is inside dicts."""
    match value:
        case None:
            return None
        case Literal():
            return (type(value.value), value.value)
        case Map() if depth:
            return frozenset((name, _fingerprint(item, depth - 1)) for name, item in value.items.items())
        case Items() if depth:
            return frozenset(_fingerprint(item, depth - 1) for item in (*value.items[:12], value.rest))
        case _:
            return key(value)


def _part(item: Value, position: int) -> Value:
    found = [
        option.items[position] if len(option.items) > position else option.any()
        for option in options(item)
        if isinstance(option, Items)
    ]
    return merge(found, "a part of an item")
