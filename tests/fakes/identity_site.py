"""A small Django site with the identity view, for any Python from 3.8 and any Django from 3.2: run as a program.

``python identity_site.py FOLDER`` asks the view in every way and prints the answers. FOLDER holds
``strangler_identity.py``.
"""

import datetime
import json
import sys

SECRET = "s" * 32


def main(folder):
    sys.path.insert(0, folder)
    import django
    from django.conf import settings

    settings.configure(
        SECRET_KEY="x" * 50,
        ALLOWED_HOSTS=["*"],
        USE_TZ=True,
        ROOT_URLCONF="urls_of_site",
        DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}},
        INSTALLED_APPS=["django.contrib.auth", "django.contrib.contenttypes", "django.contrib.sessions"],
        DEFAULT_AUTO_FIELD="django.db.models.AutoField",
        MIDDLEWARE=[
            "django.contrib.sessions.middleware.SessionMiddleware",
            "django.contrib.auth.middleware.AuthenticationMiddleware",
        ],
        STRANGLER_IDENTITY={"SECRET": SECRET},
    )
    django.setup()
    import types

    import strangler_identity
    from django.urls import path

    urls = types.ModuleType("urls_of_site")
    urls.urlpatterns = [path("who/", strangler_identity.view)]
    urls.claims = lambda request: {"tenant": "acme", "email": None}
    sys.modules["urls_of_site"] = urls
    print(json.dumps({"django": django.get_version(), **answers()}))  # noqa: T201


def answers():
    import django
    from django.contrib.auth.models import Group, Permission, User
    from django.core.management import call_command
    from django.test import Client, override_settings

    call_command("migrate", verbosity=0)
    user = User.objects.create_user("ada", "ada@shop.example", "pw")
    user.groups.add(Group.objects.create(name="clerks"))
    user.user_permissions.add(Permission.objects.get(codename="add_user"))
    known, stranger = Client(), Client()
    known.force_login(user)
    right = {"HTTP_X_STRANGLER_BRIDGE": SECRET}
    told = {
        "refused": [
            stranger.get("/who/").status_code,
            known.get("/who/").status_code,
            known.get("/who/", HTTP_X_STRANGLER_BRIDGE="").status_code,
            known.get("/who/", HTTP_X_STRANGLER_BRIDGE=SECRET + "x").status_code,
            known.get("/who/", HTTP_X_STRANGLER_BRIDGE="\xe9").status_code,
            known.post("/who/", **right).status_code,
        ],
        "stranger": stranger.get("/who/", **right).json(),
        "known": known.get("/who/", **right).json(),
    }
    for options in ({}, {"SECRET": ""}, {"SECRET": "short"}):
        with override_settings(STRANGLER_IDENTITY=options):
            guess = {"HTTP_X_STRANGLER_BRIDGE": options.get("SECRET", "")}
            told["refused"].append(known.get("/who/", **guess).status_code)
    with override_settings(STRANGLER_IDENTITY={"SECRET": SECRET, "CLAIMS": "urls_of_site.claims"}):
        told["claims"] = known.get("/who/", **right).json()["user"]
    if django.VERSION >= (4, 1):  # older ones cannot keep a moment in a session
        session = known.session
        session.set_expiry(datetime.datetime(2100, 1, 1, tzinfo=datetime.timezone.utc))  # noqa: UP017
        session.save()
        told["expires"] = known.get("/who/", **right).json()["expires"]
    user.is_active = False
    user.save()
    told["inactive"] = known.get("/who/", **right).json()
    return told


if __name__ == "__main__":
    main(sys.argv[1])
