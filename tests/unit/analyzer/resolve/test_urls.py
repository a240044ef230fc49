"""URL patterns with their views, in the resolver's order."""

from __future__ import annotations

from pathlib import Path

import pytest
from fakes.projects import SETTINGS, FakeProject

from analyzer.model.facts import Facts, Route

URLS = """
    from django.conf import settings
    from django.conf.urls.i18n import i18n_patterns
    from django.conf.urls.static import static
    from django.contrib import admin
    from django.contrib.auth.decorators import login_required
    from django.urls import include, path, re_path
    from rest_framework.routers import DefaultRouter
    from shop import views
    from shop.registry import registered
    from shop.wrapping import logged

    router = DefaultRouter()
    router.register("orders", views.OrderViewSet)

    urlpatterns = [
        path("", login_required(views.Home.as_view()), name="home"),
        path("called/", login_required(views.Callable("shop"))),
        path("old/", "shop.views.index"),
        re_path(r"^year/(?P<year>[0-9]{4})/$", logged(views.index)),
        path("shop/", include("shop.urls")),
        path("again/", include(("shop.urls", "again"), namespace="twice")),
        path("list/", include([path("<int:pk>/", views.index)])),
        path("api/", include(router.urls)),
        path("registered/", include(registered("shop"))),
        path("admin/", admin.site.urls),
    ]
    if settings.DEBUG:
        urlpatterns += [path("debug/", views.index)]
        urlpatterns += static("/media/", view=views.index) + static(settings.STATIC_URL) + static("/files/")
    urlpatterns += i18n_patterns(path("about/", views.index))
"""
SHOP_URLS = """
    from django.urls import path
    from . import views

    app_name = "shop"
    urlpatterns = [path("<slug:name>/", views.Detail.as_view(), name="detail")]
"""
VIEWS = """
    from django.views.generic import DetailView, UpdateView, View
    from rest_framework import viewsets
    from rest_framework.decorators import action
    from .models import Item, Note
    from .registry import register

    def index(request):
        Note.objects.create()

    class Home(View):
        def get(self, request):
            return list(self.rows())

        def rows(self):
            return Item.objects.all()

    class Detail(DetailView):
        model = Item

        def get_context_data(self, **kwargs):
            return super().get_context_data(notes=self.object.notes.all(), **kwargs)

    class Callable:
        def __init__(self, name):
            self.name = name

        def __call__(self, request):
            return None

    @register("edit")
    class Edit(UpdateView):
        queryset = Item.objects.all()
        fields = ["name"]

    class OrderViewSet(viewsets.ModelViewSet):
        queryset = Item.objects.all()

        @action(detail=True, methods=["post"])
        def pay(self, request, pk):
            self.get_object().notes.create()
"""
MODELS = """
    from django.db import models

    class Item(models.Model):
        name = models.CharField(max_length=3)

    class Note(models.Model):
        item = models.ForeignKey(Item, on_delete=models.CASCADE, related_name="notes")
"""
REGISTRY = """
    from collections import defaultdict
    from django.urls import path

    _views = defaultdict(list)

    def register(route):
        def remember(view):
            _views["shop"].append({"view": view, "route": route})
            return view
        return remember

    def registered(app):
        found = []
        for entry in _views[app]:
            found.append(path(f"{entry['route']}/", entry["view"].as_view()))
        return found
"""
WRAPPING = """
    import functools

    def logged(view):
        @functools.wraps(view)
        def wrapper(request, *args, **kwargs):
            return view(request, *args, **kwargs)
        return wrapper
"""
ADMIN = """
    from django.contrib import admin
    from .models import Item

    @admin.register(Item)
    class ItemAdmin(admin.ModelAdmin):
        pass
"""


@pytest.fixture(scope="module")
def facts(tmp_path_factory: pytest.TempPathFactory) -> Facts:
    files = {
        "site_/urls.py": URLS,
        "shop/urls.py": SHOP_URLS,
        "shop/views.py": VIEWS,
        "shop/models.py": MODELS,
        "shop/registry.py": REGISTRY,
        "shop/wrapping.py": WRAPPING,
        "shop/admin.py": ADMIN,
    }
    return FakeProject(tmp_path_factory.mktemp("project"), files).facts()


def _route(facts: Facts, route: str) -> Route:
    return next(found for found in facts.routes if found.route == route)


def test_nothing_is_invented(facts: Facts) -> None:
    assert all(found.view for found in facts.routes)
    assert len({(found.route, found.view) for found in facts.routes}) == len(facts.routes)


@pytest.mark.parametrize(
    ("route", "view"),
    [
        ("", "shop.views.Home"),
        ("called/", "shop.views.Callable"),
        ("old/", "shop.views.index"),
        ("^year/(?P<year>[0-9]{4})/$", "shop.views.index"),
        ("shop/<slug:name>/", "shop.views.Detail"),
        ("again/<slug:name>/", "shop.views.Detail"),
        ("list/<int:pk>/", "shop.views.index"),
        ("api/^orders/$", "shop.views.OrderViewSet"),
        ("api/^orders/(?P<pk>[^/.]+)/pay/$", "shop.views.OrderViewSet"),
        ("registered/edit/", "shop.views.Edit"),
        ("admin/shop/item/add/", "shop.admin.ItemAdmin.add_view"),
        ("debug/", "shop.views.index"),
        ("^media/(?P<path>.*)$", "shop.views.index"),
        ("about/", "shop.views.index"),
    ],
)
def test_views_are_named_by_where_they_are_defined(facts: Facts, route: str, view: str) -> None:
    assert _route(facts, route).view == view


def test_the_order_is_the_resolvers(facts: Facts) -> None:
    own = [found.route for found in facts.routes if not (found.route or "").startswith(("api/", "admin/"))]
    assert own == [
        "", "called/", "old/", "^year/(?P<year>[0-9]{4})/$", "shop/<slug:name>/", "again/<slug:name>/",
        "list/<int:pk>/", "registered/edit/", "debug/", "^media/(?P<path>.*)$", "about/",
    ]  # fmt: skip


def test_regular_expressions_and_languages_are_marked(facts: Facts) -> None:
    assert _route(facts, "^year/(?P<year>[0-9]{4})/$").regex == "^year/([0-9]{4})/$"
    assert _route(facts, "shop/<slug:name>/").regex is None
    assert [(found.route, found.unprefixed) for found in facts.routes if found.i18n] == [("about/", False)]


def test_names_and_namespaces(facts: Facts) -> None:
    assert (_route(facts, "shop/<slug:name>/").namespace, _route(facts, "shop/<slug:name>/").name) == (
        "shop",
        "detail",
    )
    assert _route(facts, "again/<slug:name>/").namespace == "twice"
    assert _route(facts, "api/^orders/$").methods == ("GET", "HEAD", "POST", "OPTIONS")


@pytest.mark.parametrize(
    ("route", "read", "written"),
    [
        ("", {"shop_item"}, set()),
        ("old/", set(), {"shop_note"}),
        ("shop/<slug:name>/", {"shop_item", "shop_note"}, set()),
        ("registered/edit/", {"shop_item"}, {"shop_item"}),
        ("api/^orders/$", {"shop_item"}, {"shop_item", "shop_note"}),
    ],
)
def test_a_route_has_the_tables_of_all_that_serving_it_runs(
    facts: Facts, route: str, read: set[str], written: set[str]
) -> None:
    found = _route(facts, route)
    assert (set(found.tables_read), set(found.tables_written)) == (read, written)


def test_views_that_a_configuration_registers_for_its_models_are_routed(tmp_path: Path) -> None:
    registering = """
        from django.apps import AppConfig

        class ShopConfig(AppConfig):
            name = "shop"

            def ready(self):
                from .models import Item
                from .registry import register
                from .views import Detail
                for model in self.get_models():
                    if issubclass(model, Item):
                        register(model._meta.model_name)(Detail)
    """
    urls = """
        from django.urls import include, path
        from shop.registry import registered
        urlpatterns = [path("", include(registered("shop")))]
    """
    files = {"shop/apps.py": registering, "site_/urls.py": urls, "shop/registry.py": REGISTRY}
    facts = FakeProject(tmp_path, {**files, "shop/views.py": VIEWS, "shop/models.py": MODELS}).facts()
    assert [found.route for found in facts.routes] == ["edit/", "item/"]


def test_a_request_in_a_transaction_is_placed_where_its_view_is_written(tmp_path: Path) -> None:
    settings = SETTINGS + '    DATABASES = {"default": {"ATOMIC_REQUESTS": True}}\n'
    files = {
        "site_/settings.py": settings,
        "site_/urls.py": """
            from django.urls import path
            from shop import views
            urlpatterns = [path("a/", views.Edit.as_view()), path("b/", views.Edit.as_view()), path("c/", views.note)]
        """,
        "shop/models.py": MODELS,
        "shop/views.py": """
            from django.views.generic import UpdateView
            from .models import Item, Note

            class Edit(UpdateView):
                model = Item
                fields = ["name"]

            def note(request):
                Note.objects.create()
        """,
    }
    spans = FakeProject(tmp_path, files).facts().transactions
    assert [(str(span.location), span.function, span.tables_written) for span in spans] == [
        ("shop/views.py:5", "Edit", ("shop_item",)),
        ("shop/views.py:9", "note", ("shop_note",)),
    ]


def test_a_path_below_a_regular_expression_ends_where_it_ends(tmp_path: Path) -> None:
    urls = """
        from django.urls import include, path, re_path
        from shop.views import index
        inner = [path("items/", index), path("items/<int:pk>/", index), re_path("^list/", index)]
        urlpatterns = [re_path("^", include(inner))]
    """
    views = "def index(request):\n    pass\n"
    facts = FakeProject(tmp_path, {"site_/urls.py": urls, "shop/views.py": views}).facts()
    assert [route.regex for route in facts.routes] == [r"^items/\Z", r"^items/([0-9]+)/\Z", "^list/"]
