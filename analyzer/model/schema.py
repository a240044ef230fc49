"""``analysis.json``: an Analysis as bytes and back. One item a line, so that two files can be compared with diff.

Places are flat (``file`` and ``line`` beside the other keys); lists of places are lists of ``{file, line}``. Nothing in
the file depends on the time, the machine or the folder above the analysed one.
"""

from __future__ import annotations

import dataclasses
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from itertools import chain
from typing import Any, TypeVar

import msgspec

from analyzer.errors import BadAnalysis
from analyzer.model.facts import (
    Access,
    CacheUse,
    Call,
    EntryPoint,
    Facts,
    Field,
    Finding,
    History,
    Import,
    Join,
    Key,
    Location,
    Model,
    Module,
    Observed,
    OpenQuery,
    RawSQL,
    Relation,
    Route,
    SignalReceiver,
    Transaction,
    Unresolved,
)
from analyzer.model.plan import Analysis, Boundary, Edge, Step

__all__ = ["SCHEMA_VERSION", "coverage", "read", "write"]

SCHEMA_VERSION = 1

T = TypeVar("T")
Json = dict[str, Any]


def write(analysis: Analysis) -> bytes:
    """The bytes of ``analysis.json``, the same for the same analysis."""
    lines = []
    for key, value in _document(analysis).items():
        if isinstance(value, list):
            items = b",\n".join(msgspec.json.encode(item) for item in value)
            text = b"[\n" + items + b"\n]" if items else b"[]"
        else:
            text = msgspec.json.encode(value)
        lines.append(b'"' + key.encode() + b'": ' + text)
    return b"{\n" + b",\n".join(lines) + b"\n}\n"


def read(data: bytes, where: str = "analysis.json") -> Analysis:
    """The Analysis in such a file.

    Raises BadAnalysis when the bytes are not JSON, were written for another schema version, or lack a key or hold a
    value of another type; ``where`` names the file in the message.
    """
    document = _parse(data, where)
    try:
        analysis = Analysis(
            facts=_facts(document),
            edges=tuple(_items(document, "edges", Edge)),
            boundaries=tuple(_boundaries(document)),
            order=tuple(_items(document, "order", Step)),
            findings=tuple(_items(document, "findings", Finding)),
        )
        _check_routes(analysis)
    except _WrongShape as error:
        remedy = "Write it again with: strangler analyze PATH --format json -o analysis.json."
        raise BadAnalysis(f"not the shape of an analysis: {error}", where=where, remedy=remedy) from None
    return analysis


def coverage(facts: Facts) -> Json:
    """How much was seen and how much of it was understood."""
    share = facts.orm_sites_resolved / facts.orm_sites if facts.orm_sites else 1.0
    return {
        "modules": len(facts.modules),
        "lines": sum(module.lines for module in facts.modules),
        "models": sum(not model.library and not model.abstract for model in facts.models),
        "tables": len({m.table for m in facts.models if m.table and not m.library}),
        "routes": len(facts.routes),
        "orm_sites": facts.orm_sites,
        "orm_sites_resolved": facts.orm_sites_resolved,
        "orm_share_resolved": round(share, 4),
        "problems": len(facts.problems),
    }


class _WrongShape(Exception):
    """A value that does not fit; its text names the place."""


def _document(analysis: Analysis) -> Json:
    facts = analysis.facts
    return {
        "schema_version": SCHEMA_VERSION,
        "project": facts.project,
        "languages": list(facts.languages),
        "language_code": facts.language_code,
        "use_tz": facts.use_tz,
        "coverage": coverage(facts),
        **({"observed": _object(facts.observed)} if facts.observed else {}),
        **({"history": _object(facts.history)} if facts.history else {}),
        "modules": list(_modules(analysis)),
        "edges": _plain(analysis.edges),
        "models": _plain(facts.models),
        "routes": _plain(facts.routes),
        "accesses": _plain(facts.accesses),
        "joins": _joins(facts.joins),
        "transactions": _plain(facts.transactions),
        "entry_points": _plain(facts.entry_points),
        "tasks": _plain(e for e in facts.entry_points if e.kind == "task"),
        "signals": _plain(facts.receivers),
        "commands": _plain(e for e in facts.entry_points if e.kind == "command"),
        "raw_sql": _plain(facts.raw_sql),
        "open_queries": _plain(facts.open_queries),
        "cache_uses": _plain(facts.cache_uses),
        "imports": _plain(facts.imports),
        "calls": _plain(facts.calls),
        "boundaries": [
            {**_object(b), "model_confidence": dict(b.model_confidence)} for b in analysis.boundaries
        ],
        "order": _plain(analysis.order),
        "findings": _plain(analysis.findings),
        "problems": _plain(facts.problems),
        "unresolved": _plain(facts.unresolved),
    }


def _plain(values: Iterable[Any]) -> list[Any]:
    return [_value(value) for value in values]


def _value(value: Any) -> Any:
    if isinstance(value, tuple):
        if value and type(value[0]) in _PLAIN:
            return value
        return [_value(item) for item in value]
    return _object(value) if _names(type(value)) else value


def _object(item: Any) -> Json:
    """A dataclass as an object, with its location's file and line in place of the location."""
    out: Json = {}
    for name in _names(type(item)):
        value = getattr(item, name)
        if name == "location":
            out["file"], out["line"] = value.file, value.line
        elif type(value) in _ATOMS:
            out[name] = value
        else:
            out[name] = _value(value)
    return out


_ATOMS = frozenset({str, int, float, bool, type(None)})
_PLAIN = _ATOMS | {Location}
"""What tuples are written of as they are: places in a list stay ``{file, line}``."""


def _names(kind: type) -> tuple[str, ...]:
    """The fields of a dataclass; of anything else, none."""
    found = _NAMES.get(kind)
    if found is None:
        is_one = dataclasses.is_dataclass(kind)
        found = tuple(field.name for field in dataclasses.fields(kind)) if is_one else ()
        _NAMES[kind] = found
    return found


_NAMES: dict[type, tuple[str, ...]] = {}


def _modules(analysis: Analysis) -> Iterator[Json]:
    boundary_of = {module: b.name for b in analysis.boundaries for module in b.modules}
    tables: dict[tuple[str, str], set[str]] = defaultdict(set)
    for access in analysis.facts.accesses:
        tables[access.module, access.mode].add(access.table)
    for module in analysis.facts.modules:
        yield {
            **_object(module),
            "boundary": boundary_of.get(module.name),
            "tables_read": sorted(tables[module.name, "read"]),
            "tables_written": sorted(tables[module.name, "write"]),
        }


def _joins(joins: Iterable[Join]) -> list[list[Any]]:
    """``[table_a, table_b, sites]`` for each pair."""
    sites: dict[tuple[str, str], list[Json]] = defaultdict(list)
    for join in joins:
        place = {"file": join.location.file, "line": join.location.line, "function": join.function}
        sites[join.table_a, join.table_b].append(place)
    return [[*pair, sites[pair]] for pair in sorted(sites)]


def _parse(data: bytes, where: str) -> Json:
    remedy = "Write it with: strangler analyze PATH --format json -o analysis.json."
    try:
        document = msgspec.json.decode(data)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise BadAnalysis("not JSON", where=where, remedy=remedy) from None
    if not isinstance(document, dict) or "schema_version" not in document:
        raise BadAnalysis("JSON, but not an analysis: no schema_version", where=where, remedy=remedy)
    if document["schema_version"] != SCHEMA_VERSION:
        found = str(document["schema_version"])[:20]
        message = f"schema version {found}; this strangler reads version {SCHEMA_VERSION}"
        raise BadAnalysis(
            message, where=where, remedy="Analyse again with the strangler that reads the file."
        )
    return document


def _facts(document: Json) -> Facts:
    counts = _convert(document.get("coverage"), _Counts, "coverage")
    return Facts(
        project=_convert(document.get("project"), str, "project"),
        modules=tuple(_items(document, "modules", Module)),
        models=tuple(_models(document)),
        imports=tuple(_items(document, "imports", Import)),
        routes=tuple(_items(document, "routes", Route)),
        accesses=tuple(_items(document, "accesses", Access)),
        joins=tuple(
            sorted(_read_joins(document), key=lambda j: (j.location, j.table_a, j.table_b, j.function))
        ),
        transactions=tuple(_items(document, "transactions", Transaction)),
        calls=tuple(_items(document, "calls", Call)),
        entry_points=tuple(_items(document, "entry_points", EntryPoint)),
        receivers=tuple(_items(document, "signals", SignalReceiver)),
        raw_sql=tuple(_items(document, "raw_sql", RawSQL)),
        open_queries=tuple(_items(document, "open_queries", OpenQuery)),
        cache_uses=tuple(_items(document, "cache_uses", CacheUse)),
        unresolved=tuple(_items(document, "unresolved", Unresolved)),
        orm_sites=counts.orm_sites,
        orm_sites_resolved=counts.orm_sites_resolved,
        problems=tuple(_items(document, "problems", Finding)),
        languages=_convert(document.get("languages"), tuple[str, ...], "languages"),
        language_code=_convert(document.get("language_code"), str, "language_code"),
        use_tz=_convert(document.get("use_tz", True), bool, "use_tz"),
        observed=_convert(document["observed"], Observed, "observed") if "observed" in document else None,
        history=_convert(document["history"], History, "history") if "history" in document else None,
    )


@dataclasses.dataclass(frozen=True, slots=True)
class _Counts:
    orm_sites: int
    orm_sites_resolved: int


def _models(document: Json) -> Iterator[Model]:
    for i, raw in enumerate(_list(document, "models")):
        item = _mapping(raw, f"models[{i}]")
        fields = [_item(f, Field, f"models[{i}].fields[{j}]") for j, f in enumerate(_list(item, "fields"))]
        relations = [
            _item(r, Relation, f"models[{i}].relations[{j}]") for j, r in enumerate(_list(item, "relations"))
        ]
        keys = [_item(k, Key, f"models[{i}].keys[{j}]") for j, k in enumerate(_list(item, "keys"))]
        bare = _item({**item, "fields": [], "relations": [], "keys": []}, Model, f"models[{i}]")
        yield dataclasses.replace(bare, fields=tuple(fields), relations=tuple(relations), keys=tuple(keys))


def _boundaries(document: Json) -> Iterator[Boundary]:
    for i, raw in enumerate(_list(document, "boundaries")):
        item = _mapping(raw, f"boundaries[{i}]")
        confidence = _mapping(item.get("model_confidence"), f"boundaries[{i}].model_confidence")
        yield _item({**item, "model_confidence": list(confidence.items())}, Boundary, f"boundaries[{i}]")


def _read_joins(document: Json) -> Iterator[Join]:
    for i, raw in enumerate(_list(document, "joins")):
        one, other, sites = _convert(raw, tuple[str, str, list[Json]], f"joins[{i}]")
        for j, site in enumerate(sites):
            yield _item({"table_a": one, "table_b": other, **site}, Join, f"joins[{i}][2][{j}]")


def _check_routes(analysis: Analysis) -> None:
    known = len(analysis.facts.routes)
    for boundary in analysis.boundaries:
        if any(not 0 <= position < known for position in boundary.routes):
            raise _WrongShape(f"boundary {boundary.name} owns a route that is not in routes")
    observed = analysis.facts.observed
    if observed and any(not 0 <= each.position < known for each in observed.traffic):
        raise _WrongShape("observed.traffic names a route that is not in routes")


def _items(document: Json, key: str, kind: type[T]) -> Iterator[T]:
    return (_item(raw, kind, f"{key}[{i}]") for i, raw in enumerate(_list(document, key)))


def _item(raw: Any, kind: type[T], place: str) -> T:
    """One dataclass from an object; a ``location`` is put together from file and line."""
    item = _mapping(raw, place)
    names = {field.name for field in dataclasses.fields(kind)}  # type: ignore[arg-type]
    if missing := sorted(set(_keys(names)) - set(item)):
        raise _WrongShape(f"{place} has no {missing[0]}")
    if "location" in names:
        item = {**item, "location": {"file": item["file"], "line": item["line"]}}
    return _convert(item, kind, place)


def _keys(names: set[str]) -> Iterator[str]:
    return chain.from_iterable(("file", "line") if name == "location" else (name,) for name in names)


def _list(document: Mapping[str, Any], key: str) -> list[Any]:
    value = document.get(key)
    if not isinstance(value, list):
        raise _WrongShape(f"{key} is not a list" if key in document else f"no {key}")
    return value


def _mapping(raw: Any, place: str) -> Json:
    if not isinstance(raw, dict):
        raise _WrongShape(f"{place} is not an object")
    return raw


def _convert(raw: Any, kind: type[T], place: str) -> T:
    try:
        return msgspec.convert(raw, kind)
    except msgspec.ValidationError as error:
        raise _WrongShape(f"{place}: {error}") from None
