from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.contrib.auth.mixins import LoginRequiredMixin
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse_lazy
from django.views.decorators.http import require_POST
from django.views.generic import UpdateView

from accounts.forms import ProfileForm
from accounts.models import Tenant, User


class ProfileView(LoginRequiredMixin, UpdateView):
    model = User
    form_class = ProfileForm
    template_name = "accounts/profile.html"
    success_url = reverse_lazy("accounts:profile")

    def get_object(self, queryset=None):
        return self.request.user

    def form_valid(self, form):
        messages.success(self.request, "Profile saved.")
        return super().form_valid(form)


@require_POST
@login_required
def switch_tenant(request):
    tenants = Tenant.objects.filter(is_active=True)
    if not request.user.is_superuser:
        tenants = tenants.filter(members=request.user)
    tenant = get_object_or_404(tenants, slug=request.POST.get("tenant", ""))
    request.session["tenant_id"] = tenant.pk
    messages.info(request, f"You are now working for {tenant.name}.")
    return redirect("dashboard")


@login_required
def team(request):
    memberships = request.tenant.memberships.select_related("user", "role")
    return render(request, "accounts/team.html", {"memberships": memberships})
