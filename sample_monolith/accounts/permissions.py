from functools import wraps

from django.contrib.auth.decorators import login_required
from django.contrib.auth.mixins import LoginRequiredMixin
from django.core.exceptions import PermissionDenied


def allowed(request, flag):
    if request.user.is_superuser:
        return True
    role = request.user.role_in(request.tenant)
    return bool(role and getattr(role, flag))


def role_required(flag):
    """The user's role in the current tenant must have `flag`."""

    def decorate(view):
        @login_required
        @wraps(view)
        def wrapper(request, *args, **kwargs):
            if not allowed(request, flag):
                raise PermissionDenied(f"needs {flag}")
            return view(request, *args, **kwargs)

        return wrapper

    return decorate


class TenantScoped(LoginRequiredMixin):
    """For class-based views: only the current tenant's rows."""

    paginate_by = 20

    def get_queryset(self):
        return super().get_queryset().filter(tenant=self.request.tenant)
