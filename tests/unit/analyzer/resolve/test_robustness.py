"""Source that is odd, broken or circular gives facts or findings, never a crash."""

from __future__ import annotations

from pathlib import Path

import pytest
from fakes.projects import FakeProject, touched
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from analyzer.config import Limits
from analyzer.discover import Project, Source, discover
from analyzer.extract import extract, read
from analyzer.parse import parse_bytes
from analyzer.resolve import facts as resolve

MODELS = "from django.db import models\n\nclass Order(models.Model):\n    pass\n"
ODD = {
    "imports itself": "from shop.code import x\nx = x\n",
    "calls itself": "def f():\n    return f()\nx = f()\n",
    "recursion that doubles": "def f(n):\n    for i in range(9):\n        f(n)\n        f(i)\nf([1, 2, 3])\n",
    "a class that is its own base": "class A(A):\n    pass\n",
    "bases in a circle": "class A:\n    pass\nclass B(A):\n    pass\nA = B\nclass A(A, B):\n    x = A().y.z\n",
    "no order of bases": "class A: pass\nclass B(A): pass\nclass C(A, B): pass\n",
    "a relation to nothing": "from django.db.models import *\nclass M(Model):\n    k = ForeignKey()\n",
    "a meta that is no class": "from django.db import models\nclass M(models.Model):\n    Meta = 5\n",
    "odd names for targets": "from django.db.models import *\nclass M(Model):\n    k = ForeignKey('.')\n",
    "star import of what is missing": "from .missing import *\nfrom . import nothing\nfrom ..... import far\n",
    "a list that grows while it is read": "x = [1]\nfor i in x:\n    x.append(i)\nx += x\n",
    "an endless attribute chain": "class A:\n    @property\n    def a(self):\n        return self.a.a\nA().a\n",
    "names that change": "def f(*a, **k):\n    del a\n    a = k\n    return a[0][1:2](*a, **k)\nf(1, *2, **3)\n",
    "super outside of a class": "super().save()\ndef f():\n    return super().x\nf()\n",
    "a decorator that eats": "def eat(f):\n    return None\n@eat\ndef f():\n    pass\nf().x\n",
}


@pytest.mark.parametrize("name", sorted(ODD))
def test_odd_source_does_not_stop_the_analysis(tmp_path: Path, name: str) -> None:
    files = {"shop/models.py": MODELS, "shop/code.py": ODD[name], "people/a.py": "from shop.code import *\n"}
    facts = FakeProject(tmp_path, files).facts()
    assert "shop.Order" in {model.label for model in facts.models}


def test_a_broken_file_is_a_problem_and_the_others_are_read(tmp_path: Path) -> None:
    facts = FakeProject(tmp_path, {"shop/models.py": MODELS, "shop/broken.py": "def f(:\n"}).facts()
    assert [(found.code, found.locations[0].file) for found in facts.problems] == [
        ("unparsed-file", "shop/broken.py")
    ]
    assert [module.lines for module in facts.modules if module.file == "shop/broken.py"] == [0]


def test_models_that_import_each_other(tmp_path: Path) -> None:
    one = """
        from django.db import models
        from people.models import Person
        class Order(models.Model):
            buyer = models.ForeignKey(Person, on_delete=models.CASCADE)
    """
    two = """
        from django.db import models
        from shop.models import Order
        class Person(models.Model):
            last = models.ForeignKey("shop.Order", null=True, on_delete=models.SET_NULL)
            def forget(self):
                Order.objects.all().delete()
    """
    facts = FakeProject(tmp_path, {"shop/models.py": one, "people/models.py": two}).facts()
    targets = {relation.target for model in facts.models for relation in model.relations}
    assert targets == {"people.Person", "shop.Order"}
    assert ("shop_order", "write") in touched(facts, "Person.forget")


def test_a_project_without_settings_says_so(tmp_path: Path) -> None:
    facts = FakeProject(tmp_path, {"shop/__init__.py": "", "shop/models.py": MODELS}, bare=True).facts()
    assert [found.code for found in facts.problems] == ["no-settings"]
    assert [model.table for model in facts.models] == ["shop_order"]


def test_several_projects_in_one_folder_keep_their_modules_apart(tmp_path: Path) -> None:
    for name in ("one", "two"):
        view = f"def {name}(request): pass\n"
        urls = f"from django.urls import path\nfrom app import views\nurlpatterns = [path('{name}/', views.{name})]\n"
        FakeProject(tmp_path / name, {"site_/urls.py": urls, "app/views.py": view})
    facts = FakeProject(tmp_path, {}, bare=True).facts()
    assert {(route.route, route.view) for route in facts.routes} == {
        ("one/", "app.views.one"),
        ("two/", "app.views.two"),
    }


SEED = b"""
from django.db import models, transaction
class Order(models.Model):
    tags = models.ManyToManyField('self')
    def save(self, *args):
        with transaction.atomic():
            super().save(*args)
        return [row.tags.add(self) for row in Order.objects.filter(tags__pk=1) if row]
def view(request, pk=None, **rest):
    order = Order.objects.get(pk=pk) or rest['x'].y
    order.save(); order.delete()
urlpatterns = [path('x/', view)] + [path(str(i), view) for i in (1, 2)]
"""


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(st.tuples(st.integers(0, len(SEED)), st.integers(0, 12), st.sampled_from([b"", b"(", b"x", b".", b"*", b"\n    ", b"self", b"=", b"Order", b"\xff", b"lambda: "])), max_size=4))  # fmt: skip # noqa: E501
def test_mutated_source_gives_facts_or_a_finding(edits: list[tuple[int, int, bytes]]) -> None:
    data = SEED
    for start, length, text in edits:
        data = data[:start] + text + data[start + length :]
    source = Source("shop/models.py", "shop.models", "", False, False, False)
    parsed = parse_bytes(source.file, data)
    if parsed.tree is None:
        assert parsed.problem is not None
        return
    unit = extract(source.file, parsed.text, parsed.tree)
    found = resolve(Project("p", Path(), (source,)), [unit], limits=Limits(processes=1))
    assert found.orm_sites == found.orm_sites_resolved + len(found.unresolved)


def test_functions_that_call_each_other_from_many_places_leave_the_rest_of_the_module_its_time(
    tmp_path: Path,
) -> None:
    urls = """
        from django.urls import path
        from shop import views

        def clean_list(values):
            for value in values:
                clean_list(value); clean_map(value); clean_list([value]); clean_map({"a": value})
            return [clean_map(value) for value in values] + [clean_list(value) for value in values]

        def clean_map(values):
            for key, value in values.items():
                clean_list(value); clean_map(value); clean_list([key]); clean_map({"a": value})
            return {key: clean_list(value) or clean_map(value) for key, value in values.items()}

        cleaned = clean_map(load())
        urlpatterns = [path("orders/", views.orders)]
    """
    files = {"site_/urls.py": urls, "shop/views.py": "def orders(request): pass\n"}
    assert [route.view for route in FakeProject(tmp_path, files).facts().routes] == ["shop.views.orders"]


LAYOUTS = {
    "links in a circle": {"src/shop/models.py": MODELS, "src/shop/__init__.py": ""},
    "namespace packages in src": {"src/acme/shop/models.py": MODELS, "src/acme/shop/__init__.py": ""},
    "several settings": {
        "shop/models.py": MODELS,
        "shop/__init__.py": "",
        "site_/settings/__init__.py": "",
        "site_/settings/base.py": "INSTALLED_APPS = ['shop']\nDEBUG = False\n",
        "site_/settings/local.py": "from .base import *\nINSTALLED_APPS += ['debug_toolbar']\n",
        "site_/settings/test.py": "from .base import *\n",
    },
    "a model under a condition": {
        "shop/__init__.py": "",
        "shop/models.py": "import sys\nif sys.version_info > (3,):\n    from django.db import models\n"
        "    class Order(models.Model):\n        pass\n",
    },
}


@pytest.mark.parametrize("name", sorted(LAYOUTS))
def test_unusual_layouts_have_their_models(tmp_path: Path, name: str) -> None:
    project = FakeProject(tmp_path, LAYOUTS[name], bare=True)
    (tmp_path / "again").symlink_to(tmp_path, target_is_directory=True)
    assert [model.label for model in project.facts().models if not model.library] == ["shop.Order"]


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("DATA = [\n" + "    'generated',\n" * 320_000 + "]\n", "file-too-large"),
        ("x = " + "-" * 5_000 + "1\n", "unparsed-file"),
        ("x = " + "f(" * 150 + ")" * 150 + "\n", None),
        ("x = a" + ".b" * 3_000 + "\n", "unparsed-file"),
        ("x = " + " + ".join(["'a'"] * 3_000) + "\n", "unparsed-file"),
        ("x = " + "9" * 5_000 + "\n", "unparsed-file"),
        ("x = '" + "a" * 1_000_000 + "'\n", None),
        ("".join(f"{'    ' * depth}if x:\n" for depth in range(99)) + "    " * 99 + "pass\n", None),
    ],
)
def test_generated_source_is_read_or_a_finding(tmp_path: Path, text: str, code: str | None) -> None:
    facts = FakeProject(tmp_path, {"shop/models.py": MODELS}).facts()
    (tmp_path / "shop" / "data.py").write_text(text)
    project = discover(tmp_path)
    found = resolve(project, *read(project, Limits(processes=1)))
    assert [problem.code for problem in found.problems] == ([code] if code else [])
    assert found.models == facts.models
