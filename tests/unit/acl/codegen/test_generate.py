"""What is written imports, is formatted, and asks where a person has to say."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from fakes.projects import FakeProject

from acl.codegen import generate
from acl.errors import ContractError
from analyzer.model import schema
from analyzer.pipeline import conclude

MODELS = """
from django.contrib.contenttypes.fields import GenericForeignKey
from django.db import models

class Customer(models.Model):
    name = models.CharField(max_length=80)

class Order(models.Model):
    STATES = [("O", "Open"), ("paid", "Paid at last"), ("X", "")]
    customer = models.ForeignKey(Customer, on_delete=models.PROTECT)
    state = models.CharField(max_length=4, choices=STATES)
    visible = models.CharField(max_length=9, choices=[("private", "Only me"), ("public", "All")])
    currency = models.CharField(max_length=3)
    total_cents = models.IntegerField()
    refund_cents = models.IntegerField(null=True)
    price = models.IntegerField()
    cost = models.FloatField()
    vat = models.DecimalField(max_digits=5, decimal_places=2)
    placed = models.DateTimeField()
    due = models.DateField(null=True)
    opens = models.TimeField(null=True)
    extra = models.JSONField(null=True)
    blob = models.BinaryField()
    span = models.DurationField(null=True)
    key = models.UUIDField()
    api_token = models.CharField(max_length=40)
    scan = models.FileField()
    slug = models.AutoSlugField()
    odd = models.GeometryField(null=True)
    tags = models.ManyToManyField(Customer, related_name="tagged")

class OrderLine(models.Model):
    order = models.ForeignKey(Order, on_delete=models.CASCADE, related_name="lines")
    position = models.IntegerField()
    unit_cents = models.IntegerField()

    class Meta:
        unique_together = [("order", "position")]

class OrderNote(models.Model):
    order = models.ForeignKey(Order, on_delete=models.CASCADE)
    text = models.TextField()

class Each(models.Model):
    name = models.CharField(max_length=3)

class Money(models.Model):
    id = models.UUIDField(primary_key=True)
    date = models.DateField()
"""
ASKED = {
    "state",
    "price",
    "cost",
    "extra",
    "blob",
    "span",
    "api_token",
    "scan",
    "slug",
    "odd",
    "id",  # of notes, which have no natural key
    "unit_cents",
}


def analysis(folder: Path, settings: str = "") -> dict[str, Any]:
    files = {"shop/models.py": MODELS}
    if settings:
        files["site_/settings.py"] = settings
    document: dict[str, Any] = json.loads(schema.write(conclude(FakeProject(folder, files).facts())))
    labels = [model["label"] for model in document["models"] if model["app"] == "shop"]
    return {
        **document,
        "boundaries": [{"name": "the-shop", "models": labels}, {"name": "none", "models": []}],
    }


def test_a_boundary_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(ContractError, match="did you mean 'the-shop'"):
        generate(analysis(tmp_path), "the-shp")
    with pytest.raises(ContractError, match="has no tables"):
        generate(analysis(tmp_path), "none")


@pytest.mark.parametrize("document", [{}, {"models": 3}, {"models": [{}]}, {"models": [], "boundaries": []}])
def test_what_is_no_analysis(document: dict[str, Any]) -> None:
    with pytest.raises(ContractError):
        generate(document, "the-shop")


def test_every_doubtful_column_is_a_question_and_no_other(tmp_path: Path) -> None:
    made = generate(analysis(tmp_path), "the-shop")
    assert {one.name.rpartition(".")[2] for one in made.decisions} == ASKED
    assert [note for note in made.notes if "tags" in note]


def test_times_without_a_zone_are_a_question(tmp_path: Path) -> None:
    made = generate(analysis(tmp_path, "INSTALLED_APPS = ['shop']\nUSE_TZ = False\n"), "the-shop")
    assert "shop_order.placed" in {one.name for one in made.decisions}


def test_children_amounts_words_and_names(tmp_path: Path) -> None:
    files = generate(analysis(tmp_path), "the-shop").files
    mappings, contract = files["mappings_the_shop.py"], files["contract_the_shop.py"]
    for line in (
        'each("lines", "lines", key="position", using=order_line)',
        'each("ordernote_set", "ordernote_set", key="id", using=order_note)',
        'money(("total_cents", "currency"), "total")',
        'enum("visible", "visible", {"private": "private", "public": "public"})',
        'enum("state", "state", {"O": "open", "paid": "paid", "X": "x"})',
        "each_model = mapping(",
        'uuid("id", "id")',
    ):
        assert line in mappings
    assert "class MoneyDocument(Struct" in contract
    assert "    date: dt.date" in contract


def test_the_same_analysis_gives_the_same_files(tmp_path: Path) -> None:
    assert generate(analysis(tmp_path), "the-shop") == generate(analysis(tmp_path), "the-shop")


def test_the_schemas_are_those_of_the_types(tmp_path: Path) -> None:
    document = json.loads(generate(analysis(tmp_path), "the-shop").files["contract_the_shop.json"])
    assert document["openapi"] == "3.1.0"
    order = document["components"]["schemas"]["Order"]
    assert order["properties"]["total"] == {"$ref": "#/components/schemas/Money"}


def test_a_formatter_a_type_checker_and_the_tests_themselves(tmp_path: Path) -> None:
    folder = tmp_path / "made"
    folder.mkdir()
    for name, text in generate(analysis(tmp_path), "the-shop").files.items():
        (folder / name).write_text(text)
    root = Path(__file__).parents[4]
    python = [sys.executable, "-m"]
    formatted = subprocess.run(
        [*python, "ruff", "format", "--isolated", "--diff", "--line-length", "100", folder],
        capture_output=True,
        text=True,
        check=False,
    )
    assert formatted.returncode == 0, formatted.stdout
    tested = subprocess.run(
        [
            *python,
            "pytest",
            "-q",
            "-p",
            "no:cacheprovider",
            "--rootdir",
            folder,
            "-k",
            "decision or PutGet",
            folder,
        ],
        cwd=folder,
        env={"PYTHONPATH": str(root)},
        capture_output=True,
        text=True,
        check=False,
    )
    failed = [line for line in tested.stdout.splitlines() if line.startswith("FAILED")]
    assert {line.split("::")[1].split("[")[0] for line in failed} == {"test_every_decision_is_made"}, (
        tested.stdout
    )
