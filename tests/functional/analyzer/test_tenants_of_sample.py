"""The sample asks for nobody else's rows; take a tenant out of a condition, and the analyzer says where."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from analyzer.resolve import read
from analyzer.rules.tenancy import boundless, shared

SAMPLE = Path(__file__).parents[3] / "sample_monolith"


def test_the_sample_asks_for_no_other_tenant_s_rows():
    facts = read(SAMPLE)
    assert facts.open_queries == ()
    assert shared(facts) == ()


def test_its_one_task_over_all_tenants_is_found():
    (task,) = boundless(read(SAMPLE))
    assert task == "orders.tasks.cancel_stale_drafts"


@pytest.mark.parametrize(
    ("file", "before", "after"),
    [
        ("billing/views.py", "(Invoice, pk=pk, tenant=request.tenant)", "(Invoice, pk=pk)"),
        ("catalog/api.py", "Product.objects.for_tenant(request.tenant)", "Product.objects.all()"),
        ("core/views.py", "OpenOrder.objects.for_tenant(tenant)", "OpenOrder.objects"),
        ("reports/views.py", "Order.objects.filter(tenant=tenant)", "Order.objects.filter(status='paid')"),
        ("accounts/permissions.py", ".filter(tenant=self.request.tenant)", ""),
    ],
)  # fmt: skip
def test_a_condition_without_its_tenant_is_found(tmp_path, file, before, after):
    folder = tmp_path / "sample"
    shutil.copytree(SAMPLE, folder)
    text = (folder / file).read_text("utf-8")
    assert before in text
    (folder / file).write_text(text.replace(before, after), "utf-8")
    assert read(folder).open_queries
