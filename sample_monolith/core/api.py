"""The JSON layer: authentication by session or token, errors as JSON, pages, bodies."""

import json

from django.core.paginator import EmptyPage, Paginator
from django.http import Http404, JsonResponse
from django.middleware.csrf import CsrfViewMiddleware
from django.utils.decorators import method_decorator
from django.views import View
from django.views.decorators.csrf import csrf_exempt

from accounts.models import ApiToken

SAFE_METHODS = {"GET", "HEAD", "OPTIONS"}
PER_PAGE, MAX_PER_PAGE = 20, 100
MAX_BODY = 256 * 1024


class ApiError(Exception):
    def __init__(self, status, message, /, **extra):
        super().__init__(message)
        self.status = status
        self.body = {"error": message, **extra}


class _CsrfCheck(CsrfViewMiddleware):
    def _reject(self, request, reason):
        return reason


def authenticate(request):
    """Set request.user and request.tenant, or raise 401/403. A browser session needs a CSRF token to write."""
    scheme, _, key = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() == "token":
        _authenticate_token(request, key.strip())
    elif request.user.is_authenticated:
        _require_csrf(request)
    else:
        raise ApiError(401, "authentication required")
    if not request.tenant:
        raise ApiError(403, "no tenant")


def _authenticate_token(request, key):
    tokens = ApiToken.objects.select_related("user", "tenant")
    token = tokens.filter(key=key, is_active=True, user__is_active=True, tenant__is_active=True).first()
    if token is None:
        raise ApiError(401, "invalid token")
    request.user = token.user
    request.tenant = token.tenant


def _limit_body(request):
    # Read before the CSRF check looks for its token in the form: afterwards the stream is used up.
    if len(request.body) > MAX_BODY:
        raise ApiError(413, f"body is larger than {MAX_BODY} bytes")


def _require_csrf(request):
    if request.method in SAFE_METHODS:
        return
    check = _CsrfCheck(lambda request: None)
    check.process_request(request)
    reason = check.process_view(request, None, (), {})
    if reason:
        raise ApiError(403, f"CSRF failed: {reason}")


@method_decorator(csrf_exempt, name="dispatch")
class ApiView(View):
    """Methods return data, (data, status) or a response, and raise ApiError or Http404."""

    needs = None  # the role flag for unsafe methods

    def dispatch(self, request, *args, **kwargs):
        try:
            _limit_body(request)
            authenticate(request)
            self._authorize(request)
            answer = super().dispatch(request, *args, **kwargs)
        except ApiError as error:
            return _error(error)
        except Http404:
            return JsonResponse({"error": "not found"}, status=404)
        return answer if hasattr(answer, "status_code") else _json(answer)

    def http_method_not_allowed(self, request, *args, **kwargs):
        allowed = ", ".join(self._allowed_methods())
        return JsonResponse({"error": "method not allowed"}, status=405, headers={"Allow": allowed})

    def _authorize(self, request):
        if request.method in SAFE_METHODS or self.needs is None or request.user.is_superuser:
            return
        role = request.user.role_in(request.tenant)
        if role is None or not getattr(role, self.needs):
            raise ApiError(403, "not allowed")


def read_json(request):
    """The body as an object; an empty body is an empty object."""
    if not request.body:
        return {}
    try:
        data = json.loads(request.body)
    except ValueError:
        raise ApiError(400, "body is not JSON") from None
    if not isinstance(data, dict):
        raise ApiError(400, "body must be an object")
    return data


def page_of(request, queryset, serialize):
    """One page in the envelope that all lists share. Links are relative, so they are the same on every host."""
    number = _positive(request, "page", 1)
    per_page = min(_positive(request, "per_page", PER_PAGE), MAX_PER_PAGE)
    paginator = Paginator(queryset, per_page)
    try:
        page = paginator.page(number)
    except EmptyPage:
        raise ApiError(404, "no such page") from None
    return {
        "count": paginator.count,
        "page": number,
        "pages": paginator.num_pages,
        "per_page": per_page,
        "next": _link(request, number + 1) if page.has_next() else None,
        "previous": _link(request, number - 1) if page.has_previous() else None,
        "results": [serialize(item) for item in page.object_list],
    }


def _positive(request, name, default):
    value = request.GET.get(name, "")
    if not value:
        return default
    if not (value.isascii() and value.isdigit() and len(value) < 10 and int(value) > 0):
        raise ApiError(400, f"{name} must be a positive number")
    return int(value)


def _link(request, number):
    query = request.GET.copy()
    query["page"] = str(number)
    return f"{request.path}?{query.urlencode()}"


def _json(answer):
    data, status = answer if isinstance(answer, tuple) else (answer, 200)
    return JsonResponse(data, status=status)


def _error(error):
    response = JsonResponse(error.body, status=error.status)
    if error.status == 401:
        response["WWW-Authenticate"] = "Token"
    return response
