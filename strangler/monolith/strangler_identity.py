"""Tells the facade, and nobody else, who a session belongs to.

One file without dependencies, for Python 3.8 and Django 3.2 and later. Copy it beside ``manage.py``, and add::

    # urls.py
    path("strangler/identity/", strangler_identity.view),

    # settings.py
    STRANGLER_IDENTITY = {
        "SECRET": os.environ["STRANGLER_BRIDGE_SECRET"],  # at least 32 characters; the facade has the same
        "CLAIMS": "accounts.identity.claims",  # optional: (request) -> a dictionary, laid over the usual claims
    }

The usual claims are ``sub`` (the primary key), ``name``, ``email``, ``roles`` (names of groups), ``permissions``,
``staff`` and ``superuser``; a claim that is None is left out. To everybody but the facade the page does not
exist (404).
"""

from __future__ import annotations

import hmac
import json
import logging
from typing import Any

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.utils.module_loading import import_string

VERSION = 1
LEAST_SECRET = 32
_log = logging.getLogger("strangler.identity")


def view(request: HttpRequest) -> HttpResponse:
    """``{"version": 1, "user": CLAIMS or null, "expires": UNIX SECONDS or null}``"""
    options = getattr(settings, "STRANGLER_IDENTITY", {})
    if request.method != "GET" or not _is_facade(request, str(options.get("SECRET", ""))):
        raise Http404
    user = getattr(request, "user", None)
    known = user is not None and user.is_authenticated and user.is_active
    answer = {
        "version": VERSION,
        "user": _claims(request, user, options.get("CLAIMS")) if known else None,
        "expires": _expires(request) if known else None,
    }
    response = HttpResponse(json.dumps(answer), content_type="application/json")
    response["Cache-Control"] = "no-store"
    return response


def _is_facade(request: HttpRequest, secret: str) -> bool:
    if len(secret) < LEAST_SECRET:
        _log.error(
            "STRANGLER_IDENTITY has no SECRET of at least %d characters: nobody is told anything",
            LEAST_SECRET,
        )
        return False
    told = request.META.get("HTTP_X_STRANGLER_BRIDGE", "")
    return hmac.compare_digest(told.encode("utf-8", "surrogateescape"), secret.encode())


def _claims(request: HttpRequest, user: Any, function: str | None) -> dict[str, Any]:
    claims = {
        "sub": str(user.pk),
        "name": user.get_username(),
        "email": getattr(user, "email", None) or None,
        "roles": sorted(user.groups.values_list("name", flat=True)) if hasattr(user, "groups") else None,
        "permissions": sorted(user.get_all_permissions()) if hasattr(user, "get_all_permissions") else None,
        "staff": bool(getattr(user, "is_staff", False)),
        "superuser": bool(getattr(user, "is_superuser", False)),
    }
    if function:
        claims.update(import_string(function)(request))
    return {name: value for name, value in claims.items() if value is not None}


def _expires(request: HttpRequest) -> float | None:
    """The moment that a session was told to end at; of others only the monolith knows, when it is asked again."""
    session = getattr(request, "session", None)
    if session is None or isinstance(session.get("_session_expiry"), (int, type(None))):
        return None
    return float(session.get_expiry_date().timestamp())
