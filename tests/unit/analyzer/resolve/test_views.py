"""What serving a view touches: templates, forms, permissions, context processors, generic views."""

from __future__ import annotations

from pathlib import Path

import pytest
from fakes.projects import FakeProject

MODELS = """
    from django.db import models

    class Customer(models.Model):
        name = models.CharField(max_length=10, unique=True)

    class Tag(models.Model):
        pass

    class Order(models.Model):
        customer = models.ForeignKey(Customer, models.CASCADE)
        tags = models.ManyToManyField(Tag)

        def newest_lines(self):
            return self.lines.all()

    class Product(models.Model):
        pass

    class Line(models.Model):
        order = models.ForeignKey(Order, models.CASCADE, related_name="lines")
        product = models.ForeignKey(Product, models.CASCADE)
"""
SETTINGS = """
    INSTALLED_APPS = ["django.contrib.auth", "django.contrib.contenttypes", "shop"]
    ROOT_URLCONF = "site_.urls"
"""


def _view(
    tmp_path: Path, views: str, templates: dict[str, str] | None = None, settings: str = "", **more: str
) -> tuple[set[str], set[str]]:
    """The tables that the view called ``page`` reads and writes, without their application."""
    files = {
        "site_/urls.py": "from django.urls import path\nfrom shop import views\nurlpatterns = [path('', views.page)]\n",
        "site_/settings.py": SETTINGS + settings,
        "shop/models.py": MODELS,
        "shop/views.py": views,
        **{f"shop/templates/{name}": text for name, text in (templates or {}).items()},
        **{name.replace("__", "/") + ".py": text for name, text in more.items()},
    }
    (route,) = FakeProject(tmp_path, files).facts().routes
    read = {table.removeprefix("shop_") for table in route.tables_read}
    return read, {table.removeprefix("shop_") for table in route.tables_written}


DETAIL = """
    from django.views.generic import DetailView
    from shop.models import Order

    class Page(DetailView):
        model = Order

    page = Page.as_view()
"""


@pytest.mark.parametrize(
    "template",
    [
        "{{ order.customer_id }} {{ order.pk }} {{ other.customer.name }}",
        "{# {{ order.customer }} #}{% comment %}{{ order.lines.all }}{% endcomment %}",
        "{{ order.delete }}{{ order.lines }}",
    ],
)
def test_a_template_that_follows_no_relation_adds_nothing(tmp_path: Path, template: str) -> None:
    assert _view(tmp_path, DETAIL, {"shop/order_detail.html": template}) == ({"order"}, set())


def test_a_template_of_another_view_is_not_this_views(tmp_path: Path) -> None:
    read, _ = _view(
        tmp_path, DETAIL, {"shop/order_list.html": "{{ order.customer.name }}", "shop/order_detail.html": ""}
    )
    assert read == {"order"}


def test_an_overridden_block_is_not_rendered(tmp_path: Path) -> None:
    templates = {
        "base.html": "{% block side %}{{ order.customer.name }}{% endblock %}{% block main %}{% endblock %}",
        "shop/order_detail.html": '{% extends "base.html" %}{% block side %}{% endblock %}{% block main %}'
        "{% for line in order.lines.all %}{{ line.product }}{% endfor %}{% endblock %}{{ order.customer }}",
    }
    assert _view(tmp_path, DETAIL, templates)[0] == {"order", "line", "product"}


def test_block_super_renders_the_overridden_block_as_well(tmp_path: Path) -> None:
    templates = {
        "base.html": "{% block side %}{{ object.customer.name }}{% endblock %}",
        "shop/order_detail.html": '{% extends "base.html" %}{% block side %}{{ block.super }}{% endblock %}',
    }
    assert _view(tmp_path, DETAIL, templates)[0] == {"order", "customer"}


def test_methods_are_called_and_includes_get_their_bindings(tmp_path: Path) -> None:
    templates = {
        "line.html": "{{ row.product.pk }}{{ order.customer.name }}",
        "shop/order_detail.html": "{% for line in order.newest_lines %}"
        '{% include "line.html" with row=line only %}{% endfor %}',
    }
    assert _view(tmp_path, DETAIL, templates)[0] == {"order", "line", "product"}


def test_an_include_is_rendered_anew_for_another_kind_of_value(tmp_path: Path) -> None:
    templates = {
        "name.html": "{{ thing.customer.name }}{{ thing.product.pk }}",
        "shop/order_detail.html": '{% include "name.html" with thing=object %}'
        '{% include "name.html" with thing=object.lines.first %}',
    }
    assert _view(tmp_path, DETAIL, templates)[0] == {"order", "customer", "line", "product"}


def test_render_in_a_function_view_gets_the_context_and_the_processors(tmp_path: Path) -> None:
    views = """
        from django.shortcuts import render
        from shop.models import Order

        def page(request):
            return render(request, "page.html", {"orders": Order.objects.all()})
    """
    processors = """
        from shop.models import Tag

        def tags(request):
            return {"tags": Tag.objects.all()}
    """
    settings = """
    TEMPLATES = [{"OPTIONS": {"context_processors": ["shop.processors.tags"]}}]
"""
    page = "{% for order in orders %}{{ order.customer.name }}{% endfor %}"
    read, _ = _view(tmp_path, views, {"page.html": page}, settings, shop__processors=processors)
    assert read == {"order", "customer", "tag"}


def test_tags_of_the_project_run(tmp_path: Path) -> None:
    tags = """
        from django import template
        from shop.models import Product, Tag

        register = template.Library()

        @register.simple_tag
        def all_tags():
            return Tag.objects.all()

        @register.inclusion_tag("lines.html", takes_context=True)
        def lines(context):
            return {"lines": context["order"].lines.all()}

        @register.simple_tag
        def products():
            return Product.objects.all()
    """
    templates = {
        "lines.html": "{% for line in lines %}{{ line.pk }}{% endfor %}",
        "shop/order_detail.html": "{% load shop_tags %}{% all_tags as found %}{% lines %}",
    }
    read, _ = _view(tmp_path, DETAIL, templates, shop__templatetags__shop_tags=tags)
    assert read == {"order", "tag", "line"}


LIST = """
    from django.views.generic import ListView
    from shop.models import Order

    class Page(ListView):
        model = Order
        paginate_by = 10

    page = Page.as_view()
"""


def test_a_page_of_a_list_holds_the_records(tmp_path: Path) -> None:
    page = "{% for order in page_obj.object_list %}{{ order.customer.name }}{% endfor %}{{ paginator.count }}"
    assert _view(tmp_path, LIST, {"shop/order_list.html": page})[0] == {"order", "customer"}


EDIT = """
    from django import forms
    from django.views.generic import UpdateView
    from shop.models import Order

    class OrderForm(forms.ModelForm):
        class Meta:
            model = Order
            fields = [%s]

    class Page(UpdateView):
        model = Order
        form_class = OrderForm

    page = Page.as_view()
"""


def test_a_form_touches_only_the_relations_that_are_its_fields(tmp_path: Path) -> None:
    assert _view(tmp_path, EDIT % "") == ({"order"}, {"order"})


def test_a_form_fetches_what_is_chosen_and_sets_many_to_many_fields(tmp_path: Path) -> None:
    read, written = _view(tmp_path, EDIT % '"customer", "tags"')
    assert read == {"order", "customer", "tag", "order_tags"}
    assert written == {"order", "order_tags"}


def test_formsets_save_the_records_of_their_forms(tmp_path: Path) -> None:
    views = """
        from django.forms import inlineformset_factory
        from django.shortcuts import get_object_or_404
        from shop.models import Line, Order

        Lines = inlineformset_factory(Order, Line, fields=["product"], can_delete=False)

        def page(request):
            formset = Lines(request.POST, instance=get_object_or_404(Order))
            if formset.is_valid():
                formset.save()
    """
    assert _view(tmp_path, views) == ({"order", "line", "product"}, {"line"})


def test_permissions_are_asked_of_the_backends_in_the_settings(tmp_path: Path) -> None:
    views = """
        def page(request):
            request.user.has_perm("shop.view_order")
    """
    backend = """
        from django.contrib.auth.backends import ModelBackend
        from shop.models import Tag

        class Backend(ModelBackend):
            def get_all_permissions(self, user_obj, obj=None):
                return set(Tag.objects.all())
    """
    settings = """
    AUTHENTICATION_BACKENDS = ["shop.backends.Backend"]
"""
    assert _view(tmp_path, views, settings=settings, shop__backends=backend)[0] == {"auth_user", "tag"}


def test_a_lazy_object_is_made_by_the_view_that_looks_at_it(tmp_path: Path) -> None:
    middleware = """
        from django.utils.functional import SimpleLazyObject
        from shop.models import Order

        class Middleware:
            def __call__(self, request):
                request.order = SimpleLazyObject(lambda: Order.objects.get())
    """
    settings = """
    MIDDLEWARE = ["shop.middleware.Middleware"]
"""
    views = """
        def page(request):
            return request.order.customer.name
    """
    assert _view(tmp_path, views, settings=settings, shop__middleware=middleware)[0] == {"order", "customer"}


def test_what_only_an_exception_leads_to_is_an_access_but_not_what_the_view_usually_does(
    tmp_path: Path,
) -> None:
    views = """
        from shop.models import Order, Tag

        def page(request):
            try:
                Order.objects.get()
            except Order.DoesNotExist:
                log()

        def log():
            Tag.objects.create()
    """
    assert _view(tmp_path, views) == ({"order"}, set())


def test_a_deletion_touches_what_refers_to_the_record_not_what_would_refer_to_that(tmp_path: Path) -> None:
    views = """
        from django.views.generic import DeleteView
        from shop.models import Customer

        class Page(DeleteView):
            model = Customer

        page = Page.as_view()
    """
    assert _view(tmp_path, views) == ({"customer", "order"}, {"customer"})


def test_records_that_nothing_refers_to_are_deleted_unseen(tmp_path: Path) -> None:
    views = """
        from shop.models import Product

        def page(request):
            Product.objects.get().delete()
    """
    assert _view(tmp_path, views)[1] == {"product", "line"}


COMPUTED = """
    from django.views.generic import View
    from shop.models import Customer, Order, Product, Tag

    class Page(View):
        listed = ("approve",)

        def post(self, request):
            getattr(self, "do_%%s" %% request.POST["action"])()
            %s

        def do_order(self):
            Order.objects.create()

        def undo_order(self):
            Product.objects.create()

        def approve(self):
            Tag.objects.create()

        def other(self):
            Customer.objects.create()

    page = Page.as_view()
"""


def test_a_computed_name_gives_methods_of_its_shape_only(tmp_path: Path) -> None:
    assert _view(tmp_path, COMPUTED % "pass")[1] == {"order"}


def test_a_name_that_is_not_known_gives_the_methods_that_the_class_lists(tmp_path: Path) -> None:
    assert _view(tmp_path, COMPUTED % "getattr(self, request.POST['x'])()")[1] == {"order", "tag"}


def test_a_login_looks_the_user_up_saves_it_and_sends_the_signal(tmp_path: Path) -> None:
    views = """
        from django.contrib.auth.signals import user_logged_in
        from django.contrib.auth.views import LoginView
        from django.dispatch import receiver
        from shop.models import Tag

        @receiver(user_logged_in)
        def greet(sender, request, user, **kwargs):
            Tag.objects.create()

        class Page(LoginView):
            pass

        page = Page.as_view()
    """
    read, written = _view(tmp_path, views)
    assert "auth_user" in read
    assert written == {"auth_user", "tag"}


def test_all_backends_of_a_spread_list_are_asked(tmp_path: Path) -> None:
    settings = """
    import local
    MORE = getattr(local, "MORE", "django.contrib.auth.backends.ModelBackend")
    if type(MORE) not in (list, tuple):
        MORE = [MORE]
    AUTHENTICATION_BACKENDS = [*MORE]
"""
    views = """
        def page(request):
            request.user.get_all_permissions()
    """
    read, _ = _view(tmp_path, views, settings=settings)
    assert {"auth_user_user_permissions", "auth_group_permissions"} <= read


def test_a_table_of_a_library_shows_the_list(tmp_path: Path) -> None:
    views = """
        from django_tables2 import SingleTableView
        from shop.models import Order

        class Page(SingleTableView):
            model = Order
            template_name = "page.html"

        page = Page.as_view()
    """
    page = "{% for order in object_list %}{{ order.customer.name }}{% endfor %}"
    assert _view(tmp_path, views, {"page.html": page})[0] == {"order", "customer"}


@pytest.mark.parametrize(
    "views",
    [
        """
        from django.contrib.auth.decorators import login_required

        @login_required
        def page(request):
            pass
        """,
        """
        from django.contrib.auth.decorators import login_required
        from django.utils.decorators import method_decorator
        from django.views.generic import View

        @method_decorator(login_required, name="dispatch")
        class Page(View):
            def get(self, request):
                pass

        page = Page.as_view()
        """,
    ],
)
def test_a_login_that_is_required_looks_at_the_user(tmp_path: Path, views: str) -> None:
    assert _view(tmp_path, views) == ({"auth_user"}, set())


def test_other_decorators_look_at_nothing(tmp_path: Path) -> None:
    views = """
        from django.views.decorators.http import require_POST

        @require_POST
        def page(request):
            pass
    """
    assert _view(tmp_path, views) == (set(), set())


def test_a_decorator_of_the_project_is_part_of_serving_the_view(tmp_path: Path) -> None:
    files = {
        "shop/models.py": """
            from django.db import models

            class Attempt(models.Model):
                pass

            class Item(models.Model):
                pass
        """,
        "shop/views.py": """
            from functools import wraps
            from django.contrib.auth.decorators import login_required
            from django.http import HttpResponse
            from shop.models import Attempt, Item

            def counted(view):
                @wraps(view)
                def wrapper(request, *args, **kwargs):
                    Attempt.objects.create()
                    return view(request, *args, **kwargs)
                return wrapper

            @login_required
            @counted
            def counting(request):
                Item.objects.first()

            def plain(request):
                Item.objects.first()
        """,
        "site_/urls.py": """
            from django.urls import path
            from shop import views
            urlpatterns = [path("a/", views.counting), path("b/", views.counted(views.plain)), path("c/", views.plain)]
        """,
    }
    facts = FakeProject(tmp_path, files).facts()
    assert [(route.view, route.tables_written) for route in facts.routes] == [
        ("shop.views.counting", ("shop_attempt",)),
        ("shop.views.plain", ("shop_attempt",)),
        ("shop.views.plain", ()),
    ]
    assert {table for route in facts.routes for table in route.tables_read} == {"auth_user", "shop_item"}


def test_what_a_condition_asks_is_part_of_serving_the_view(tmp_path: Path) -> None:
    files = {
        "shop/models.py": "from django.db import models\nclass Item(models.Model):\n    pass",
        "shop/views.py": """
            from django.utils.decorators import method_decorator
            from django.views.decorators.http import condition, etag
            from django.views.generic import View
            from shop.models import Item

            def newest(request, pk):
                return str(Item.objects.latest("pk"))

            class Shown(View):
                @method_decorator(condition(etag_func=newest))
                def get(self, request, pk):
                    return None

            @etag(newest)
            def shown(request, pk):
                return None

            def plain(request, pk):
                return None
        """,
        "site_/urls.py": """
            from django.urls import path
            from shop import views
            urlpatterns = [path("a/", views.Shown.as_view()), path("b/", views.shown), path("c/", views.plain)]
        """,
    }
    facts = FakeProject(tmp_path, files).facts()
    assert [route.tables_read for route in facts.routes] == [("shop_item",), ("shop_item",), ()]
