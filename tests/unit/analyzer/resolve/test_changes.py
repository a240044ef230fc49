"""Facts are carried over only where a change can have no influence, and then they are what resolving gives."""

from __future__ import annotations

from pathlib import Path
from textwrap import dedent

import pytest
from fakes.projects import FakeProject

from analyzer.cache import place_of
from analyzer.config import Limits
from analyzer.discover import discover
from analyzer.extract import extract, ir
from analyzer.model.facts import Facts, Location, Unresolved
from analyzer.parse import parse_text
from analyzer.resolve import read
from analyzer.resolve.changes import Change, carry_over, moved_lines
from analyzer.resolve.kept import facts_at
from analyzer.resolve.modules import ModuleIndex

ONE = Limits(processes=1)
FILES = {
    "shop/models.py": """
        from django.db import models

        class Order(models.Model):
            customer = models.ForeignKey("people.Person", on_delete=models.CASCADE)
    """,
    "people/models.py": "from django.db import models\nclass Person(models.Model):\n    pass\n",
    "shop/views.py": """
        from shop.models import Order

        def show(request):
            '''Show.'''
            return Order.objects.filter(customer__pk=1).first()
    """,
    "shop/tests/test_views.py": "from shop import views\nclass ShowTest:\n    def test(self):\n        views.show()\n",
    "shop/migrations/0001_initial.py": "from django.db import migrations\nclass Migration:\n    operations = []\n",
    "site_/urls.py": "from django.urls import path\nfrom shop import views\nurlpatterns = [path('', views.show)]\n",
}


def unit(text: str) -> ir.Unit:
    return extract("a.py", dedent(text), parse_text(dedent(text)))


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("x = 1", "x = 2"),
        ("def f():\n    return 1", "def f():\n    return 2"),
        ("f(); g()", "f()\ng()"),
        ("f()\ng()", "f(); g()"),
        ("f()\ng()", "g()\nf()"),
        ("import a", "import b"),
        ("class A: pass", "class A: pass\nclass B: pass"),
        ("x.objects.get(a=1)", "x.objects.get( a = 1 )"),  # the text of a site is told
    ],
)
def test_what_means_something_else_has_not_only_moved(before: str, after: str) -> None:
    assert moved_lines(unit(before), unit(after)) is None


def test_lines_move_with_what_is_on_them() -> None:
    before = "import a\nf()\ndef g():\n    '''Say.'''\n    return a.b\n"
    after = "# new\nimport a\n\nf()\ndef g():\n    '''Say\n    more.'''\n    # why\n    return a.b\n"
    assert moved_lines(unit(before), unit(after)) == {1: 2, 2: 4, 3: 5, 5: 9}


def test_a_fact_on_a_line_without_code_is_not_moved() -> None:
    before, after = unit("import a\n\nf()\n"), unit("import a\n\n\nf()\n")
    change = Change(False, before, after, (), ())
    index = ModuleIndex([], [])
    for line, expected in ((3, 4), (2, None)):
        facts = Facts("p", unresolved=(Unresolved(Location("a.py", line), "f()", "why"),))
        found = carry_over(facts, {"a.py": change}, frozenset(), lambda: index)
        assert (found.unresolved[0].location.line if found else None) == expected


class Resolver:
    """Counts how often the resolver had to be asked."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.folder, self.asked = folder, 0
        FakeProject(folder / "p", FILES)
        from analyzer.resolve import kept

        resolve = kept.resolve

        def counted(*args: object) -> object:
            self.asked += 1
            return resolve(*args)  # type: ignore[arg-type]

        monkeypatch.setattr(kept, "resolve", counted)
        self.facts()

    def facts(self) -> Facts:
        place = place_of(discover(self.folder / "p"), self.folder / "cache", ONE.max_file_bytes, b"")
        return facts_at(place, ONE)

    def edit(self, file: str, old: str, new: str) -> bool:
        """Whether the facts after an edit were carried over; they are compared with those found anew."""
        path = self.folder / "p" / file
        text = path.read_text()
        assert old in text
        path.write_text(text.replace(old, new, 1))
        before = self.asked
        assert self.facts() == read(self.folder / "p", limits=ONE)
        return self.asked == before


@pytest.fixture
def resolver(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Resolver:
    return Resolver(tmp_path, monkeypatch)


@pytest.mark.parametrize(
    ("file", "old", "new"),
    [
        ("shop/views.py", "filter(", "exclude("),
        ("site_/urls.py", "[path", "[\npath"),
        ("shop/views.py", "def show", "def shown(request): pass\n\ndef show"),
        ("shop/models.py", "CASCADE", "PROTECT"),
        ("shop/migrations/0001_initial.py", "class Migration", "class Person: pass\nclass Migration"),
        ("shop/migrations/0001_initial.py", "= []", "= [migrations.RunSQL('DELETE FROM shop_order')]"),
        ("shop/tests/test_views.py", "from shop", "INSTALLED_APPS = ['shop']\nfrom shop"),
        ("shop/tests/test_views.py", "class ShowTest", "class ShowTest("),
        ("site_/settings.py", "INSTALLED_APPS = [", "INSTALLED_APPS = ['django.contrib.sites', "),
    ],
)
def test_what_may_matter_is_resolved(resolver: Resolver, file: str, old: str, new: str) -> None:
    assert not resolver.edit(file, old, new)


@pytest.mark.parametrize(
    ("file", "old", "new"),
    [
        ("shop/views.py", "'''Show.'''", "'''Show\n    one order.'''"),
        ("shop/views.py", "from", "# first\nfrom"),
        ("shop/models.py", "class Order", "\n\n# an order\nclass Order"),
        ("site_/urls.py", "urlpatterns", "# all\nurlpatterns"),
        ("shop/tests/test_views.py", "views.show()", "views.Order.objects.create()"),
        (
            "shop/tests/test_views.py",
            "from shop import views",
            "from shop.models import Order\nimport people.models",
        ),
        ("shop/migrations/0001_initial.py", "operations = []", "operations = [1]"),
    ],
)
def test_what_cannot_matter_is_carried_over(resolver: Resolver, file: str, old: str, new: str) -> None:
    assert resolver.edit(file, old, new)
    assert resolver.edit(file, new, old)
    assert resolver.asked == 1


def test_a_route_whose_line_may_be_a_guess_does_not_move(resolver: Resolver) -> None:
    assert not resolver.edit("site_/urls.py", "from django.urls", "urlpatterns = []; from django.urls")
    text = "from django.urls import path; from shop import views; urlpatterns = [path('', views.show)]\n"
    (resolver.folder / "p" / "site_/urls.py").write_text(text)
    assert not resolver.edit("site_/urls.py", "from django", "from django")
    assert not resolver.edit("site_/urls.py", "from django", "# moved\nfrom django")
