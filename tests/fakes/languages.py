"""A Django site with ``i18n_patterns`` and ``LocaleMiddleware``, to say which pattern serves a path."""

from __future__ import annotations

from types import ModuleType

from django.apps import apps
from django.conf import settings
from django.conf.urls.i18n import i18n_patterns
from django.http import HttpResponse
from django.middleware.locale import LocaleMiddleware
from django.test import RequestFactory, override_settings
from django.urls import clear_url_caches, get_resolver
from django.urls.exceptions import Resolver404
from fakes.urlconfs import Pattern, django_pattern


class Site:
    """Django's settings while the context is entered. The patterns are named by their position, plain ones first."""

    def __init__(
        self,
        languages: list[str],
        default: str,
        plain: list[Pattern],
        localised: list[Pattern],
        prefixed: bool,
    ) -> None:
        self.codes = [(code, code) for code in languages]
        self.default = default
        self.urlconf = ModuleType("urls")
        made = [django_pattern(p, str(i)) for i, p in enumerate([*plain, *localised])]
        self.plain, self.localised, self.prefixed = made[: len(plain)], made[len(plain) :], prefixed

    def __enter__(self) -> Site:
        self.unconfigured = settings._wrapped, apps.apps_ready
        if not settings.configured:
            settings.configure(USE_I18N=True, INSTALLED_APPS=[])
        apps.apps_ready = True  # no applications: translations are Django's own
        self.overriding = override_settings(
            LANGUAGES=self.codes, LANGUAGE_CODE=self.default, ROOT_URLCONF=self.urlconf
        )
        self.overriding.enable()
        wrapped = i18n_patterns(*self.localised, prefix_default_language=self.prefixed)
        self.urlconf.urlpatterns = [*self.plain, *(wrapped if self.localised else [])]  # type: ignore[attr-defined]
        clear_url_caches()
        return self

    def __exit__(self, *_: object) -> None:
        self.overriding.disable()
        settings._wrapped, apps.apps_ready = self.unconfigured
        clear_url_caches()

    def resolved(self, path: str, accepts: str) -> str | None:
        """The name of the pattern that Django chooses for a path, for a client that prefers this language."""
        request = RequestFactory().get("/", headers={"Accept-Language": accepts})
        request.path_info = request.path = path
        LocaleMiddleware(lambda request: HttpResponse()).process_request(request)
        try:
            return str(get_resolver(self.urlconf).resolve(path).url_name)
        except Resolver404:
            return None
