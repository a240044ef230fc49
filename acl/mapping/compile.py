"""Prints a mapping as a module: readable, formatted, the same for the same declaration, standard library only.

The module has `to_contract(rows, resolve)` and `to_legacy(documents, resolve)`, which answer the translations and
the positions of what they refused, and `put(row, existing)`, which keeps what only the legacy side knows. Why
something was refused is the interpreter's to say (`interpret.explain`): the two agree on every input.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import PurePath

from acl.contract import fingerprint, outline_of_contract, outline_of_legacy
from acl.mapping.baked import outlines
from acl.mapping.embed import imports_of, source_of_computed, source_of_support, with_dependencies
from acl.mapping.emit import Cases, Names, kinds, result, wanted
from acl.mapping.layout import Called, Expression, Text, literal, printed
from acl.mapping.model import Direction, Mapping, Nested
from acl.mapping.operations import LegacyOnly
from acl.mapping.paths import Plan, plan

__all__ = ["compile_source", "compiles_to"]

_TYPES = """\
Row = dict[str, Any]
Document = dict[str, Any]
Resolve = Callable[[str, Iterable[Any]], Mapping[Any, Any]]"""

_WORDS: dict[Direction, tuple[str, str, str, str]] = {
    # direction: source, its type, result, its type
    "to_contract": ("row", "Row", "document", "Document"),
    "to_legacy": ("document", "Document", "row", "Row"),
}


def compile_source(mapping: Mapping, *, width: int = 88) -> str:
    """The module's source, in lines of at most `width` columns where they can be broken.

    Raises CompileError for a computed field whose function cannot stand alone.
    """
    names = Names()
    functions = [
        text
        for direction in _WORDS
        for text in _direction(plan(mapping, direction), names, width)  # fills `names` as it prints
    ]
    functions += [_of_cases(name, cases, width) for name, cases in names.cases.items()]
    functions.append(_put(mapping, names))
    support = [source_of_support(name) for name in with_dependencies(names.support)]
    own = [source_of_computed(function, name) for name, function in names.computed.items()]
    constants = [_constant(name, value, width) for name, value in names.constants.items()]
    print_ = fingerprint(outline_of_legacy(mapping.table), outline_of_contract(mapping.shape))
    top = "\n".join(
        [
            f"MAPPING = {literal(mapping.name)}",
            f"VERSION = {mapping.version}",
            f'FINGERPRINT = "{print_}"',
            *constants,
        ]
    )
    body = "\n\n\n".join([*functions, *own, *support])
    parts = [_header(mapping), _imports(f"{top}\n{body}"), _exports(), _TYPES, top]
    return "\n\n".join(parts) + f"\n\n\n{body}\n\n\n{outlines(mapping, width)}\n"


def compiles_to(mapping: Mapping, source: str) -> bool:
    """Whether a module is what the mapping compiles to today; how it is laid out does not count."""
    return ast.dump(ast.parse(source)) == ast.dump(ast.parse(compile_source(mapping)))


def _header(mapping: Mapping) -> str:
    return (
        f'"""Mapping {mapping.name}, version {mapping.version}: {mapping.table.name} <-> {mapping.shape.name}.\n\n'
        f"Compiled by acl from {PurePath(mapping.where.file).name}. Do not edit it: change the declaration, and\n"
        f'compile again. It imports the standard library only.\n"""'
    )


def _imports(source: str) -> str:
    needed = {"collections.abc": {"Callable", "Iterable", "Mapping"}, "typing": {"Any"}}
    needed |= imports_of(source)
    lines = [
        f"from {module} import {', '.join(sorted(names, key=_import_order))}"
        for module, names in sorted(needed.items())
    ]
    return "from __future__ import annotations\n\n" + "\n".join(lines)


def _import_order(name: str) -> tuple[int, str]:
    return (0 if name.isupper() else 1 if name[0].isupper() else 2, name)


def _exports() -> str:
    return '__all__ = ["FINGERPRINT", "MAPPING", "VERSION", "put", "to_contract", "to_legacy"]'


def _constant(name: str, value: Expression, width: int) -> str:
    return f"{name} = {printed(value, width=width, indent=0, used=len(name) + 3)}"


def _direction(laid: Plan, names: Names, width: int) -> Iterator[str]:
    source, source_type, answer, answer_type = _WORDS[laid.direction]
    ids = {kind: names.ids(kind) for kind in kinds(laid)}
    signature = _signature(
        laid.direction,
        [f"{source}s: Iterable[{source_type}]", "resolve: Resolve"],
        f"tuple[list[{answer_type}], list[int]]",
        width,
    )
    yield (
        f"{signature}\n"
        f'    """Translate a batch; answers the {answer}s, and the positions of the {source}s that are refused."""\n'
        f"    batch = list({source}s)\n"
        f"{_resolving(laid, names, source, width)}"
        f"    {answer}s: list[{answer_type}] = []\n"
        f"    refused: list[int] = []\n"
        f"    for position, {source} in enumerate(batch):\n"
        f"        try:\n"
        f"            {_appending(answer, [source, *ids.values()], width)}\n"
        f"        except Exception:\n"
        f"            refused.append(position)\n"
        f"    return {answer}s, refused"
    )
    typed = [f"{source}: {source_type}", *(f"{name}: Mapping[Any, Any]" for name in ids.values())]
    signature = _signature(f"_{answer}", typed, answer_type, width)
    returned = printed(result(laid, source, names), width=width, indent=4, used=11)
    yield f"{signature}\n    return {returned}"


def _signature(name: str, parameters: list[str], answer: str, width: int) -> str:
    one = f"def {name}({', '.join(parameters)}) -> {answer}:"
    if len(one) <= width:
        return one
    if len(", ".join(parameters)) + 4 <= width:
        return f"def {name}(\n    {', '.join(parameters)}\n) -> {answer}:"
    return f"def {name}(\n" + "".join(f"    {one},\n" for one in parameters) + f") -> {answer}:"


def _appending(answer: str, arguments: list[str], width: int) -> str:
    one = Called(f"_{answer}", tuple(map(Text, arguments)))
    return printed(Called(f"{answer}s.append", (one,)), width=width, indent=12, used=12)


def _resolving(laid: Plan, names: Names, source: str, width: int) -> str:
    ids = {kind: names.ids(kind) for kind in kinds(laid)}
    if not ids:
        return ""
    lines = [f"    wanted_{name}: list[Any] = []" for name in ids.values()]
    lines += [f"    for {source} in batch:", "        try:"]
    for one in wanted(laid, source, names):
        if one.condition and not one.loop:
            lines.append(_condition(one.condition, width))
        several = (
            f"[{one.key}{one.loop}{f' if {one.condition}' if one.condition else ''}]" if one.loop else one.key
        )
        added = Called(f"wanted_{ids[one.kind]}.{'extend' if one.loop else 'append'}", (Text(several),))
        indent = 16 if one.condition and not one.loop else 12
        lines.append(f"{' ' * indent}{printed(added, width=width, indent=indent, used=indent)}")
    lines += ["        except Exception:  # it is refused below", "            continue"]
    called = names.function("resolved")
    for kind, name in ids.items():
        answer = Called(called, (Text("resolve"), Text(literal(kind)), Text(f"wanted_{name}")))
        lines.append(f"    {name} = {printed(answer, width=width, indent=4, used=len(name) + 7)}")
    return "\n".join(lines) + "\n"


def _condition(condition: str, width: int) -> str:
    one = f"            if {condition}:"
    if len(one) <= width:
        return one
    parts = "\n                and ".join(condition.split(" and "))
    return f"            if (\n                {parts}\n            ):"


def _of_cases(name: str, cases: Cases, width: int) -> str:
    forth = cases.direction == "to_contract"
    parameter = "row: Row" if forth else f"document: Document{'' if cases.empty is None else ' | None'}"
    typed = [parameter, *(f"{one}: Mapping[Any, Any]" for one in cases.parameters)]
    lines = [_signature(name, typed, "Document" if forth else "Row", width)]
    if cases.empty is not None:
        lines.append(
            f"    if document is None:\n        return {printed(cases.empty, width=width, indent=8, used=15)}"
        )
    lines.append(f"    match {cases.said}:")
    for said, answer in cases.answers:
        returned = printed(answer, width=width, indent=12, used=19)
        lines.append(f"        case {said}:\n            return {returned}")
    lines.append('    raise ValueError("no case for it")')
    return "\n".join(lines)


def _put(mapping: Mapping, names: Names) -> str:
    return (
        "def put(row: Row, existing: Row) -> Row:\n"
        '    """Keep in `row`, an answer of to_legacy, what only the `existing` row knows; children by key."""\n'
        + "".join(f"    {line}\n" for line in _kept(mapping, "row", "existing", names))
        + "    return row"
    )


def _kept(mapping: Mapping, row: str, existing: str, names: Names) -> Iterator[str]:
    for operation in mapping.operations:
        if isinstance(operation, LegacyOnly):
            name = literal(operation.columns[0])
            yield f"{row}[{name}] = {existing}[{name}]"
    for _, step in mapping.steps("to_legacy"):
        if not isinstance(step, Nested) or step.using is None:
            continue
        member, children, key = names.member(step.using), literal(step.target), literal(step.key)
        inner = list(_kept(step.using, member, f"old_{member}", names))
        if inner:
            yield f"{member}_by_key = {{{member}[{key}]: {member} for {member} in {existing}[{children}]}}"
            yield f"for {member} in {row}[{children}]:"
            yield f"    old_{member} = {member}_by_key.get({member}[{key}])"
            yield f"    if old_{member} is not None:"
            yield from (f"        {line}" for line in inner)
