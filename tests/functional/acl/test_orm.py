"""Django instances become documents in one call, with one query for their children, and take rows back."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

PROGRAM = """
import json, sys
from datetime import UTC, datetime
from decimal import Decimal
import django
from django.conf import settings
settings.configure(INSTALLED_APPS=["shop"], USE_TZ=True, DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
    DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}})
django.setup()
from django.core.management import call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext
from shop.models import Invoice, Item
from fakes.acl_invoices import translator
from acl.orm import Instances

call_command("migrate", run_syncdb=True, verbosity=0)
for number in range(3):
    made = Invoice.objects.create(number=f"A-{number}", issued=datetime(2024, 6, 1, tzinfo=UTC), vat=Decimal("19.00"))
    Item.objects.create(invoice=made, position=1, cents=250)
instances = Instances(translator())
with CaptureQueriesContext(connection, ) as queries:
    translation = instances.documents(Invoice.objects.prefetch_related("items"))
one = instances.document(Invoice.objects.get(number="A-1"))
deferred = instances.document(Invoice.objects.defer("vat").get(number="A-1"))
row = instances.translator.to_legacy([{**one, "number": "B-1"}]).translated[0]
invoice = Invoice.objects.get(number="A-1")
invoice.exported = True
changed = instances.assign(invoice, row)
invoice.number = "much too long for it"
try:
    instances.document(Invoice(id=5))
    refused = ""
except ValueError as error:
    refused = str(error)
print(json.dumps([len(queries), [d["number"] for d in translation.translated], one, one == deferred, changed,
    invoice.exported, refused]))
"""
MODELS = """
from django.db import models

class Invoice(models.Model):
    number = models.CharField(max_length=9)
    issued = models.DateTimeField(null=True)
    vat = models.DecimalField(max_digits=5, decimal_places=2, null=True)
    paid = models.BooleanField(default=False)
    exported = models.BooleanField(default=False)

class Item(models.Model):
    invoice = models.ForeignKey(Invoice, models.CASCADE, related_name="items")
    position = models.IntegerField()
    cents = models.IntegerField()
"""


def test_instances_there_and_back(tmp_path: Path) -> None:
    (tmp_path / "shop").mkdir()
    (tmp_path / "shop/__init__.py").touch()
    (tmp_path / "shop/models.py").write_text(MODELS)
    root = Path(__file__).parents[3]
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM],
        cwd=tmp_path,
        env={"PYTHONPATH": f"{tmp_path}:{root}:{root / 'tests'}"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    queries, numbers, one, same, changed, exported, refused = json.loads(done.stdout)
    assert (queries, numbers) == (2, ["A-0", "A-1", "A-2"])
    assert one["items"] == [{"position": 1, "amount": "2.50"}]
    assert same
    assert changed == ["number"]
    assert exported
    assert "issued = None" in refused
    assert "vat = None" in refused
