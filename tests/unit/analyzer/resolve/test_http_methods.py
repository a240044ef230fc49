"""The methods of a route: only what is certain, and what Django itself answers."""

from __future__ import annotations

import importlib

import pytest
from fakes.projects import FakeProject

from analyzer.model.facts import Facts

VIEWS = """
    import functools
    from django.contrib.auth.decorators import login_required
    from django.utils.decorators import method_decorator
    from django.views import View
    from django.views.decorators.http import require_GET, require_POST, require_http_methods, require_safe
    from django.views.generic import DetailView, ListView, TemplateView, UpdateView
    from elsewhere.views import Wizard
    from rest_framework import viewsets
    from rest_framework.decorators import action, api_view
    from rest_framework.views import APIView

    METHODS = ["get", "head"]

    def posting(view):
        @functools.wraps(view)
        def wrapper(request, *args, **kwargs):
            if request.method == "POST":
                return save(request)
            return view(request, *args, **kwargs)
        return wrapper

    def logged(view):
        @functools.wraps(view)
        def wrapper(request, *args, **kwargs):
            return view(request, *args, **kwargs)
        return wrapper

    def plain(request): pass

    @require_GET
    def only_get(request): pass

    @login_required
    @require_safe
    def safe(request): pass

    @require_http_methods(["GET", "POST"])
    def two(request): pass

    @require_http_methods(open("x"))
    def computed(request): pass

    @api_view(["GET"])
    def api(request): pass

    @api_view
    def bare_api(request): pass

    class Writing:
        def post(self, request): pass

    class Shown(TemplateView):
        pass

    class Mixed(Writing, ListView):
        http_method_names = METHODS

    class Unlisted(ListView):
        http_method_names = settings_of_some_kind()

    class Foreign(Wizard, ListView):
        pass

    class Dispatching(ListView):
        def dispatch(self, request):
            if request.method == "POST":
                return save(request)
            return super().dispatch(request)

    class Guarded(Writing, ListView):
        @method_decorator(login_required)
        def dispatch(self, request):
            return super().dispatch(request)

    class Answering(ListView):
        def dispatch(self, request):
            return save(request)

    @method_decorator(require_GET, name="dispatch")
    class Narrow(Writing, ListView):
        pass

    @method_decorator(require_GET, name="get")
    class Wide(Writing, ListView):
        pass

    class Late(ListView):
        def setup(self, request):
            super().setup(request)
            self.post = self.get

    class Service(APIView):
        def get(self, request): pass
        def delete(self, request): pass

    class Numbers(viewsets.ModelViewSet):
        http_method_names = ["get", "post", "head", "options"]

        @action(detail=True, methods=["post"])
        def pay(self, request, pk): pass

        @action(detail=True)
        def look(self, request, pk): pass

        @look.mapping.post
        def change(self, request, pk): pass

        @action(detail=True, methods=METHODS_OF_SOME_KIND)
        def odd(self, request, pk): pass

    class ReadOnly(viewsets.ReadOnlyModelViewSet):
        pass

    class Half(viewsets.ReadOnlyModelViewSet, Wizard):
        pass
"""
URLS = """
    from django.contrib.auth.decorators import login_required
    from django.urls import include, path
    from django.views.decorators.http import require_GET
    from django.views.generic import TemplateView
    from rest_framework.routers import SimpleRouter
    from shop import views

    router = SimpleRouter()
    router.register("numbers", views.Numbers, basename="n")
    router.register("readonly", views.ReadOnly, basename="r")
    router.register("half", views.Half, basename="h")

    urlpatterns = [
        path("plain/", views.plain),
        path("get/", views.only_get),
        path("safe/", views.safe),
        path("two/", views.two),
        path("computed/", views.computed),
        path("api/", views.api),
        path("bare-api/", views.bare_api),
        path("posting/", views.posting(views.only_get)),
        path("logged/", views.logged(views.only_get)),
        path("login/", login_required(views.Shown.as_view())),
        path("wrapped/", require_GET(views.Mixed.as_view(http_method_names=["get", "post"]))),
        path("given/", views.Mixed.as_view(http_method_names=["get", "post"])),
        path("mixed/", views.Mixed.as_view()),
        path("unlisted/", views.Unlisted.as_view()),
        path("foreign/", views.Foreign.as_view()),
        path("dispatching/", views.Dispatching.as_view()),
        path("guarded/", views.Guarded.as_view()),
        path("answering/", views.Answering.as_view()),
        path("narrow/", views.Narrow.as_view()),
        path("wide/", views.Wide.as_view()),
        path("late/", views.Late.as_view()),
        path("service/", views.Service.as_view()),
        path("actions/", views.Numbers.as_view({"get": "list", "delete": "destroy"})),
        path("", include(router.urls)),
    ]
"""


@pytest.fixture(scope="module")
def facts(tmp_path_factory: pytest.TempPathFactory) -> Facts:
    files = {"shop/models.py": "", "shop/views.py": VIEWS, "site_/urls.py": URLS}
    return FakeProject(tmp_path_factory.mktemp("project"), files).facts()


def _methods(facts: Facts, route: str) -> str:
    return " ".join(next(found.methods for found in facts.routes if found.route == route))


@pytest.mark.parametrize(
    "route",
    [
        "plain/", "computed/", "posting/", "unlisted/", "foreign/", "dispatching/", "answering/", "^half/$",
        "^numbers/(?P<pk>[^/.]+)/odd/$",
    ],
)  # fmt: skip
def test_what_is_not_certain_stays_unknown(facts: Facts, route: str) -> None:
    assert _methods(facts, route) == ""


@pytest.mark.parametrize(
    ("route", "methods"),
    [
        ("get/", "GET"),
        ("safe/", "GET HEAD"),
        ("two/", "GET POST"),
        ("api/", "GET OPTIONS"),
        ("bare-api/", "GET OPTIONS"),
        ("logged/", "GET"),
        ("login/", "GET HEAD OPTIONS"),
        ("wrapped/", "GET"),
        ("given/", "GET POST"),
        ("mixed/", "GET HEAD"),
        ("guarded/", "GET HEAD POST OPTIONS"),
        ("narrow/", "GET"),
        ("wide/", "GET HEAD POST OPTIONS"),
        ("late/", "GET HEAD POST OPTIONS"),
        ("service/", "GET HEAD DELETE OPTIONS"),
        ("actions/", "GET HEAD OPTIONS"),
        ("^numbers/$", "GET HEAD POST OPTIONS"),
        ("^numbers/(?P<pk>[^/.]+)/$", "GET HEAD OPTIONS"),
        ("^numbers/(?P<pk>[^/.]+)/pay/$", "POST OPTIONS"),
        ("^numbers/(?P<pk>[^/.]+)/look/$", "GET HEAD POST OPTIONS"),
        ("^readonly/$", "GET HEAD OPTIONS"),
    ],
)
def test_methods_are_what_the_view_has_handlers_for(facts: Facts, route: str, methods: str) -> None:
    assert _methods(facts, route) == methods


GENERIC = [
    "TemplateView", "RedirectView", "ListView", "DetailView", "FormView", "CreateView", "UpdateView", "DeleteView",
    "ArchiveIndexView", "YearArchiveView", "MonthArchiveView", "DayArchiveView", "TodayArchiveView", "DateDetailView",
]  # fmt: skip


def test_djangos_own_views_are_described_as_they_are(tmp_path_factory: pytest.TempPathFactory) -> None:
    """Django is the oracle: the handlers of each of its views that are in the stubs."""
    wanted = dict.fromkeys(GENERIC, "django.views.generic")
    modules = "\n".join(f"from {module} import {name}" for name, module in wanted.items())
    routes = "".join(f"path('{name}', {name}.as_view()), " for name in wanted)
    urls = f"from django.urls import path\n{modules}\nurlpatterns = [{routes}]\n"
    facts = FakeProject(tmp_path_factory.mktemp("generic"), {"site_/urls.py": urls}).facts()
    for name, module in wanted.items():
        view = getattr(importlib.import_module(module), name)()
        handlers = {method.upper() for method in view.http_method_names if hasattr(view, method)}
        assert set(_methods(facts, name).split()) == handlers | {"HEAD"}, name
