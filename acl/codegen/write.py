"""The files of a boundary: snapshot, contract, mappings, schema, tests; each imports, before it is written."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, fields
from types import ModuleType
from typing import Any

import msgspec

from acl.codegen.propose import Aggregate, propose
from acl.contract import Column, Table
from acl.errors import ContractError
from acl.mapping import Mapping as Declared
from acl.mapping import check
from acl.mapping.check import Decision
from acl.mapping.layout import Called, Expression, Listed, Named, Text, literal, printed

__all__ = ["Generated", "generate"]

_WIDTH = 100


@dataclass(frozen=True, slots=True)
class Generated:
    """File names and texts; how many columns there are; and the questions that are left."""

    files: dict[str, str]
    columns: int
    decisions: tuple[Decision, ...]
    notes: tuple[str, ...]


def generate(analysis: Mapping[str, Any], boundary: str) -> Generated:
    """Everything for one boundary. Raises ContractError when the analysis has none of that name."""
    name = re.sub(r"\W", "_", boundary, flags=re.ASCII).strip("_").lower() or "boundary"
    roots = propose(analysis, boundary)
    every = list(_every(roots))
    legacy, contract, mappings = f"legacy_{name}", f"contract_{name}", f"mappings_{name}"
    sources = {
        f"{legacy}.py": _legacy(every, boundary),
        f"{contract}.py": _contract(every, boundary),
        f"{mappings}.py": _mappings(every, boundary, legacy, contract),
    }
    with _imported(sources) as modules:
        declared = [one for one in vars(modules[mappings]).values() if isinstance(one, Declared)]
        types = [getattr(modules[contract], one.type) for one in every]
        sources[f"{contract}.json"] = _openapi(types, boundary)
    sources[f"test_{mappings}.py"] = _tests([one.name for one in roots], mappings, boundary)
    top = [mapping for mapping in declared if mapping.name in {one.name for one in roots}]
    return Generated(
        sources,
        sum(len(one.table.columns) for one in every),
        tuple(decision for mapping in top for decision in check(mapping).decisions),
        tuple(f"{one.table.model}: {note}" for one in every for note in one.notes),
    )


def _every(aggregates: list[Aggregate]) -> Iterator[Aggregate]:
    """Children before those who use them."""
    for one in aggregates:
        yield from _every([inner for _, _, inner in one.children])
        yield one


def _legacy(every: list[Aggregate], boundary: str) -> str:
    head = (
        f'"""The shape of the legacy models of boundary {boundary!r}: a snapshot, no Django needed.\n\n'
        "Written by `strangler acl generate`; `strangler acl check --analysis` tells when it is out of date.\n"
        '"""\n\nfrom __future__ import annotations\n\nfrom acl.contract import Children, Column, Table\n'
    )
    if not any(one.table.children for one in every):
        head = head.replace("Children, ", "")
    return head + "".join(f"\n{_table(one.table)}\n" for one in every)


def _table(table: Table) -> str:
    columns = "".join(f"        {_print(_column(column), 8, 1)},\n" for column in table.columns)
    lines = [
        f"{_variable(table)} = Table(",
        f"    name={literal(table.name)},",
        f"    model={literal(table.model)},",
        f"    source={literal(table.source)},",
        f"    columns=(\n{columns}    ),",
    ]
    if table.children:
        found = _tuple(
            f"Children({literal(one.name)}, {_variable(one.table)}, {literal(one.column)})"
            for one in table.children
        )
        lines.append(f"    {_print(Named('children', found), 4, 1)},")
    return "\n".join([*lines, ")"])


def _column(column: Column) -> Expression:
    told: list[Expression] = [Text(literal(column.name)), Text(literal(column.kind))]
    for field in fields(column)[2:]:
        value = getattr(column, field.name)
        if value != field.default:
            told.append(
                Named(
                    field.name,
                    _tuple(map(literal, value)) if isinstance(value, tuple) else Text(literal(value)),
                )
            )
    return Called("Column", tuple(told))


def _tuple(items: Iterable[str]) -> Expression:
    return Listed(tuple(map(Text, items)), "()")


def _contract(every: list[Aggregate], boundary: str) -> str:
    structs = []
    if any("Money" in one.type for aggregate in every for one in aggregate.proposals):
        structs.append(
            "class Money(Struct, frozen=True):\n"
            '    """An exact amount: decimal text, never a float."""\n\n    amount: Decimal\n    currency: str'
        )
    structs += [_struct(one) for one in every]
    body = "\n\n\n".join(structs)
    imports = ["import datetime as dt"] if "dt." in body else []
    for module, names in (
        ("decimal", ["Decimal"]),
        ("typing", ["Annotated", "Any", "Literal"]),
        ("uuid", ["UUID"]),
    ):
        used = [name for name in names if re.search(rf"\b{name}\b", body)]
        if used:
            imports.append(f"from {module} import {', '.join(used)}")
    own = [name for name in ("Meta", "Struct") if re.search(rf"\b{name}\b", body)]
    return (
        f'"""The contract of boundary {boundary!r}: a first version, in the words of the legacy model."""\n\n'
        "from __future__ import annotations\n\n"
        + "\n".join(imports)
        + f"\n\nfrom msgspec import {', '.join(own)}\n\n\n"
        f"{body}\n"
    )


def _struct(aggregate: Aggregate) -> str:
    lines = [_annotated(one.field, one.type) for one in aggregate.proposals if one.field]
    lines += [f"    {children.name}: list[{inner.type}]" for children, _, inner in aggregate.children]
    body = "\n".join(lines) or "    pass"
    return f'class {aggregate.type}(Struct, frozen=True):\n    """Of {aggregate.table.model}."""\n\n{body}'


def _annotated(name: str, type_: str) -> str:
    """A field; a long list of words on several lines."""
    one = f"    {name}: {type_}"
    if len(one) <= _WIDTH or not type_.startswith("Literal["):
        return one
    words, _, rest = type_.removeprefix("Literal[").rpartition("]")
    inner = "".join(f"        {word},\n" for word in words.split(", "))
    return (
        f"    {name}: (\n        Literal[\n{inner}        ]{rest}\n    )"
        if rest
        else f"    {name}: Literal[\n{inner}    ]"
    )


def _mappings(every: list[Aggregate], boundary: str, legacy: str, contract: str) -> str:
    body = "\n\n".join(_mapping(one) for one in every)
    used = sorted(set(re.findall(r"\b([a-z_]+|BY_[A-Z]+)\(?", body)) & set(_language()))
    imports = "".join(f"    {name},\n" for name in sorted(used, key=lambda name: (not name.isupper(), name)))
    return (
        f'"""How the legacy models of boundary {boundary!r} and the contract correspond: a proposal.\n\n'
        "Where decide(...) stands, a person has to answer its question: change the line, and take the wrapper away.\n"
        "`strangler acl check` lists what is left, tries the laws, and shows what each line preserves.\n"
        f'"""\n\nfrom __future__ import annotations\n\nfrom acl.mapping.language import (\n{imports})\n\n'
        f"{_import(contract, sorted(one.type for one in every))}\n"
        f"{_import(legacy, sorted(_variable(one.table) for one in every))}\n\n{body}\n"
    )


def _language() -> list[str]:
    from acl.mapping import language

    return language.__all__


def _import(module: str, names: list[str]) -> str:
    one = f"from {module} import {', '.join(names)}"
    if len(one) <= _WIDTH:
        return one
    return f"from {module} import (\n" + "".join(f"    {name},\n" for name in names) + ")"


def _mapping(aggregate: Aggregate) -> str:
    lines = [f"# {note}" for note in aggregate.notes]
    lines += [
        f"{aggregate.name} = mapping(",
        f"    {literal(aggregate.name)},",
        f"    {_variable(aggregate.table)},",
        f"    {aggregate.type},",
    ]
    for one in aggregate.proposals:
        operation = one.operation
        if one.question:
            operation = Called("decide", (operation, Text(literal(one.question))))
        lines.append(f"    {_print(operation, 4, 1)},")
    for children, key, inner in aggregate.children:
        name = literal(children.name)
        told = (Text(name), Text(name), Text(f"key={literal(key)}"), Text(f"using={inner.name}"))
        lines.append(f"    {_print(Called('each', told), 4, 1)},")
    return "\n".join([*lines, ")"])


def _tests(names: list[str], mappings: str, boundary: str) -> str:
    return f'''"""The mappings of boundary {boundary!r}: every decision is made, and every law holds."""

from __future__ import annotations

import pytest
from acl.laws import LAWS, prove
from acl.mapping import Mapping, check

import {mappings}

MAPPINGS = [
{"".join(f"    {mappings}.{name},{chr(10)}" for name in names)}]
each_mapping = pytest.mark.parametrize("mapping", MAPPINGS, ids=lambda mapping: mapping.name)


@each_mapping
def test_every_decision_is_made(mapping: Mapping) -> None:
    left = [f"{{one.where}}: {{one.name}}: {{one.question}}" for one in check(mapping).decisions]
    assert not left, "\\n".join(["to decide:", *left])


@each_mapping
@pytest.mark.parametrize("law", LAWS)
def test_every_law_holds(mapping: Mapping, law: str) -> None:
    outcome = prove(mapping, law)
    assert outcome.holds, str(outcome)
'''


def _openapi(types: list[type], boundary: str) -> str:
    _, components = msgspec.json.schema_components(types, ref_template="#/components/schemas/{name}")
    document = {
        "openapi": "3.1.0",
        "info": {"title": boundary, "version": "1"},
        "paths": {},
        "components": {"schemas": dict(sorted(components.items()))},
    }
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


@contextmanager
def _imported(sources: dict[str, str]) -> Iterator[dict[str, ModuleType]]:
    """The modules, imported in order as they will be; raises ContractError when one is not as it should be."""
    made: dict[str, ModuleType] = {}
    file = ""
    before = {name.removesuffix(".py"): sys.modules.get(name.removesuffix(".py")) for name in sources}
    try:
        for file, source in list(sources.items()):
            name = file.removesuffix(".py")
            made[name] = sys.modules[name] = ModuleType(name)
            exec(compile(source, file, "exec", dont_inherit=True), made[name].__dict__)  # noqa: S102 - our own
        yield made
    except (NameError, SyntaxError) as error:
        raise ContractError(
            f"{file} would not import: {error}", "name the boundary's models otherwise"
        ) from error
    finally:
        for name, module in before.items():
            sys.modules.pop(name, None)
            if module is not None:
                sys.modules[name] = module


def _print(expression: Expression, indent: int, after: int) -> str:
    return printed(expression, width=_WIDTH, indent=indent, used=indent + after)


def _variable(table: Table) -> str:
    name = re.sub(r"\W", "_", table.name, flags=re.ASCII)
    return name if name.isidentifier() else f"table_{name}"
