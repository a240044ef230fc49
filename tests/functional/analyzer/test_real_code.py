"""Code bases that nobody here wrote: read without a crash, completely, and the same way twice."""

from __future__ import annotations

import pytest
from real_code import fetch

from analyzer.model.facts import Facts
from analyzer.resolve import read

pytestmark = pytest.mark.real

MODELS = {
    "django-oscar": ("catalogue.Product", "order.Line", "basket.Basket"),
    "django-cms": ("cms.Page", "cms.Placeholder", "cms.CMSPlugin"),
    "pulpcore": ("core.Repository", "core.Content", "core.Task"),
    "weblate": ("trans.Unit", "trans.Component", "weblate_auth.User"),
}


@pytest.fixture(scope="module", params=sorted(MODELS))
def case(request: pytest.FixtureRequest) -> tuple[str, Facts]:
    return request.param, read(fetch(request.param))


def test_every_site_is_accounted_for(case: tuple[str, Facts]) -> None:
    _, facts = case
    assert facts.orm_sites == facts.orm_sites_resolved + len(facts.unresolved)
    assert all(item.reason and item.location.line for item in facts.unresolved)
    assert facts.orm_sites_resolved / facts.orm_sites > 0.8


def test_the_models_are_found_with_their_tables(case: tuple[str, Facts]) -> None:
    name, facts = case
    tables = {model.label: model.table for model in facts.models if not model.library}
    assert set(MODELS[name]) <= tables.keys()
    assert all(model.table for model in facts.models if not model.abstract)
    assert len({access.table for access in facts.accesses}) > 20


def test_problems_have_a_place(case: tuple[str, Facts]) -> None:
    _, facts = case
    assert all(problem.locations or problem.code == "no-settings" for problem in facts.problems)
