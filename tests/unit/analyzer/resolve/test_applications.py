"""Applications that many projects install: what their models and functions touch."""

from __future__ import annotations

import pytest
from fakes.projects import SETTINGS, FakeProject, touched

from analyzer.model.facts import Facts

WORK = """
    from allauth.account.models import EmailAddress
    from auditlog.models import LogEntry
    from django.contrib.auth.models import User
    from guardian.shortcuts import assign_perm, get_objects_for_user
    from shop.models import Item

    def addresses(user: User):
        return list(user.emailaddress_set.filter(verified=True))

    def allowed(user: User):
        return list(get_objects_for_user(user, "shop.view_item", Item))

    def allow(user: User, item: Item):
        assign_perm("view_item", user, item)

    def who(item: Item):
        return list(LogEntry.objects.get_for_object(item).select_related("actor"))
"""
MODELS = """
    from django.db import models

    class Item(models.Model):
        name = models.CharField(max_length=3)
"""


@pytest.fixture(scope="module")
def facts(tmp_path_factory: pytest.TempPathFactory) -> Facts:
    apps = '"allauth.account", "auditlog", "guardian", "shop"'
    settings = SETTINGS.replace('"shop"', apps)
    files = {"site_/settings.py": settings, "shop/models.py": MODELS, "shop/work.py": WORK}
    return FakeProject(tmp_path_factory.mktemp("project"), files).facts()


def test_models_of_libraries_are_not_the_projects(facts: Facts) -> None:
    assert [found.label for found in facts.models if found.app == "shop"] == ["shop.Item"]


@pytest.mark.parametrize(
    ("function", "tables"),
    [
        ("addresses", {("account_emailaddress", "read")}),
        (
            "allowed",
            {
                ("shop_item", "read"),
                ("guardian_userobjectpermission", "read"),
                ("guardian_groupobjectpermission", "read"),
            },
        ),
        ("allow", {("guardian_userobjectpermission", "write")}),
        ("who", {("auditlog_logentry", "read"), ("auth_user", "read")}),
    ],
)
def test_what_is_asked_of_them_touches_their_tables(
    facts: Facts, function: str, tables: set[tuple[str, str]]
) -> None:
    assert tables <= touched(facts, function)
