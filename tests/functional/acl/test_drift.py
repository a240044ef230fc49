"""Seeded changes of the models and of the contract: every one is seen, with its impact; changes of nothing are not."""

from __future__ import annotations

from pathlib import Path

import pytest
from fakes.acl_shop import CONTRACT, MODELS, aggregate, contract, declared, tables

from acl.contract import outline_of_contract, outline_of_legacy
from acl.mapping import Mapping
from acl.mapping.drift import Drift, drift_of_contract, drift_of_legacy

NAIVE = "INSTALLED_APPS = ['shop']\nUSE_TZ = False\n"

# What is replaced in the models, by what, what is found under which name, and its impact.
LEGACY = [
    ("    due = models.DateField()\n", "", "due", "breaking"),
    ("    exported = models.BooleanField(default=False)\n", "", "exported", "breaking"),
    ("    label = models.CharField(max_length=30)\n", "", "lines[].label", "breaking"),
    ("    gift =", "    extra = models.CharField(max_length=5)\n    gift =", "extra", "breaking"),
    ("    gift =", "    extra = models.CharField(max_length=5, null=True)\n    gift =", "extra", "compatible"),
    ("    gift =", "    region = models.ForeignKey(Region, models.CASCADE)\n    gift =", "region_id", "breaking"),
    ("    label =", "    sku = models.CharField(max_length=5)\n    label =", "lines[].sku", "breaking"),
    ("    note = ", "    memo = ", "note", "breaking"),
    ("    note = ", "    memo = ", "memo", "compatible"),
    ("    customer = ", "    client = ", "customer_id", "breaking"),
    ("    position = ", "    place = ", "lines[].position", "breaking"),
    ("vat = models.DecimalField(max_digits=5, decimal_places=2)", "vat = models.FloatField()", "vat", "breaking"),
    ("placed = models.DateTimeField()", "placed = models.DateField()", "placed", "breaking"),
    ("due = models.DateField()", "due = models.DateTimeField()", "due", "breaking"),
    ("gift = models.BooleanField(default=False)", "gift = models.IntegerField(default=0)", "gift", "breaking"),
    ("token = models.UUIDField()", "token = models.CharField(max_length=36)", "token", "breaking"),
    ("weight = models.FloatField()", "weight = models.IntegerField()", "weight", "breaking"),
    ("number = models.CharField(max_length=20, unique=True)", "number = models.IntegerField(unique=True)",
     "number", "breaking"),
    ("    cents = models.IntegerField(default=0)", "    cents = models.BigIntegerField(default=0)", "cents",
     "compatible"),
    ("    cents = models.IntegerField(default=0)", "    cents = models.SmallIntegerField(default=0)", "cents", "lossy"),
    ("max_length=20, unique=True", "max_length=20, unique=True, null=True", "number", "breaking"),
    ("due = models.DateField()", "due = models.DateField(null=True)", "due", "breaking"),
    ("cents = models.IntegerField()", "cents = models.IntegerField(null=True)", "lines[].cents", "breaking"),
    ("exported = models.BooleanField(default=False)", "exported = models.BooleanField(null=True)", "exported",
     "compatible"),
    ("max_length=40, null=True, blank=True", "max_length=40", "note", "breaking"),
    ("coupon = models.TextField(null=True)", "coupon = models.TextField()", "coupon", "compatible"),
    ("remark = models.CharField(max_length=10, null=True)", "remark = models.CharField(max_length=10)", "remark",
     "breaking"),
    ("max_length=20, unique", "max_length=30, unique", "number", "lossy"),
    ("max_length=20, unique", "max_length=10, unique", "number", "lossy"),
    ("currency = models.CharField(max_length=3)", "currency = models.CharField(max_length=9)", "currency", "lossy"),
    ("label = models.CharField(max_length=30)", "label = models.TextField()", "lines[].label", "lossy"),
    ("remark = models.CharField(max_length=10", "remark = models.CharField(max_length=99", "remark", "compatible"),
    ("decimal_places=2", "decimal_places=3", "vat", "lossy"),
    ("decimal_places=2", "decimal_places=1", "vat", "lossy"),
    ("max_digits=5", "max_digits=4", "vat", "lossy"),
    ("max_digits=5", "max_digits=9", "vat", "compatible"),
    ('("P", "Paid")]', '("P", "Paid"), ("V", "Void")]', "state", "breaking"),
    (', ("P", "Paid")]', "]", "state", "lossy"),
    ('("P", "Paid")]', '("X", "Paid")]', "state", "breaking"),
    ("choices=STATES, ", "", "state", "lossy"),
    ("ForeignKey(Customer, ", "ForeignKey(Region, ", "customer_id", "breaking"),
    ("ForeignKey(Customer, on", "OneToOneField(Customer, on", "customer_id", "lossy"),
    ("customer = models.ForeignKey(Customer, on_delete=models.PROTECT)", "customer = models.IntegerField()",
     "customer_id", "breaking"),
    (", unique=True", "", "number", "compatible"),
    ("token = models.UUIDField()", "token = models.UUIDField(unique=True)", "token", "lossy"),
    ("token = models.UUIDField()", "token = models.UUIDField(primary_key=True)", "token", "breaking"),
    ("    due = models.DateField()", "    due = models.DateField(db_column='due_day')", "due", "breaking"),
    ('        ordering = ["number"]\n', '        db_table = "orders"\n', "the table", "breaking"),
    ("class Order(", "class Purchase(", "the table", "breaking"),
]  # fmt: skip
NO_CHANGE = [
    ('help_text="the state"', 'help_text="how far it is"'),
    ('        ordering = ["number"]\n', '        ordering = ["-placed"]\n        verbose_name = "order"\n'),
    ("blank=True", "blank=False"),
    ("on_delete=models.PROTECT", "on_delete=models.CASCADE, related_name='orders'"),
    ('("O", "Open")', '("O", "Not paid")'),
    ('[("O", "Open"), ("P", "Paid")]', '[("P", "Paid"), ("O", "Open")]'),
    ('default="O"', 'default="P"'),
    ("placed = models.DateTimeField()", "placed = models.DateTimeField(db_index=True, editable=False)"),
    ("due = models.DateField()", "due = models.DateField('due on', validators=[print])"),
    ("    weight = models.FloatField()\n    placed = models.DateTimeField()\n",
     "    placed = models.DateTimeField()\n    weight = models.FloatField()\n"),
    ('    """An order."""\n', "    objects = models.Manager()\n\n    def save(self, *args, **kwargs):\n        pass\n"),
    ("number = models.CharField(max_length=20", "number = models.SlugField(max_length=20"),
    ("class Order(models.Model):", "class Order(models.Model, object):"),
]  # fmt: skip
IN_CONTRACT = [
    ("    due_on: date\n", "", "due_on", "breaking"),
    ("    note: Annotated[str, Meta(max_length=40)] | None\n", "", "note", "breaking"),
    ("    label: Annotated[str, Meta(max_length=30)]\n", "", "lines[].label", "breaking"),
    ("    source: str | None = None\n", "", "source", "breaking"),
    ("    gift: bool\n", "    gift: bool\n    extra: str\n", "extra", "breaking"),
    ("    gift: bool\n", "    gift: bool\n    extra: str | None\n", "extra", "breaking"),
    ("= None\n", "= None\n    extra: int = 0\n", "extra", "compatible"),
    ("    price: Decimal\n", "    price: Decimal\n    tax: Decimal\n", "lines[].tax", "breaking"),
    ("    number:", "    order_number:", "number", "breaking"),
    ("    number:", "    order_number:", "order_number", "breaking"),
    ("    gift: bool", "    gift: bool = field(name='isGift', default=False)", "gift", "breaking"),
    ("    amount: Decimal", "    value: Decimal", "total.amount", "breaking"),
    ("    total: Money", "    total: Decimal", "total", "breaking"),
    ("    total: Money", "    total: Money | None", "total", "breaking"),
    ("    vat: Decimal", "    vat: str", "vat", "breaking"),
    ("    vat: Decimal", "    vat: float", "vat", "breaking"),
    ("    weight: float", "    weight: int", "weight", "breaking"),
    ("    placed_at: datetime", "    placed_at: date", "placed_at", "breaking"),
    ("    placed_at: datetime", "    placed_at: Annotated[datetime, Meta(tz=True)]", "placed_at", "lossy"),
    ("    due_on: date", "    due_on: datetime", "due_on", "breaking"),
    ("    gift: bool", "    gift: int", "gift", "breaking"),
    ("    token: UUID", "    token: str", "token", "breaking"),
    ("    id: UUID", "    id: int", "id", "breaking"),
    ("    customer: UUID", "    customer: UUID | None", "customer", "breaking"),
    ("    due_on: date", "    due_on: date | None", "due_on", "breaking"),
    ("    coupon: str", "    coupon: str | None", "coupon", "compatible"),
    ("Meta(max_length=40)] | None", "Meta(max_length=40)]", "note", "breaking"),
    (
        "number: Annotated[str, Meta(max_length=20)]",
        "number: Annotated[str, Meta(max_length=10)]",
        "number",
        "lossy",
    ),
    (
        "number: Annotated[str, Meta(max_length=20)]",
        "number: Annotated[str, Meta(max_length=50)]",
        "number",
        "lossy",
    ),
    ("number: Annotated[str, Meta(max_length=20)]", "number: str", "number", "lossy"),
    ("Meta(max_length=30)", "Meta(max_length=31)", "lines[].label", "lossy"),
    ("min_length=3, max_length=3", "min_length=2, max_length=3", "total.currency", "lossy"),
    ("min_length=3, max_length=3", "pattern='^[A-Z]+$', max_length=3", "total.currency", "lossy"),
    ("Meta(ge=0)", "Meta(ge=1)", "lines[].position", "lossy"),
    ("Meta(ge=0)", "Meta(ge=0, le=99)", "lines[].position", "lossy"),
    ('Literal["open", "paid"]', 'Literal["open", "paid", "void"]', "state", "lossy"),
    ('Literal["open", "paid"]', 'Literal["open"]', "state", "breaking"),
    ('Literal["open", "paid"]', 'Literal["open", "settled"]', "state", "breaking"),
    ('Literal["open", "paid"]', "str", "state", "lossy"),
    ("    gift: bool", "    gift: bool = field(default=False)", "gift", "lossy"),
    ("source: str | None = None", "source: str | None = 'web'", "source", "lossy"),
    ("source: str | None = None", "source: str = ''", "source", "compatible"),
    ("lines: list[Line]", "lines: list[str]", "lines[].label", "breaking"),
    ("lines: list[Line]", "lines: list[Line] | None", "lines", "breaking"),
    ("lines: list[Line]", "lines: dict[str, Line]", "lines", "breaking"),
]
NO_CHANGE_IN_CONTRACT = [
    (
        "class Order(Struct, kw_only=True):",
        'class Order(Struct, frozen=True, kw_only=True):\n    """An order."""\n',
    ),
    ("    vat: Decimal\n    weight: float\n", "    weight: float\n    vat: Decimal\n"),
    ('Literal["open", "paid"]', 'Literal["paid", "open"]'),
    ("Meta(max_length=20)", "Meta(max_length=20, description='as printed', examples=['A-1'])"),
    ("class Money(Struct)", "class Amount(Struct)"),
    ("note: Annotated[str, Meta(max_length=40)] | None", "note: None | Annotated[str, Meta(max_length=40)]"),
]


@pytest.fixture(scope="module")
def mapping(tmp_path_factory: pytest.TempPathFactory) -> Mapping:
    return declared(aggregate(tables(tmp_path_factory.mktemp("shop"))))


def changed(text: str, old: str, new: str) -> str:
    assert old in text
    return text.replace(old, new, 1).replace(
        "total: Money", "total: Amount" if "class Amount" in new else "total: Money"
    )


def legacy_drift(mapping: Mapping, folder: Path, models: str, settings: str = "") -> tuple[Drift, ...]:
    found = tables(folder, models, settings)
    after = outline_of_legacy(aggregate(found)) if "shop.Order" in found else {}
    return drift_of_legacy(mapping, outline_of_legacy(mapping.table), after)


@pytest.mark.parametrize(("old", "new"), [("", ""), *NO_CHANGE])
def test_what_changes_no_column_is_no_drift(mapping: Mapping, tmp_path: Path, old: str, new: str) -> None:
    assert legacy_drift(mapping, tmp_path, changed(MODELS, old, new)) == ()


@pytest.mark.parametrize(("old", "new"), [("", ""), *NO_CHANGE_IN_CONTRACT])
def test_what_changes_no_document_is_no_drift(mapping: Mapping, old: str, new: str) -> None:
    _, after = contract(changed(CONTRACT, old, new))
    assert drift_of_contract(mapping, outline_of_contract(mapping.shape), outline_of_contract(after)) == ()


@pytest.mark.parametrize(("old", "new", "name", "impact"), LEGACY)
def test_a_change_of_the_models_is_seen(
    mapping: Mapping, tmp_path: Path, old: str, new: str, name: str, impact: str
) -> None:
    found = legacy_drift(mapping, tmp_path, changed(MODELS, old, new))
    assert impact in [drift.impact for drift in found if drift.name == name], [str(drift) for drift in found]


def test_times_that_lose_their_zone_are_seen(mapping: Mapping, tmp_path: Path) -> None:
    (drift,) = legacy_drift(mapping, tmp_path, MODELS, NAIVE)
    assert (drift.name, drift.impact) == ("placed", "breaking")


@pytest.mark.parametrize(("old", "new", "name", "impact"), IN_CONTRACT)
def test_a_change_of_the_contract_is_seen(
    mapping: Mapping, old: str, new: str, name: str, impact: str
) -> None:
    _, after = contract(changed(CONTRACT, old, new))
    found = drift_of_contract(mapping, outline_of_contract(mapping.shape), outline_of_contract(after))
    assert impact in [drift.impact for drift in found if drift.name == name], [str(drift) for drift in found]


def test_the_lists_are_as_long_as_promised() -> None:
    assert len(LEGACY) >= 40
    assert len(IN_CONTRACT) >= 40


def test_the_lines_of_the_declaration_are_named(mapping: Mapping, tmp_path: Path) -> None:
    (drift,) = legacy_drift(mapping, tmp_path, changed(MODELS, ', ("P", "Paid")]', "]"))
    assert [one.file.rpartition("/")[2] for one in drift.lines] == ["acl_shop.py"]


def test_a_column_that_was_renamed_is_guessed(mapping: Mapping, tmp_path: Path) -> None:
    found = legacy_drift(mapping, tmp_path, changed(MODELS, "    note = ", "    memo = "))
    assert "is it memo now?" in str(found[0])
