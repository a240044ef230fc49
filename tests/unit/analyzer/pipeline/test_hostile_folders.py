"""Files and folders that are not what they seem: an analysis ends, and says where it saw nothing."""

from __future__ import annotations

import os
import socket
from collections.abc import Callable
from pathlib import Path

import pytest
from fakes.deadline import within
from fakes.projects import FakeProject

from analyzer.config import Limits
from analyzer.errors import NoProject
from analyzer.model import schema
from analyzer.model.facts import Facts
from analyzer.pipeline import Options, run

MODELS = "from django.db import models\n\nclass Order(models.Model):\n    pass\n"
VIEWS = """
    from django.shortcuts import render
    from shop.models import Order

    def page(request):
        return render(request, "page.html", {"orders": Order.objects.all()})
"""
URLS = """
    from django.urls import path
    from shop.views import page
    urlpatterns = [path("", page)]
"""


def analysed(folder: Path) -> Facts:
    """What an analysis says once its document was written and read again; in little time, whatever is in there."""
    with within(30):
        return schema.read(run(folder, Options(limits=Limits(processes=1))).document()).facts


def told(facts: Facts) -> list[tuple[str, str, int]]:
    return [(found.code, place.file, place.line) for found in facts.problems for place in found.locations]


def pipe(shop: Path) -> None:
    os.mkfifo(shop / "odd.py")


def listening(shop: Path) -> None:
    here = Path.cwd()
    os.chdir(shop)  # the path of a socket may not be long
    with socket.socket(socket.AF_UNIX) as server:
        server.bind("odd.py")
    os.chdir(here)


def dangling(shop: Path) -> None:
    (shop / "odd.py").symlink_to("/nowhere/at/all.py")


def itself(shop: Path) -> None:
    (shop / "odd.py").symlink_to("odd.py")


def written(data: bytes) -> Callable[[Path], None]:
    def write(shop: Path) -> None:
        (shop / "odd.py").write_bytes(data)

    return write


UNREAD: dict[str, tuple[Callable[[Path], None], str, int]] = {
    "a pipe that nobody writes to": (pipe, "unreadable-file", 1),
    "a socket": (listening, "unreadable-file", 1),
    "a link to nothing": (dangling, "unreadable-file", 1),
    "a link to itself": (itself, "unreadable-file", 1),
    "a null byte": (written(b"x = 1\0\n"), "unparsed-file", 1),
    "Latin 1 that does not say so": (written(b"x = '\xe9'\n"), "undecodable-file", 1),
    "an encoding that does not exist": (written(b"# coding: klingon\nx = 1\n"), "undecodable-file", 1),
    "UTF-16": (written("x = 1\n".encode("utf-16")), "undecodable-file", 1),
    "Python 2": (written(b"x = 1\nprint 'x'\nexec 'y'\nraise X, 'y'\n"), "unparsed-file", 2),
    "a merge that was not finished": (
        written(b"x = 1\n<<<<<<< HEAD\n=======\n>>>>>>> x\n"),
        "unparsed-file",
        2,
    ),
    "a file that was cut off": (written(b"def f(a,\n"), "unparsed-file", 1),
    "ten thousand brackets": (written(b"x = " + b"(" * 10_000 + b")" * 10_000 + b"\n"), "unparsed-file", 1),
    "ten thousand calls": (written(b"x = a" + b".b()" * 10_000 + b"\n"), "unparsed-file", 1),
    "5 MB": (written(b"X = 'generated'\n" * 330_000), "file-too-large", 1),
}


@pytest.mark.parametrize("name", sorted(UNREAD))
def test_a_file_that_cannot_be_read_is_a_finding(tmp_path: Path, name: str) -> None:
    project = FakeProject(tmp_path, {"shop/models.py": MODELS})
    make, code, line = UNREAD[name]
    make(project.folder / "shop")
    facts = analysed(tmp_path)
    assert told(facts) == [(code, "shop/odd.py", line)]
    assert [model.label for model in facts.models] == ["shop.Order"]


READ = {
    "a byte order mark": b"\xef\xbb\xbffrom shop.models import Order\ndef f(): Order.objects.create()\n",
    "Latin 1 that says so": b"# -*- coding: latin-1 -*-\nfrom shop.models import Order\nx = '\xe9'\n"
    b"def f(): Order.objects.create()\n",
    "old Macintosh lines": b"from shop.models import Order\rdef f():\r    Order.objects.create()\r",
    "no last line end": b"from shop.models import Order\ndef f(): Order.objects.create()",
    "form feeds": b"from shop.models import Order\n\x0c\ndef f():\n    Order.objects.create()\n",
    "one enormous line": b"X = [" + b"1, " * 300_000 + b"]; from shop.models import Order\n"
    b"def f(): Order.objects.create()\n",
    "sixty thousand statements on a line": b"from shop.models import Order\n" + b"x = 1; " * 60_000
    + b"\ndef f(): Order.objects.create()\n",
    "classes that derive from a thousand others": b"from shop.models import Order\nclass A: pass\n"
    + b"class A(A): pass\n" * 10
    + b"".join(b"class B%d(%s): pass\n" % (n, b"B%d" % (n - 1) if n else b"A") for n in range(1_000))
    + b"def f(): Order.objects.create()\n",
}  # fmt: skip


@pytest.mark.parametrize("name", sorted(READ))
def test_an_odd_file_is_read(tmp_path: Path, name: str) -> None:
    FakeProject(tmp_path, {"shop/models.py": MODELS})
    (tmp_path / "shop" / "odd.py").write_bytes(READ[name])
    facts = analysed(tmp_path)
    assert told(facts) == []
    assert [(access.table, access.function) for access in facts.accesses] == [("shop_order", "f")]


def test_a_name_that_is_no_text_is_a_finding(tmp_path: Path) -> None:
    FakeProject(tmp_path, {"shop/models.py": MODELS})
    Path(os.fsdecode(os.fsencode(tmp_path / "shop") + b"/caf\xe9.py")).write_text("x = 1\n")
    assert told(analysed(tmp_path)) == [("unreadable-file", "shop/caf�.py", 1)]


@pytest.mark.skipif(os.geteuid() == 0, reason="nothing is closed to root")
def test_a_folder_that_is_closed_is_a_finding(tmp_path: Path) -> None:
    FakeProject(tmp_path, {"shop/models.py": MODELS, "shop/closed/secret.py": "x = 1\n"})
    closed = tmp_path / "shop" / "closed"
    closed.chmod(0)
    try:
        assert told(analysed(tmp_path)) == [("unreadable-file", "shop/closed", 1)]
    finally:
        closed.chmod(0o755)


def test_a_manage_script_that_is_a_pipe_is_a_finding(tmp_path: Path) -> None:
    FakeProject(tmp_path, {"shop/models.py": MODELS})
    (tmp_path / "other").mkdir()
    os.mkfifo(tmp_path / "other" / "manage.py")
    assert told(analysed(tmp_path)) == [("unreadable-file", "other/manage.py", 1)]


@pytest.mark.parametrize("name", ["shop/Order.py", "shop/order/__init__.py"])
def test_names_that_collide_keep_what_each_holds(tmp_path: Path, name: str) -> None:
    writes = "from shop.models import Order\n\ndef {}():\n    Order.objects.create()\n"
    FakeProject(
        tmp_path,
        {"shop/models.py": MODELS, "shop/order.py": writes.format("one"), name: writes.format("two")},
    )
    facts = analysed(tmp_path)
    assert {access.function for access in facts.accesses} == {"one", "two"}


@pytest.mark.parametrize("name", ["missing", "empty", "a_file.py"])
def test_what_is_no_project_says_what_to_give(tmp_path: Path, name: str) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "a_file.py").write_text("x = 1\n")
    with pytest.raises(NoProject, match="Give the folder"):
        run(tmp_path / name)


TEMPLATES = {
    "that extends itself": {
        "page.html": "{% extends 'page.html' %}{% block a %}{{ block.super }}{% endblock %}"
    },
    "that includes itself": {"page.html": "{% for order in orders %}{% include 'page.html' %}{% endfor %}"},
    "that another one extends in turn": {
        "page.html": "{% extends 'base.html' %}{% include 'base.html' %}",
        "base.html": "{% extends 'page.html' %}{% include 'page.html' with a=a.b %}",
    },
    "full of broken tags": {
        "page.html": "{% for %}{% if %}{{ }}{{ a|b:c|d: }}{% endfor %}{% block %}{{ a.b()() }}" * 50
    },
}


@pytest.mark.parametrize("name", sorted(TEMPLATES))
def test_a_template_comes_to_an_end(tmp_path: Path, name: str) -> None:
    FakeProject(tmp_path, {"shop/models.py": MODELS, "shop/views.py": VIEWS, "site_/urls.py": URLS})
    (tmp_path / "templates").mkdir()
    for file, text in TEMPLATES[name].items():
        (tmp_path / "templates" / file).write_text(text)
    assert [route.view for route in analysed(tmp_path).routes] == ["shop.views.page"]


@pytest.mark.parametrize("large", [True, False])
def test_a_template_that_is_not_read_is_a_finding(tmp_path: Path, large: bool) -> None:
    FakeProject(tmp_path, {"shop/models.py": MODELS, "shop/views.py": VIEWS, "site_/urls.py": URLS})
    (tmp_path / "templates").mkdir()
    page = tmp_path / "templates" / "page.html"
    page.write_text("x" * 1_000_001) if large else os.mkfifo(page)
    assert told(analysed(tmp_path)) == [("unread-template", "templates/page.html", 1)]


def test_a_template_that_extends_its_own_name_extends_the_next_of_that_name(tmp_path: Path) -> None:
    FakeProject(tmp_path, {"shop/models.py": MODELS, "shop/views.py": VIEWS, "site_/urls.py": URLS})
    for folder, text in {
        "templates": "{% extends 'page.html' %}",
        "deep/shop/templates": "{% for order in orders %}{{ order }}{% endfor %}",
    }.items():
        (tmp_path / folder).mkdir(parents=True)
        (tmp_path / folder / "page.html").write_text(text)
    assert analysed(tmp_path).routes[0].tables_read == ("shop_order",)


def test_url_patterns_that_include_themselves_are_listed_once_and_told(tmp_path: Path) -> None:
    urls = """
        from django.urls import include, path
        from shop.views import page
        urlpatterns = [path("page/", page), path("again/", include("shop.urls"))]
    """
    inner = """
        from django.urls import include, path
        from shop.views import page
        urlpatterns = [path("inner/", page), path("back/", include("site_.urls"))]
        urlpatterns.append(path("own/", include(urlpatterns)))
    """
    files = {"shop/models.py": MODELS, "shop/views.py": VIEWS, "shop/urls.py": inner, "site_/urls.py": urls}
    FakeProject(tmp_path, files)
    facts = analysed(tmp_path)
    assert [route.route for route in facts.routes] == ["page/", "again/inner/"]
    assert {code for code, _, _ in told(facts)} == {"circular-include"}


SETTINGS = {
    "that are broken": "INSTALLED_APPS = [\n",
    "of the wrong kinds": "INSTALLED_APPS = 5\nROOT_URLCONF = None\nMIDDLEWARE = {}\nTEMPLATES = 'x'\nDATABASES = []\n"
    "AUTH_USER_MODEL = 'nowhere'\nAUTHENTICATION_BACKENDS = (1,)\nDATABASE_ROUTERS = [None, 'x.y']\n",
    "that import themselves": "from .settings import *\nfrom site_.settings import X\nINSTALLED_APPS = ['shop']\n",
}


@pytest.mark.parametrize("name", sorted(SETTINGS))
def test_settings_do_not_stop_the_analysis(tmp_path: Path, name: str) -> None:
    FakeProject(tmp_path, {"shop/models.py": MODELS, "site_/settings.py": SETTINGS[name]})
    assert [model.label for model in analysed(tmp_path).models] == ["shop.Order"]


ODD_MODELS = {
    "derive from each other": """
        from django.db import models
        from shop.other import Two
        class One(Two):
            other = models.ForeignKey("Two", models.CASCADE)
    """,
    "sort by each other": """
        from django.db import models
        class One(models.Model):
            two = models.ForeignKey("Two", models.CASCADE)
            class Meta:
                ordering = ["two"]
        class Two(models.Model):
            one = models.ForeignKey(One, models.CASCADE)
            class Meta:
                ordering = ["one"]
        def f():
            One.objects.first().delete()
    """,
    "have related names that clash": """
        from django.db import models
        class One(models.Model):
            pass
        class Two(models.Model):
            a = models.ForeignKey(One, models.CASCADE, related_name="twos")
            b = models.ForeignKey(One, models.CASCADE, related_name="twos")
        class Three(models.Model):
            twos = models.ForeignKey(One, models.CASCADE)
        class Two(models.Model):
            pass
        def f():
            One.objects.filter(twos__twos=1, three__twos=1).delete()
    """,
    "are proxies of each other": """
        from django.db import models
        class One(models.Model):
            pass
        class Proxy(One):
            class Meta:
                proxy = True
        One = Proxy
        class Both(One, Proxy):
            class Meta:
                proxy = True
        def f():
            Both.objects.filter(pk=1).delete()
    """,
    "have options of the wrong kinds": """
        from django.db import models
        class One(models.Model):
            class Meta:
                db_table = f"{x}"
                ordering = 5
                app_label = None
                default_manager_name = 7
                unique_together = "a"
                constraints = "x"
            a = models.ForeignKey(5, 6, related_name=7, to_field=8)
            b = models.ManyToManyField("One", through="A.A.A")
            c = models.ManyToManyField(through=models.Model)
            d = models.ForeignKey("self", models.CASCADE, related_name="%(nope)s %d %")
        def f():
            One.objects.filter(a__d__d__b__c=1).delete()
    """,
}


@pytest.mark.parametrize("name", sorted(ODD_MODELS))
def test_models_that_nobody_would_write_do_not_stop_the_analysis(tmp_path: Path, name: str) -> None:
    other = "from shop.models import One\nclass Two(One):\n    pass\n"
    FakeProject(tmp_path, {"shop/models.py": ODD_MODELS[name], "shop/other.py": other})
    facts = analysed(tmp_path)
    assert facts.orm_sites == facts.orm_sites_resolved + len(facts.unresolved)
