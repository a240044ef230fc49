"""What a column may become in a contract: a pure function of the analysis, with a question where a person must say."""

from __future__ import annotations

import builtins
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from keyword import iskeyword
from typing import Any

from acl.contract import Children, Column, Table, did_you_mean
from acl.contract.analysis import known_type, tables_of
from acl.errors import ContractError
from acl.mapping import language
from acl.mapping.layout import Called, DictOf, Expression, Text, literal

__all__ = ["Aggregate", "Proposal", "propose"]

_SECRET = re.compile(r"passw|secret|token|api_?key|private_key|hash(ed)?$|salt$|otp|pin_code")
_AMOUNT = re.compile(
    r"price|amount|total|cost|fee$|balance|tax(?!_?(id|code|no|rate|percent|class))|revenue|salary"
)
_CENTS = re.compile(r"_(cents|pence|minor)$")
_POSITION = (
    "position",
    "number",
    "line_no",
    "sort_order",
    "sequence",
    "rank",
    "ordering",
    "index",
    "key",
    "code",
    "name",
)
_TAKEN = frozenset({*language.__all__, *dir(builtins), "annotations"})
_TAKEN_TYPES = frozenset(
    {"Annotated", "Any", "Decimal", "Literal", "Meta", "Money", "Struct", "UUID", *dir(builtins)}
)
_FILES = {"File", "Image", "FilePath"}


@dataclass(frozen=True, slots=True)
class Proposal:
    """One line of a mapping: what it reads, the operation, and the field's name and type (none for a dropped one)."""

    columns: tuple[str, ...]
    operation: Expression
    field: str = ""
    type: str = ""
    question: str = ""


@dataclass(frozen=True, slots=True)
class Aggregate:
    """A model with its children, and the proposals for its own columns; `name` is that of the mapping."""

    table: Table
    name: str
    type: str
    proposals: tuple[Proposal, ...]
    children: tuple[tuple[Children, str, Aggregate], ...] = ()
    """(children, the column that tells them apart, how they are mapped)"""
    notes: tuple[str, ...] = ()


def propose(analysis: Mapping[str, Any], boundary: str) -> list[Aggregate]:
    """The aggregates of a boundary. Raises ContractError when the analysis has no such boundary, or is none."""
    tables = tables_of(analysis)
    found = {str(one["name"]): one for one in analysis.get("boundaries", ())}
    if boundary not in found:
        raise ContractError(f"there is no boundary {boundary!r}", did_you_mean(boundary, found))
    labels = [label for label in found[boundary]["models"] if label in tables]
    if not labels:
        raise ContractError(f"boundary {boundary!r} has no tables", "name a boundary that owns models")
    models = {model["label"]: model for model in analysis["models"]}
    return _Boundary(models, tables, labels).aggregates()


class _Boundary:
    def __init__(self, models: Mapping[str, Any], tables: Mapping[str, Table], labels: list[str]) -> None:
        self._models = models
        self._tables = tables
        self._labels = labels
        self._parents = {label: parent for label in labels if (parent := self._parent(label))}

    def aggregates(self) -> list[Aggregate]:
        return [self._aggregate(label, None) for label in self._labels if label not in self._parents]

    def _parent(self, label: str) -> tuple[str, Mapping[str, Any]] | None:
        """The model whose part this one is: named after it, deleted with it, and never without it."""
        for relation in self._models[label]["relations"]:
            target = relation["target"]
            if (
                relation["kind"] == "fk"
                and relation["on_delete"] == "CASCADE"
                and not relation["null"]
                and target in self._labels
                and target != label
                and self._models[label]["name"].startswith(self._models[target]["name"])
                and relation["related_name"] != "+"
            ):
                return target, relation
        return None

    def _aggregate(self, label: str, link: str | None) -> Aggregate:
        table = self._tables[label]
        parts = [(child, relation) for child, (parent, relation) in self._parents.items() if parent == label]
        children = []
        for child, relation in parts:
            column = f"{relation['field']}_id"
            inner = self._aggregate(child, column)
            name = _reverse_name(relation, self._models[child])
            children.append((Children(name, inner.table, column), self._key(child, column), inner))
        whole = Table(
            table.name, table.model, table.source, table.columns, tuple(one for one, _, _ in children)
        )
        proposals = tuple(self._proposals(label, link))
        same = [other for other in self._labels if self._models[other]["name"] == self._models[label]["name"]]
        model = self._models[label]
        prefix = f"{model['app'].rpartition('.')[2]}_" if len(same) > 1 else ""
        return Aggregate(
            whole,
            _free(f"{prefix}{_snake(model['name'])}", _TAKEN, "_model"),
            _free(_camel(prefix) + str(model["name"]), _TAKEN_TYPES, "Document"),
            proposals,
            tuple(children),
            tuple(self._notes(label)),
        )

    def _notes(self, label: str) -> Iterator[str]:
        for relation in self._models[label]["relations"]:
            if relation["kind"] == "m2m":
                yield f"{relation['field']} -> {relation['target']} is many-to-many: no column, so no field here"
            if relation["kind"] == "mti":
                yield f"the columns of {relation['target']} are in a table of their own, and not in this mapping"

    def _key(self, label: str, link: str) -> str:
        """The column that tells siblings apart: what is unique with the parent's key, or looks like it."""
        names = [column.name for column in self._tables[label].columns]
        for key in self._models[label].get("keys", ()):
            columns = [f"{name}_id" if f"{name}_id" in names else name for name in key["fields"]]
            rest = [name for name in columns if name != link]
            if key["unique"] and link in columns and len(rest) == 1 and rest[0] in names:
                return str(rest[0])
        pk = self._tables[label].key
        return next((name for name in _POSITION if name in names), pk.name if pk else names[0])

    def _proposals(self, label: str, link: str | None) -> Iterator[Proposal]:
        table, model = self._tables[label], self._models[label]
        facts = {_attribute(one, table): one for one in model["fields"]}
        currency = _currency(table)
        used = {column.name for column in table.columns}
        amounts = [column for column in table.columns if _is_cents(column)] if currency else []
        if all(column.null for column in amounts):
            amounts = []  # a null amount would leave the currency without a source on the way back
        key = self._key(label, link) if link else ""
        for column in table.columns:
            if amounts and currency and column.name == currency.name:
                continue
            if column.name == link:
                yield Proposal((column.name,), _call("legacy_only", column.name, on_create="BY_PARENT"))
            elif column.primary_key and link and key != column.name:
                yield Proposal((column.name,), _call("legacy_only", column.name, on_create="BY_DATABASE"))
            elif currency is not None and column in amounts:
                yield _money(column, currency, used)
            else:
                yield self._proposal(column, facts.get(column.name, {}), table, link)

    def _proposal(self, column: Column, fact: Mapping[str, Any], table: Table, link: str | None) -> Proposal:
        optional = " | None" if column.null else ""
        if column.primary_key and column.kind in {"int", "text"}:
            question = "the children have no natural key: by what are they told apart?" if link else ""
            ids = self._ids(column.target) if column.target else table.name
            return _one(column, _call("ref", column.name, "id", ids=literal(ids)), "id", "UUID", question)
        if column.target and column.kind in {"int", "text"}:
            name = column.name.removesuffix("_id")
            question = ""
            if column.target.endswith("ContentType"):
                question = (
                    "a generic relation: which of the models that it may lead to does the contract know?"
                )
            operation = _call("ref", column.name, name, ids=literal(self._ids(column.target)))
            return _one(column, operation, name, f"UUID{optional}", question)
        if column.choices:
            return _enum(column, fact, optional)
        return _PROPOSED.get(column.kind, _dropped)(column, fact, optional)

    def _ids(self, target: str | None) -> str:
        known = self._tables.get(target or "")
        return known.name if known else str(target).replace(".", "_").lower()


def _one(column: Column, operation: Expression, field: str, type_: str, question: str = "") -> Proposal:
    return Proposal((column.name,), operation, field, type_, question)


def _money(column: Column, currency: Column, used: set[str]) -> Proposal:
    name = _CENTS.sub("", column.name)
    if name in used:
        name = column.name
    pair = f"({literal(column.name)}, {literal(currency.name)})"
    type_ = f"Money{' | None' if column.null else ''}"
    operation = Called("money", (Text(pair), Text(literal(name))))
    return Proposal((column.name, currency.name), operation, name, type_)


def _enum(column: Column, fact: Mapping[str, Any], optional: str) -> Proposal:
    labels = dict(map(tuple, fact.get("choices", ())))
    words: dict[Any, str] = {}
    for code in column.choices:
        said = code if len(str(code)) > 2 and not str(code).isdigit() else labels.get(code) or code
        word = re.sub(r"\W+", "_", str(said).lower()).strip("_") or str(code)
        words[code] = word if word not in words.values() else f"{word}_{len(words)}"
    question = ""
    if any(not labels.get(code) and len(str(code)) < 3 for code in column.choices):
        question = f"what do the codes {', '.join(map(str, column.choices))} mean?"
    if column.kind not in {"text", "int"} or "" in column.choices:
        return _dropped(column, fact, optional)
    table = DictOf(tuple((literal(code), Text(literal(word))) for code, word in words.items()), always=False)
    operation = Called("enum", (Text(literal(column.name)), Text(literal(column.name)), table))
    type_ = f"Literal[{', '.join(literal(word) for word in words.values())}]{optional}"
    return _one(column, operation, column.name, type_, question)


def _text(column: Column, fact: Mapping[str, Any], optional: str) -> Proposal:
    type_ = "str" if column.max_length is None else f"Annotated[str, Meta(max_length={column.max_length})]"
    if _SECRET.search(column.name):
        question = "a secret? it stays in the monolith; map it if the new service must have it"
        on_create = "None" if column.null else '""'
        operation = _call("legacy_only", column.name, on_create=on_create)
        return Proposal((column.name,), operation, question=question)
    question = _custom(fact)
    if known_type(str(fact.get("type", ""))) in _FILES:
        question = "a path in the monolith's storage: who serves the file?"
    return _one(
        column, _call("rename", column.name, column.name), column.name, f"{type_}{optional}", question
    )


def _integer(column: Column, fact: Mapping[str, Any], optional: str) -> Proposal:
    question = _custom(fact)
    if _is_cents(column):
        name = _CENTS.sub("", column.name) or column.name
        question = "minor units without a currency column: which currency is it?"
        return _one(column, _call("money", column.name, name), name, f"Decimal{optional}", question)
    if _AMOUNT.search(column.name):
        question = "an amount in whole units, or in cents? then money(...)"
    if column.name == "object_id":
        question = "the key of a generic relation: of which table?"
    return _one(column, _call("rename", column.name, column.name), column.name, f"int{optional}", question)


def _float(column: Column, fact: Mapping[str, Any], optional: str) -> Proposal:
    question = (
        "a binary float holds money: is Decimal text meant?" if _AMOUNT.search(column.name) else _custom(fact)
    )
    return _one(column, _call("rename", column.name, column.name), column.name, f"float{optional}", question)


def _datetime(column: Column, fact: Mapping[str, Any], optional: str) -> Proposal:
    type_ = f"dt.datetime{optional}"
    if not column.naive:
        return _one(column, _call("datetime", column.name, column.name), column.name, type_)
    operation = _call("datetime", column.name, column.name, zone='"UTC"')
    return _one(column, operation, column.name, type_, "USE_TZ is False: of which zone is this local time?")


def _decimal(column: Column, fact: Mapping[str, Any], optional: str) -> Proposal:
    if column.decimals is None:
        return _dropped(column, fact, optional)
    return _one(
        column, _call("decimal", column.name, column.name), column.name, f"Decimal{optional}", _custom(fact)
    )


def _dropped(column: Column, fact: Mapping[str, Any], optional: str) -> Proposal:
    on_create = "None" if column.null else "BY_DATABASE"
    question = f"no operation fits a {fact.get('type') or column.kind}: what does the contract say of it?"
    return Proposal((column.name,), _call("legacy_only", column.name, on_create=on_create), question=question)


def _json(column: Column, fact: Mapping[str, Any], optional: str) -> Proposal:
    question = "of what shape is this JSON?"
    return _one(column, _call("rename", column.name, column.name), column.name, "Any", question)


_PROPOSED: dict[str, Callable[[Column, Mapping[str, Any], str], Proposal]] = {
    "text": _text,
    "int": _integer,
    "float": _float,
    "datetime": _datetime,
    "decimal": _decimal,
    "bool": lambda column, fact, optional: _one(
        column, _call("rename", column.name, column.name), column.name, f"bool{optional}", _custom(fact)
    ),
    "json": _json,
    "date": lambda column, fact, optional: _one(
        column, _call("date", column.name, column.name), column.name, f"dt.date{optional}"
    ),
    "time": lambda column, fact, optional: _one(
        column, _call("time", column.name, column.name), column.name, f"dt.time{optional}"
    ),
    "uuid": lambda column, fact, optional: _one(
        column, _call("uuid", column.name, column.name), column.name, f"UUID{optional}"
    ),
}


def _custom(fact: Mapping[str, Any]) -> str:
    """A question for a field class that is not Django's own."""
    type_ = str(fact.get("type", ""))
    known = known_type(type_)
    if not type_ or known is None or type_.removesuffix("Field") == known:
        return ""
    return f"{type_} is no field of Django's own: is it stored as a {known}Field?"


def _is_cents(column: Column) -> bool:
    return column.kind == "int" and _CENTS.search(column.name) is not None


def _currency(table: Table) -> Column | None:
    found = [
        column
        for column in table.columns
        if column.name in {"currency", "currency_code"}
        and column.kind == "text"
        and not column.null
        and not column.choices
    ]
    return found[0] if len(found) == 1 else None


def _call(function: str, *names: str, **options: str) -> Expression:
    arguments = [Text(literal(name)) for name in names]
    arguments += [Text(f"{name}={value}") for name, value in options.items() if value != "None"]
    return Called(function, tuple(arguments))


def _attribute(fact: Mapping[str, Any], table: Table) -> str:
    return fact["name"] if table.column(fact["name"]) else f"{fact['name']}_id"


def _reverse_name(relation: Mapping[str, Any], child: Mapping[str, Any]) -> str:
    said = relation["related_name"]
    if not said:
        return f"{child['name'].lower()}_set"
    return str(said).replace("%(class)s", child["name"].lower()).replace("%(app_label)s", child["app"])


def _free(name: str, taken: frozenset[str], suffix: str) -> str:
    """The name, or another one where a generated module has it already."""
    return name + suffix if name in taken or iskeyword(name) else name


def _snake(name: str) -> str:
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", name).lower()


def _camel(name: str) -> str:
    return "".join(part.title() for part in name.split("_"))
