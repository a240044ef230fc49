"""URLs that routers make: where routers stand, routers below routers, and copies of REST framework's."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from fakes.projects import FakeProject

VIEWSETS = """
    from rest_framework import viewsets

    class Plain(viewsets.ViewSet):
        def list(self, request):
            pass
"""
EXTENSIONS = """
    from django.urls import include, path
    from rest_framework.routers import SimpleRouter
    from rest_framework_extensions.routers import NestedRouterMixin
    from shop.views import Plain

    class Router(NestedRouterMixin, SimpleRouter):
        pass

    router = Router()
    inner = router.register("a", Plain).register("b", Plain, "a-b", parents_query_lookups=["a"])
    inner.register("c", Plain, "a-b-c", parents_query_lookups=["a", "b__slug"])
    urlpatterns = [path("", include(router.urls))]
"""
NESTED = """
    from django.urls import include, path
    from rest_framework.routers import SimpleRouter
    from rest_framework_nested.routers import NestedSimpleRouter
    from shop.views import Plain

    outer = SimpleRouter()
    outer.register("a", Plain)
    middle = NestedSimpleRouter(outer, "a", lookup="a")
    middle.register("b", Plain)
    inner = NestedSimpleRouter(middle, "b", lookup="b")
    inner.register("c", Plain)
    urlpatterns = [path("", include(outer.urls)), path("", include(middle.urls)), path("", include(inner.urls))]
"""
COPY = """
    from django.urls import re_path

    class SimpleRouter:
        def __init__(self):
            self.registry = []

        def register(self, prefix, viewset, basename=None):
            self.registry.append((prefix, viewset, basename))

        def get_urls(self):
            return [re_path(self.pattern(*entry), entry[1].as_view()) for entry in self.registry]

        @property
        def urls(self):
            return self.get_urls()

    class Below:
        def __init__(self, router, prefix, parent=None):
            self.router, self.prefix, self.parent = router, prefix, parent

        def register(self, prefix, viewset, basename):
            here = self
            while here:
                prefix = "{0}/(?P<pk>[0-9]+)/{1}".format(here.prefix, prefix)
                here = here.parent
            self.router.register(prefix, viewset, basename)

    def list_route(methods=("get",), **kwargs):
        def mark(function):
            function.methods = methods
            return function
        return mark
"""
COPIED = """
    from django.urls import include, path
    from shop.routing import Below, SimpleRouter, list_route

    class Plain:
        def list(self, request):
            pass

        @list_route(methods=["POST"], url_path="do-it")
        def do(self, request):
            pass

    router = SimpleRouter()
    a = Below(router, "a")
    router.register("a", Plain)
    Below(router, "b", a).register("c", Plain, "c")
    urlpatterns = [path("", include(router.urls))]
"""


def _routes(folder: Path, urls: str, **more: str) -> list[tuple[str | None, str]]:
    files = {"site_/urls.py": urls, "shop/views.py": VIEWSETS}
    facts = FakeProject(
        folder, files | {name.replace("__", "/") + ".py": text for name, text in more.items()}
    )
    return [(route.route, route.view) for route in facts.facts().routes]


@pytest.mark.parametrize("where", ["[*router.urls]", "[] + router.urls", "extended"])
def test_a_router_may_stand_in_a_list(tmp_path: Path, where: str) -> None:
    urls = f"""
        from django.urls import include, path
        from rest_framework.routers import SimpleRouter
        from shop.views import Plain

        router = SimpleRouter()
        router.register("a", Plain)
        extended = [path("b/", Plain.as_view())]
        extended.extend(router.urls)
        urlpatterns = [path("", include({where}))]
    """
    assert ("^a/$", "shop.views.Plain") in _routes(tmp_path, urls)


@pytest.mark.parametrize("urls", [EXTENSIONS, NESTED])
def test_routers_below_routers_ask_for_their_parents_keys(tmp_path: Path, urls: str) -> None:
    found = [route or "" for route, _ in _routes(tmp_path, urls)]
    assert [route.count("(?P<") for route in found] == [0, 1, 2]
    assert re.fullmatch(r"\^a/\(.*\)/b/\(.*\)/c/\$", found[2])


def test_a_copy_of_rest_frameworks_router_is_a_router(tmp_path: Path) -> None:
    found = _routes(tmp_path, COPIED, shop__routing=COPY)
    assert [route for route, _ in found] == [
        "^a/$", "^a/do-it/$",
        "^a/(?P<pk>[0-9]+)/b/(?P<pk>[0-9]+)/c/$", "^a/(?P<pk>[0-9]+)/b/(?P<pk>[0-9]+)/c/do-it/$",
    ]  # fmt: skip


def test_a_class_that_answers_with_anothers_attributes_routes_to_the_other(tmp_path: Path) -> None:
    urls = """
        from django.conf import settings
        from django.urls import include, path
        from django.utils.module_loading import import_string
        from django.views.generic import View
        from rest_framework.routers import SimpleRouter
        from shop import views

        def chosen(cls):
            dotted = settings.OVERRIDES.get(cls.__name__)
            return import_string(dotted) if dotted else cls.default

        class Answering(type):
            def __getattr__(cls, name):
                return getattr(chosen(cls), name)

        class Chosen(metaclass=Answering):
            default = None

        class Own(View):
            def get(self, request):
                pass

        class ChosenView(Chosen):
            default = Own

        class ChosenSet(Chosen):
            default = views.Plain

        router = SimpleRouter()
        router.register("a", ChosenSet)
        urlpatterns = [path("own/", ChosenView.as_view()), path("", include(router.urls))]
    """
    assert _routes(tmp_path, urls) == [("own/", "site_.urls.Own"), ("^a/$", "shop.views.Plain")]


def test_a_prefix_of_which_one_part_may_be_unknown_is_what_it_is_else(tmp_path: Path) -> None:
    urls = """
        from urllib.parse import urlparse
        from django.conf import settings
        from django.urls import path
        from shop.views import Plain

        prefix = ""
        if below := urlparse(settings.ROOT).path.lstrip("/"):
            prefix = f"{below}/"
        urlpatterns = [path(f"{prefix}a/", Plain.as_view())]
    """
    assert _routes(tmp_path, urls) == [("a/", "shop.views.Plain")]


def test_actions_of_a_copied_viewset_are_run(tmp_path: Path) -> None:
    views = """
        from shop.models import Item
        from shop.routing import list_route

        class APIView:
            @classmethod
            def as_view(cls, **kwargs):
                return lambda request: cls().dispatch(request)

            def dispatch(self, request):
                return getattr(self, request.method.lower())(request)

        class ViewSetMixin:
            pass

        class Items(ViewSetMixin, APIView):
            def list(self, request):
                return list(Item.objects.all())

            @list_route(methods=["POST"])
            def fill(self, request):
                Item.objects.create()
    """
    models = "from django.db import models\nclass Item(models.Model):\n    pass"
    urls = """
        from django.urls import include, path
        from shop.routing import SimpleRouter
        from shop.viewsets import Items

        router = SimpleRouter()
        router.register("items", Items)
        urlpatterns = [path("", include(router.urls))]
    """
    files = {
        "site_/urls.py": urls,
        "shop/viewsets.py": views,
        "shop/models.py": models,
        "shop/routing.py": COPY,
    }
    route = FakeProject(tmp_path, files).facts().routes[0]
    assert (route.route, route.tables_read, route.tables_written) == (
        "^items/$",
        ("shop_item",),
        ("shop_item",),
    )
