"""Codes on the one side, words on the other."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass

from acl.contract import Shape, Table, did_you_mean
from acl.errors import Problem
from acl.mapping.model import Direction, Lookup, Operation, Step, Verdict
from acl.mapping.operations.agreement import null_problems, sides

__all__ = ["Enum"]

_TYPES = {"text": str, "int": int}
Code = str | int
Pairs = tuple[tuple[Code, Code], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Enum(Operation):
    """`enum`: a table of values. Where two codes share a word, `preferred` names the code to write back."""

    pairs: Pairs
    preferred: Pairs = ()

    @property
    def name(self) -> str:
        return "enum"

    def problems(self, table: Table, shape: Shape) -> Iterator[Problem]:
        column, field = sides(self, table, shape)
        yield from null_problems(self, column, field)
        yield from self._kind_problems(column.kind, field.kind)
        yield from self._inverse_problems()
        for code in column.choices:
            if code not in dict(self.pairs):
                yield self.problem(
                    f"choice {code!r} of column {column.name} has no partner", f"add {code!r}: <value>"
                )
        for word in {word for _, word in self.pairs}:
            if field.choices and word not in field.choices:
                remedy = did_you_mean(str(word), map(str, field.choices))
                yield self.problem(f"{field.path} cannot be {word!r}", remedy)

    def _kind_problems(self, column: str, field: str) -> Iterator[Problem]:
        codes, words = zip(*self.pairs, strict=True) if self.pairs else ((), ())
        for name, kind, values in [(self.columns[0], column, codes), (self.path, field, words)]:
            for value in values:
                if type(value) is not _TYPES.get(kind):
                    yield self.problem(
                        f"{value!r} is no value of {name}, of kind {kind}", "enum takes text or int"
                    )

    def _inverse_problems(self) -> Iterator[Problem]:
        chosen = dict(self.preferred)
        for word, codes in self._codes().items():
            if len(codes) > 1 and word not in chosen:
                yield self.problem(
                    f"{', '.join(map(repr, codes))} all become {word!r}",
                    f"name the one to write back: preferred={{{word!r}: {codes[0]!r}}}",
                )
        for word, code in self.preferred:
            if code not in self._codes().get(word, []):
                yield self.problem(f"preferred {code!r} does not become {word!r}", "name one that does")

    def steps(self, direction: Direction, table: Table, shape: Shape) -> tuple[Step, ...]:
        column, field = sides(self, table, shape)
        if direction == "to_contract":
            return (Lookup(self.path, self.columns, column.null, pairs=self.pairs),)
        chosen = dict(self.preferred)
        inverse = tuple((word, chosen.get(word, codes[0])) for word, codes in self._codes().items())
        return (Lookup(column.name, (self.path,), field.null, pairs=inverse),)

    def verdict(self, table: Table, shape: Shape) -> Verdict:
        column, field = sides(self, table, shape)
        shared = [f"{', '.join(map(repr, codes))}" for codes in self._codes().values() if len(codes) > 1]
        if shared:
            return Verdict("lossy", f"{'; '.join(shared)} cannot be told apart on the way back", "rows")
        mute = [repr(word) for word in field.choices if word not in self._codes()]
        if mute:
            return Verdict("partial", f"{', '.join(mute)} has no legacy code and is refused")
        if not column.choices:
            return Verdict("partial", "codes that are not in the table are refused")
        return Verdict("isomorphic")

    def _codes(self) -> dict[Code, list[Code]]:
        codes: dict[Code, list[Code]] = defaultdict(list)
        for code, word in self.pairs:
            codes[word].append(code)
        return dict(codes)
