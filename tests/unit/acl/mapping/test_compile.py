"""Compiled code: alone in the world, stable, as a formatter leaves it, and honest about what it cannot carry."""

from __future__ import annotations

import ast
import subprocess
import sys
from datetime import UTC, date, datetime
from decimal import Decimal
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from fakes.acl_orders import a_document, a_row, legacy_keys, new_ids, order
from msgspec import Struct

from acl.contract import Children, Column, Table
from acl.errors import CompileError
from acl.mapping import Mapping, compile_source, interpret
from acl.mapping import language as l
from acl.translate import load

OUTSIDE = 3


class Doc(Struct):
    label: str


class Item(Struct):
    id: str


class Root(Struct):
    members: list[Item]


table = Table("doc", "app.Doc", "m.py:1", (Column("name", "text", null=True),))


def computing(function: Any) -> Mapping:
    return l.mapping("doc", table, Doc, l.computed("label", function), l.legacy_only("name"))


def test_a_function_that_needs_its_surroundings_is_refused() -> None:
    with pytest.raises(CompileError, match="uses OUTSIDE from outside itself"):
        compile_source(computing(lambda row: OUTSIDE))


def test_two_functions_on_one_line_are_refused() -> None:
    pair = [lambda row: 1, lambda row: 2]
    with pytest.raises(CompileError, match="several functions"):
        compile_source(computing(pair[0]))


def test_a_function_without_source_is_refused() -> None:
    with pytest.raises(CompileError, match="cannot be read"):
        compile_source(computing(len))


def test_it_imports_the_standard_library_only() -> None:
    tree = ast.parse(compile_source(order))
    modules = {node.module for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    assert not [node for node in ast.walk(tree) if isinstance(node, ast.Import)]
    assert {module.partition(".")[0] for module in modules if module} <= sys.stdlib_module_names


def test_it_runs_where_nothing_is_installed(tmp_path: Path) -> None:
    (tmp_path / "order.py").write_text(compile_source(order))
    code = "import order; print(order.MAPPING, order.VERSION, order.to_contract([{}], lambda kind, keys: {}))"
    shown = subprocess.run(
        [sys.executable, "-I", "-S", "-c", f"import sys; sys.path.append({str(tmp_path)!r}); {code}"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert shown.stdout == "order 2 ([], [0])\n"


def test_the_same_declaration_gives_the_same_source() -> None:
    code = "from fakes.acl_orders import order; from acl.mapping import compile_source; print(compile_source(order))"
    outputs = {
        subprocess.run(
            [sys.executable, "-c", code],
            env={"PYTHONHASHSEED": seed, "PYTHONPATH": str(Path(__file__).parents[3])},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in ("1", "2", "3")
    }
    assert outputs == {compile_source(order) + "\n"}


@pytest.mark.parametrize("width", [88, 100, 120])
def test_a_formatter_and_a_type_checker_have_nothing_to_say(width: int, tmp_path: Path) -> None:
    file = tmp_path / "compiled.py"
    file.write_text(compile_source(order, width=width))
    formatter = [
        sys.executable,
        "-m",
        "ruff",
        "format",
        "--isolated",
        "--diff",
        "--line-length",
        str(width),
        file,
    ]
    checker = [sys.executable, "-m", "mypy", "--strict", "--cache-dir", str(tmp_path / "cache"), file]
    for command in (formatter, checker):
        shown = subprocess.run(command, capture_output=True, text=True, check=False)
        assert shown.returncode == 0, shown.stdout


def test_it_translates_both_ways() -> None:
    compiled = load(compile_source(order), "order")
    assert compiled.to_contract([a_row()], new_ids) == ([a_document()], [])
    ((row,), refused) = compiled.to_legacy([a_document()], legacy_keys)
    assert refused == []
    assert compiled.put(row, a_row()) == a_row()


def test_it_answers_where_the_refused_stood() -> None:
    compiled = load(compile_source(order), "order")
    documents, refused = compiled.to_contract([{}, a_row(), a_row(status="X"), a_row(id=8)], new_ids)
    assert [document["id"] for document in documents] == ["orders-7", "orders-8"]
    assert refused == [0, 2]


def test_an_id_is_looked_up_once_for_a_whole_batch() -> None:
    asked: list[tuple[str, list[Any]]] = []

    def resolve(kind: str, keys: Any) -> dict[Any, str]:
        asked.append((kind, sorted(keys)))
        return new_ids(kind, keys)

    rows = [a_row(id=1), a_row(id=2, agent_id=5), {"id": [], "lines": 3}]
    load(compile_source(order), "order").to_contract(rows, resolve)
    assert asked == [
        ("orders", [1, 2]),
        ("customers", [70]),
        ("agents", [5]),
        ("products", [9]),
        ("banks", [5]),
    ]


def shout(row: dict[str, Any]) -> str:
    name = row["name"] or "?"
    return f"{name.upper()}!"


@pytest.mark.parametrize("function", [shout, lambda row: (row["name"] or "?").upper() + "!"])
def test_a_users_function_is_carried_along(function: Any) -> None:
    compiled = load(compile_source(computing(function)), "doc")
    assert compiled.to_contract([{"name": "a"}, {"name": None}], new_ids) == (
        [{"label": "A!"}, {"label": "?!"}],
        [],
    )


def test_values_without_a_literal_are_made_on_create() -> None:
    columns = (
        Column("name", "text", null=True),
        Column("day", "date"),
        Column("seen", "datetime"),
        Column("local", "datetime", naive=True),
        Column("rate", "decimal", decimals=1),
    )
    mapping = l.mapping(
        "doc",
        Table("doc", "app.Doc", "m.py:1", columns),
        Doc,
        l.default("name", "label", ""),
        l.legacy_only("day", on_create="2024-02-29"),
        l.legacy_only("seen", on_create="2024-02-29T01:00:00+01:00"),
        l.legacy_only("local", on_create="2024-02-29 01:00"),
        l.legacy_only("rate", on_create="0.5"),
    )
    expected = {
        "name": "a",
        "day": date(2024, 2, 29),
        "seen": datetime(2024, 2, 29, tzinfo=UTC),
        "local": datetime(2024, 2, 29, 1),
        "rate": Decimal("0.5"),
    }
    for translate in (
        load(compile_source(mapping), "doc").to_legacy,
        partial(interpret, mapping, "to_legacy"),
    ):
        assert translate([{"label": "a"}], legacy_keys) == ([expected], [])


def test_ids_and_members_of_the_same_name_are_kept_apart() -> None:
    item = Table("item", "a.I", "m.py:1", (Column("n", "int"),))
    root = Table("root", "a.R", "m.py:2", (), (Children("members", item, "x"),))
    inner = l.mapping("row", item, Item, l.ref("n", "id", ids="row"))
    outer = l.mapping("doc", root, Root, l.each("members", "members", key="n", using=inner))
    compiled = load(compile_source(outer), "doc")
    assert compiled.to_contract([{"members": [{"n": 1}]}], new_ids) == ([{"members": [{"id": "row-1"}]}], [])
    assert compiled.to_legacy([{"members": [{"id": "row-1"}]}], legacy_keys) == (
        [{"members": [{"n": 1}]}],
        [],
    )


def test_names_that_mean_something_to_python_are_no_trouble() -> None:
    item = Table("item", "a.I", "m.py:1", (Column("class", "int"),))
    root = Table(
        "root", "a.R", "m.py:2", (Column('quo"te', "int", null=True),), (Children("members", item, "x"),)
    )
    inner = l.mapping("class", item, Item, l.ref("class", "id", ids="set"))
    outer = l.mapping(
        "batch", root, Root, l.each("members", "members", key="class", using=inner), l.legacy_only('quo"te')
    )
    compiled = load(compile_source(outer), "batch")
    assert compiled.to_contract([{"members": [{"class": 1}]}], new_ids) == (
        [{"members": [{"id": "set-1"}]}],
        [],
    )


@pytest.mark.parametrize("odd", [True, 1.0, Decimal(1)])
def test_a_bad_key_spoils_no_good_one_and_is_not_taken_for_it(odd: object) -> None:
    compiled = load(compile_source(order), "order")
    for batch in ([a_row(id=odd), a_row(id=1)], [a_row(id=1), a_row(id=odd)]):
        bad = [position for position, row in enumerate(batch) if row["id"] is odd]
        for translate in (compiled.to_contract, partial(interpret, order, "to_contract")):
            documents, refused = translate(batch, new_ids)
            assert ([document["id"] for document in documents], refused) == (["orders-1"], bad)
