"""A small Django site under the recorder, for any Python from 3.8 and any Django from 3.2: run as a program.

``python observed_site.py FOLDER wsgi|asgi SAMPLE`` serves one visit in this process, writes FOLDER/seen.jsonl and
prints the version and the status codes. FOLDER holds ``strangler_recorder.py``.
"""

import asyncio
import json
import sys
from pathlib import Path

SITE = """
from django.db import models, transaction
from django.http import HttpResponse
from django.urls import include, path, re_path
from django.views import View


class Shop(models.Model):
    name = models.CharField(max_length=20)

    class Meta:
        app_label = "site_code"


class Item(models.Model):
    shop = models.ForeignKey(Shop, on_delete=models.CASCADE)
    name = models.CharField(max_length=20, default="secret")

    class Meta:
        app_label = "site_code"


class Note(models.Model):
    text = models.TextField()

    class Meta:
        app_label = "site_code"


def listing(request):
    names = [item.shop.name for item in Item.objects.select_related("shop").filter(name="s3cr3t-value")]
    return HttpResponse(",".join(names))


@transaction.atomic
def order(request):
    shop = Shop.objects.create(name="a")
    Item.objects.create(shop=shop)
    return HttpResponse("ok")


class Notes(View):
    def get(self, request, pk):
        with transaction.atomic():
            write(pk)
        return HttpResponse("ok")


def write(pk):
    Note.objects.create(text=str(pk))
    Shop.objects.update(name="b")


def broken(request):
    Shop.objects.count()
    raise RuntimeError("broken on purpose")


def counting(get_response):
    def count(request):
        Note.objects.count()
        return get_response(request)

    return count


urlpatterns = [
    path("items/", listing, name="items"),
    path("order/", order),
    path("v1/", include([re_path(r"^notes/(?P<pk>[0-9]+)/$", Notes.as_view(), name="notes")])),
    path("broken/", broken),
]
"""


def configure(folder, sample):
    (folder / "site_code.py").write_text(SITE)
    sys.path.insert(0, str(folder))
    from django.conf import settings

    settings.configure(
        SECRET_KEY="test",
        ALLOWED_HOSTS=["*"],
        BASE_DIR=folder,
        DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": str(folder / "db.sqlite3")}},
        MIDDLEWARE=["strangler_recorder.middleware", "site_code.counting"],
        ROOT_URLCONF="site_code",
        STRANGLER_RECORDER={"FILE": "seen.jsonl", "SAMPLE": sample},
        DEFAULT_AUTO_FIELD="django.db.models.AutoField",
        USE_TZ=True,
        LOGGING_CONFIG=None,
    )
    import django

    django.setup()
    from django.db import connection
    from site_code import Item, Note, Shop

    with connection.schema_editor() as editor:
        for model in (Shop, Item, Note):
            editor.create_model(model)


PATHS = ("/items/", "/items/", "/order/", "/v1/notes/7/", "/broken/", "/nowhere/")


def visit(kind):
    from django.test import AsyncClient, Client

    if kind == "wsgi":
        client = Client(raise_request_exception=False)
        return [client.get(path).status_code for path in PATHS]

    async def all_():
        client = AsyncClient(raise_request_exception=False)
        return [(await client.get(path)).status_code for path in PATHS]

    return asyncio.run(all_())


def main():
    folder, kind, sample = Path(sys.argv[1]), sys.argv[2], sys.argv[3]
    configure(folder, sample)
    import django

    answers = visit(kind)
    sys.stdout.write(json.dumps({"django": django.get_version(), "answers": answers}))


if __name__ == "__main__":
    main()
