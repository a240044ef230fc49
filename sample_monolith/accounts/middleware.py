from django.utils.deprecation import MiddlewareMixin
from django.utils.functional import SimpleLazyObject

from accounts.models import Tenant


class TenantMiddleware(MiddlewareMixin):
    def process_request(self, request):
        request.tenant = SimpleLazyObject(lambda: resolve_tenant(request))


def resolve_tenant(request):
    """The tenant chosen in the session, else the user's default, else the first one; None for strangers."""
    user = request.user
    if not user.is_authenticated:
        return None
    allowed = Tenant.objects.filter(is_active=True)
    if not user.is_superuser:
        allowed = allowed.filter(memberships__user=user)
    chosen = request.session.get("tenant_id") or user.default_tenant_id
    return allowed.filter(pk=chosen).first() or allowed.order_by("pk").first()
