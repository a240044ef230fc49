"""What must hold for every row and document: each law is tried on generated examples, and broken by a concrete one."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import msgspec
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from hypothesis.errors import Unsatisfiable

from acl.laws.strategies import Ids, documents, rows
from acl.mapping import Mapping, compile_source, explain, interpret
from acl.mapping.interpret import Flaw
from acl.mapping.model import Computed, Direction, Own
from acl.mapping.operations import When
from acl.translate import Compiled, load

__all__ = ["LAWS", "Outcome", "check_laws", "prove"]


@dataclass(frozen=True, slots=True)
class Outcome:
    """Whether a law held on so many examples; if not, the smallest example that was found, and what it shows."""

    law: str
    says: str
    holds: bool
    examples: int
    shown: str = ""

    def __str__(self) -> str:
        head = f"{self.law}: {self.says}"
        return (
            f"{head}: held on {self.examples} examples" if self.holds else f"{head}\n  broken: {self.shown}"
        )


class _Broken(AssertionError):
    """An example against a law."""


@dataclass(slots=True)
class _Subject:
    mapping: Mapping
    compiled: Compiled
    ids: Ids = field(default_factory=Ids)

    def forth(self, row: Any) -> Any:
        return self._one(self.compiled.to_contract, "to_contract", row, self.ids.to_new)

    def back(self, document: Any) -> Any:
        return self._one(self.compiled.to_legacy, "to_legacy", document, self.ids.to_legacy)

    def _one(self, translate: Any, direction: Direction, source: Any, resolve: Any) -> Any:
        translated, refused = translate([source], resolve)
        if refused:
            (answer,) = explain(self.mapping, direction, [source], resolve)
            flaws = answer if isinstance(answer, tuple) else ()
            told = "; ".join(f"{flaw.path} = {flaw.value!r}: {flaw.reason}" for flaw in flaws)
            raise _Broken(f"{direction} refuses {told or source!r}")
        return translated[0]


def total(subject: _Subject, row: Any, document: Any) -> None:
    """every row and every document of the declared domain is translated"""
    subject.forth(row)
    subject.back(document)


def get_put(subject: _Subject, row: Any, document: Any) -> None:
    """a row that was read and is written back is unchanged, but for columns declared lossy"""
    back = subject.compiled.put(subject.back(subject.forth(row)), row)
    _same(row, back, _lost(subject.mapping, "rows"))


def put_get(subject: _Subject, row: Any, document: Any) -> None:
    """a document that was written is read again as it was, but for fields declared lossy or forward only"""
    _same(document, subject.forth(subject.back(document)), _lost(subject.mapping, "documents"))


def settles(subject: _Subject, row: Any, document: Any) -> None:
    """what was translated once changes no more, lossy or not"""
    once = subject.forth(row)
    _same(once, subject.forth(subject.compiled.put(subject.back(once), row)), _forward_only(subject.mapping))
    there = subject.back(document)
    _same(there, subject.back(subject.forth(there)), set())


def valid(subject: _Subject, row: Any, document: Any) -> None:
    """every document that is made obeys the contract"""
    made = subject.forth(row)
    if subject.mapping.contract is not None:
        try:
            msgspec.convert(made, subject.mapping.contract)
        except msgspec.ValidationError as error:
            raise _Broken(f"{error} for {made!r}") from None


def agrees(subject: _Subject, row: Any, document: Any) -> None:
    """compiled code answers as the interpreter does, on damaged input too"""
    ids = subject.ids
    for direction, source, resolve in (
        ("to_contract", row, ids.to_new),
        ("to_legacy", document, ids.to_legacy),
    ):
        compiled = getattr(subject.compiled, direction)([source], resolve)
        interpreted = interpret(subject.mapping, direction, [source], resolve)  # type: ignore[arg-type]
        if repr(compiled) != repr(interpreted):
            raise _Broken(f"{direction} of {source!r}: {compiled!r}, interpreted {interpreted!r}")


def complete(subject: _Subject, row: Any, document: Any, choose: Callable[[list[str]], list[str]]) -> None:
    """every bad value is reported with its path, and nothing else is"""
    for direction, source, resolve in (
        ("to_contract", row, subject.ids.to_new),
        ("to_legacy", document, subject.ids.to_legacy),
    ):
        names = _needed(subject.mapping, direction)  # type: ignore[arg-type]
        bad = choose(names)
        damaged = source
        for name in bad:
            damaged = _without(damaged, name.split(".") if direction == "to_legacy" else [name])
        (answer,) = explain(subject.mapping, direction, [damaged], resolve)  # type: ignore[arg-type]
        flaws = answer if isinstance(answer, tuple) else ()
        told = {path for flaw in flaws for path in _paths(flaw)} - _own(subject.mapping)
        if told != set(bad):
            raise _Broken(f"{direction}: without {sorted(bad)}, it reports {sorted(told)}")


LAWS: dict[str, Callable[..., None]] = {
    "totality": total,
    "GetPut": get_put,
    "PutGet": put_get,
    "weak round trip": settles,
    "validity": valid,
    "agreement": agrees,
    "completeness": complete,
}


def prove(mapping: Mapping, law: str, *, examples: int = 100, compiled: Compiled | None = None) -> Outcome:
    """Try one law; the same examples each time.

    For a test: `assert (outcome := prove(invoice, law)).holds, outcome` with `law` from LAWS.
    """
    test = LAWS[law]
    subject = _Subject(mapping, compiled or load(compile_source(mapping), mapping.name))
    tried, shown = 0, ""

    @settings(
        max_examples=examples,
        derandomize=True,
        database=None,
        deadline=None,
        phases=(Phase.generate, Phase.shrink),
        suppress_health_check=list(HealthCheck),
    )
    @given(rows(mapping), documents(mapping, subject.ids), st.data())
    def run(row: Any, document: Any, data: st.DataObject) -> None:
        nonlocal tried, shown
        tried += 1
        try:
            if test is complete:
                test(subject, row, document, partial(_chosen, data))
            elif test is agrees:
                test(subject, _damaged(data, row), _damaged(data, document))
            else:
                test(subject, row, document)
        except _Broken as broken:
            shown = str(broken)
            raise
        except Exception as error:
            shown = f"{type(error).__name__}: {error}, with the row {row!r} and the document {document!r}"
            raise _Broken(shown) from error

    holds = True
    try:
        run()
    except _Broken:
        holds = False
    except Unsatisfiable:
        holds, shown = (
            False,
            "no example of the declared domain was found: what it refuses is nearly everything",
        )
    return Outcome(law, test.__doc__ or "", holds, tried, shown)


def check_laws(mapping: Mapping, *, examples: int = 100, laws: Iterable[str] = tuple(LAWS)) -> None:
    """For a test of your own: raises AssertionError with a concrete example for every law that does not hold."""
    outcomes = [prove(mapping, law, examples=examples) for law in laws]
    broken = [str(outcome) for outcome in outcomes if not outcome.holds]
    if broken:
        raise AssertionError(f"mapping {mapping.name!r}:\n" + "\n".join(broken))


def _same(before: Any, after: Any, but: set[str]) -> None:
    changed = list(_differences(before, after, "", but))
    if changed:
        raise _Broken("; ".join(changed))


def _differences(before: Any, after: Any, at: str, but: set[str]) -> Iterable[str]:
    """Where two values differ, by names as in the coverage (`lines[].sku`)."""
    if at in but:
        return
    if isinstance(before, dict) and isinstance(after, dict) and all(isinstance(key, str) for key in before):
        prefix = f"{at}." if at else ""
        for name in dict.fromkeys([*before, *after]):
            if name in before and name in after:
                yield from _differences(before[name], after[name], prefix + name, but)
            elif prefix + name not in but:
                yield f"{prefix + name} is {'lost' if name in before else 'new'}: {before.get(name, after.get(name))!r}"
    elif (
        isinstance(before, list)
        and isinstance(after, list)
        and len(before) == len(after)
        and before
        and all(isinstance(one, dict) for one in before)
    ):
        for first, second in zip(before, after, strict=True):
            yield from _differences(first, second, f"{at}[]", but)
    elif before != after or type(before) is not type(after):
        yield f"{at} was {before!r}, comes back as {after!r}"


def _lost(mapping: Mapping, side: str, columns: str = "", paths: str = "") -> set[str]:
    """The names on a side whose values may come back changed."""
    lost: set[str] = set()
    for one in mapping.operations:
        verdict = one.verdict(mapping.table, mapping.shape)
        names = (
            [columns + name for name in one.columns]
            if side == "rows"
            else [paths + path for path in (*one.paths(mapping.shape), *one.targets)]
        )
        forward = verdict.grade in {"forward only", "contract only"} and side == "documents" and not one.inner
        lossy = verdict.grade == "lossy" and verdict.loses in {side, "both"} and not one.inner
        if lossy or forward:
            lost |= set(names)
        for inner in one.inner:
            lost |= _lost(inner, side, f"{columns}{one.columns[0]}[].", f"{paths}{one.path}[].")
    return lost


def _forward_only(mapping: Mapping, paths: str = "") -> set[str]:
    lost: set[str] = set()
    for one in mapping.operations:
        if one.verdict(mapping.table, mapping.shape).grade == "forward only" and not one.inner:
            lost.add(paths + one.path)
        for inner in one.inner:
            lost |= _forward_only(inner, f"{paths}{one.path}[].")
    return lost


def _needed(mapping: Mapping, direction: Direction) -> list[str]:
    """The sources at the root without which something is refused."""
    names: dict[str, None] = {}
    optional = {
        one.path
        for one in mapping.shape.fields
        if one.default is None or isinstance(one.default, str | int | float)
    }
    for operation, step in mapping.steps(direction):
        if isinstance(step, Computed) or isinstance(operation, When):
            continue
        for source in step.sources:
            if direction == "to_contract" or source not in optional:
                names[source] = None
    reads = [source for _, step in mapping.steps(direction) for source in step.sources]
    # Where one operation reads several, the first that is missing speaks for all: take those that stand alone.
    shared = {
        source for _, step in mapping.steps(direction) if len(step.sources) > 1 for source in step.sources
    }
    return [name for name in names if name not in shared and name in reads]


def _own(mapping: Mapping) -> set[str]:
    """The names under which functions of the user's own report: they read the whole row."""
    return {step.target for _, step in mapping.steps("to_contract") if isinstance(step, Computed | Own)}


def _paths(flaw: Flaw) -> list[str]:
    return flaw.path.split(", ")


def _without(source: Any, path: list[str]) -> Any:
    name, *rest = path
    if not isinstance(source, dict) or name not in source:
        return source
    if rest:
        return {**source, name: _without(source[name], rest)}
    return {key: value for key, value in source.items() if key != name}


def _chosen(data: st.DataObject, names: list[str]) -> list[str]:
    if not names:
        return []
    return data.draw(st.lists(st.sampled_from(names), unique=True, max_size=4))


_JUNK = st.sampled_from(
    [None, True, 0, -1, 2**70, 1.5, float("nan"), "", "x", "1.0", [], [1], {}, {"a": 1}, b"x"]
)


def _damaged(data: st.DataObject, source: Any) -> Any:
    """The source with up to two of its values replaced or lost."""
    for _ in range(data.draw(st.integers(0, 2))):
        spots = list(_spots(source))
        if not spots:
            break
        spot = data.draw(st.sampled_from(spots))
        source = _replaced(source, spot, data.draw(_JUNK), data.draw(st.booleans()))
    return source


def _spots(value: Any, at: tuple[Any, ...] = ()) -> Iterable[tuple[Any, ...]]:
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, one in inner:
        yield (*at, key)
        yield from _spots(one, (*at, key))


def _replaced(source: Any, spot: tuple[Any, ...], value: Any, lose: bool) -> Any:
    key, *rest = spot
    copy = dict(source) if isinstance(source, dict) else list(source)
    if rest:
        copy[key] = _replaced(source[key], tuple(rest), value, lose)
    elif lose:
        del copy[key]
    else:
        copy[key] = value
    return copy
