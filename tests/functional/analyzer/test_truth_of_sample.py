"""The couplings planted in the sample monolith, as TRUTH.toml lists them, against the facts read from its source."""

from __future__ import annotations

import tomllib
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path

import pytest

from analyzer.model.facts import Facts, Model
from analyzer.resolve import read

SAMPLE = Path(__file__).parents[3] / "sample_monolith"
RELATIONS = {"fk", "string_fk", "hub", "m2m", "mti", "generic_relation"}
NOT_READ_YET = {"template_query"}  # templates are not parsed: documented in docs/analyzer.md


class Truth:
    """The planted couplings and the facts, with the questions that each kind of coupling asks."""

    def __init__(self, facts: Facts) -> None:
        self.facts = facts
        self.models: dict[str, Model] = {model.label: model for model in facts.models}
        self.couplings: list[dict[str, str]] = tomllib.loads((SAMPLE / "TRUTH.toml").read_text("utf-8"))[
            "coupling"
        ]
        self.app_of = {module.name: module.app for module in facts.modules}

    def table(self, label: str) -> str:
        return self.models[label].table if label in self.models else "?"

    def finds(self, coupling: dict[str, str]) -> bool:
        kind = coupling["kind"]
        question: Callable[[dict[str, str]], bool] = (
            self.relation if kind in RELATIONS else getattr(self, kind)
        )
        return question(coupling)

    def relation(self, c: dict[str, str]) -> bool:
        if c["symbol"].startswith("from "):
            return self.imports(c)
        if c["from"] not in self.models:
            return self.mentions(c)
        relations = self.models[c["from"]].relations
        generic = any(relation.kind == "gfk" and relation.field == c["symbol"] for relation in relations)
        return generic or any(relation.target == c["to"] for relation in relations)

    def mentions(self, c: dict[str, str]) -> bool:
        """A coupling of a whole app, or one that is declared in code: some model or access of the file leads there."""
        declared = any(
            relation.target == c["to"] and relation.location.file == c["file"]
            for model in self.facts.models
            for relation in model.relations
        )
        return declared or self.touches(c)

    def cascade(self, c: dict[str, str]) -> bool:
        return any(
            relation.target == c["to"]
            and relation.on_delete == "CASCADE"
            and relation.location.file == c["file"]
            for model in self.facts.models
            for relation in model.relations
        )

    def proxy(self, c: dict[str, str]) -> bool:
        return self.models[c["from"]].proxy and self.table(c["from"]) == self.table(c["to"])

    def touches(self, c: dict[str, str], mode: str = "", kind: str = "", anywhere: bool = False) -> bool:
        return any(
            access.location.file == c["file"]
            and (anywhere or access.function in {c["scope"], c["scope"].rpartition(".")[0] or c["scope"]})
            and access.table == self.table(c["to"])
            and mode in {"", access.mode}
            and kind in {"", access.kind}
            for access in self.facts.accesses
        )

    def get_model(self, c: dict[str, str]) -> bool:
        return self.touches(c)

    def signal_write(self, c: dict[str, str]) -> bool:
        return any(
            entry.kind == "receiver"
            and entry.name.endswith("." + c["scope"])
            and self.table(c["to"]) in entry.tables_written
            for entry in self.facts.entry_points
        )

    def signal_listen(self, c: dict[str, str]) -> bool:
        return any(
            fact.receiver.endswith("." + c["scope"]) and c["to"] in fact.senders
            for fact in self.facts.receivers
        )

    def transaction(self, c: dict[str, str]) -> bool:
        return any(
            span.location.file == c["file"]
            and span.function == c["scope"]
            and self.table(c["to"]) in {*span.tables_written, *span.tables_read}
            for span in self.facts.transactions
        )

    def lock(self, c: dict[str, str]) -> bool:
        return self.touches(c, kind="lock")

    def raw_sql(self, c: dict[str, str]) -> bool:
        return any(
            raw.location.file == c["file"] and self.table(c["to"]) in {*raw.tables_read, *raw.tables_written}
            for raw in self.facts.raw_sql
        )

    def related_name_join(self, c: dict[str, str]) -> bool:
        return self.touches(c, anywhere=c["scope"] == "")

    def imports(self, c: dict[str, str]) -> bool:
        target = c["to"].partition(".")[0]
        return any(
            found.location.file == c["file"] and self.app_of[found.target] == target
            for found in self.facts.imports
        )

    function_import = helper_import = imports

    def task_call(self, c: dict[str, str]) -> bool:
        target = c["to"].partition(".")[0]
        return any(
            call.location.file == c["file"]
            and call.source.endswith("." + c["scope"])
            and call.target.startswith(target + ".")
            for call in self.facts.calls
        )


@pytest.fixture(scope="module")
def truth() -> Truth:
    return Truth(read(SAMPLE))


def test_nothing_of_the_sample_is_lost_in_silence(truth: Truth) -> None:
    told = [(problem.code, problem.locations[0].file) for problem in truth.facts.problems]
    assert told == [("unread-sql", "core/seeding.py")]  # the SQL that resets sequences is Django's own
    assert {module.name for module in truth.facts.modules} >= {
        "orders.models",
        "billing.services",
        "reports.queries",
    }


def test_the_models_of_the_boundaries_are_the_models_of_the_project(truth: Truth) -> None:
    document = tomllib.loads((SAMPLE / "TRUTH.toml").read_text("utf-8"))
    named = {label for boundary in document["boundary"] for label in boundary["models"]} | set(
        document["shared"]
    )
    found = {model.label for model in truth.facts.models if not model.library and not model.abstract}
    assert found == named


def test_planted_couplings_are_found(truth: Truth) -> None:
    missed: dict[str, list[str]] = defaultdict(list)
    asked = [coupling for coupling in truth.couplings if coupling["kind"] not in NOT_READ_YET]
    for c in asked:
        if not truth.finds(c):
            missed[c["kind"]].append(f"{c['file']} {c['scope']} {c['symbol']} -> {c['to']}")
    recall = 1 - sum(map(len, missed.values())) / len(asked)
    assert recall >= 0.97, dict(missed)


def test_orm_call_sites_are_accounted_for(truth: Truth) -> None:
    facts = truth.facts
    assert facts.orm_sites == facts.orm_sites_resolved + len(facts.unresolved)
    assert facts.orm_sites_resolved / facts.orm_sites >= 0.95
    assert all(item.reason for item in facts.unresolved)
