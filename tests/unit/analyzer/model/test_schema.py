import json

import pytest
from fakes.code_base import shop

from analyzer.errors import BadAnalysis
from analyzer.model import schema
from analyzer.model.facts import Field, Location, Unresolved
from analyzer.model.plan import Analysis
from analyzer.pipeline import conclude


@pytest.fixture
def analysis() -> Analysis:
    code = shop().receiver("support.signals.on_order", "orders.Order", "support.Ticket")
    fields = (Field("id", "id", "AutoField", Location("tags/models.py", 3), primary_key=True),)
    code.model("support.Tag", m2m="support.Ticket", fields=fields)
    code.add("unresolved", Unresolved(Location("a.py", 1), "x.objects.get()", "parameter"))
    return conclude(code.facts(orm_sites=10, orm_sites_resolved=9))


def broken(analysis: Analysis, change) -> bytes:
    document = json.loads(schema.write(analysis))
    change(document)
    return json.dumps(document).encode()


@pytest.mark.parametrize("data", [b"", b"{", b"\xff\xfe", b"<html>", b"[" * 100_000])
def test_what_is_not_json_is_refused(data):
    with pytest.raises(BadAnalysis, match="not JSON"):
        schema.read(data)


@pytest.mark.parametrize("data", [b"[]", b"1", b"{}", b'{"project": "x"}'])
def test_json_of_another_kind_is_refused(data):
    with pytest.raises(BadAnalysis, match="no schema_version"):
        schema.read(data)


@pytest.mark.parametrize("version", ["2", '"1"', "null", "1.5"])
def test_another_version_is_refused_with_a_remedy(version):
    with pytest.raises(BadAnalysis, match="schema version") as caught:
        schema.read(b'{"schema_version": ' + version.encode() + b"}", where="old.json")
    assert str(caught.value).startswith("old.json: ")
    assert caught.value.remedy


@pytest.mark.parametrize(
    ("change", "place"),
    [
        (lambda d: d.pop("routes"), "no routes"),
        (lambda d: d.update(models={}), "models is not a list"),
        (lambda d: d["models"][0].pop("label"), "models\\[0\\] has no label"),
        (lambda d: d["models"][0]["relations"].append({}), "models\\[0\\].relations\\[0\\] has no "),
        (lambda d: d["routes"][0].update(line="7"), "routes\\[0\\]"),
        (lambda d: d["accesses"][0].update(mode="append"), "accesses\\[0\\]"),
        (lambda d: d["boundaries"][0].update(verdict="burn it"), "boundaries\\[0\\]"),
        (lambda d: d["boundaries"][0].update(routes=[99]), "route that is not in routes"),
        (lambda d: d["boundaries"][0].update(routes=[-1]), "route that is not in routes"),
        (lambda d: d["joins"].append(["a", "b"]), "joins\\["),
        (lambda d: d.update(coverage=None), "coverage"),
    ],
)
def test_a_wrong_shape_is_refused_with_its_place(analysis, change, place):
    with pytest.raises(BadAnalysis, match=place):
        schema.read(broken(analysis, change))


def test_unknown_keys_are_passed_over(analysis):
    assert schema.read(broken(analysis, lambda d: d.update(later=1))) == schema.read(schema.write(analysis))


def test_nothing_in_the_file_is_absolute(analysis):
    document = json.loads(schema.write(analysis))
    files = {item["file"] for key in ("accesses", "models", "routes") for item in document[key]}
    assert files
    assert not any(file.startswith("/") for file in files)


def test_what_is_written_is_read_back(analysis):
    again = schema.read(schema.write(analysis))
    assert again.boundaries == analysis.boundaries
    assert again.facts.models == analysis.facts.models
    assert schema.write(again) == schema.write(analysis)


def test_the_same_facts_give_the_same_bytes():
    assert schema.write(conclude(shop().facts())) == schema.write(conclude(shop().facts()))


def test_the_keys_of_the_design_are_there(analysis):
    document = json.loads(schema.write(analysis))
    assert document["schema_version"] == 1
    assert list(document) == [
        "schema_version",
        "project",
        "languages",
        "language_code",
        "use_tz",
        "coverage",
        "modules",
        "edges",
        "models",
        "routes",
        "accesses",
        "joins",
        "transactions",
        "entry_points",
        "tasks",
        "signals",
        "commands",
        "raw_sql",
        "open_queries",
        "cache_uses",
        "imports",
        "calls",
        "boundaries",
        "order",
        "findings",
        "problems",
        "unresolved",
    ]
    assert set(document["modules"][0]) >= {
        "name",
        "file",
        "lines",
        "app",
        "boundary",
        "tables_read",
        "tables_written",
    }
    assert set(document["edges"][0]) == {"source", "target", "level", "kind", "weight", "sites"}
    assert set(document["routes"][0]) >= {
        "route",
        "name",
        "methods",
        "view",
        "tables_read",
        "regex",
        "i18n",
        "unprefixed",
        "file",
        "line",
    }
    assert document["joins"][0][:2] == sorted(document["joins"][0][:2])
    assert document["coverage"]["orm_share_resolved"] == 0.9


def test_one_item_stands_on_one_line(analysis):
    lines = schema.write(analysis).decode().splitlines()
    assert sum(line.startswith('{"label":') for line in lines) == len(analysis.facts.models)


def test_modules_carry_their_boundary_and_tables(analysis):
    modules = {m["name"]: m for m in json.loads(schema.write(analysis))["modules"]}
    assert modules["orders.services"]["boundary"] == "orders"
    assert "billing_invoice" in modules["orders.services"]["tables_written"]
