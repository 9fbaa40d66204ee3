from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.views import LoginView
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST

from gridinspect.accounts import services
from gridinspect.accounts.forms import ChangePasswordForm, SignInForm
from gridinspect.accounts.models import User


class SignIn(LoginView):
    """The sign-in page. Lock-out is django-axes', before the password is hashed."""

    template_name = "accounts/login.html"
    authentication_form = SignInForm
    redirect_authenticated_user = True
    extra_context = {"title": "登录"}

    def form_valid(self, form):
        services.sign_in(self.request, user=form.get_user())
        return HttpResponseRedirect(self.get_success_url())

    def form_invalid(self, form):
        services.note_failed_sign_in(
            self.request,
            username=form.data.get("username", ""),
            locked=getattr(self.request, "axes_locked_out", False),
        )
        return super().form_invalid(form)

    def get_context_data(self, **kwargs):
        context = super().get_context_data(**kwargs)
        if settings.DEMO:
            accounts = User.objects.filter(is_demo=True, is_active=True)
            context["demo_password"] = settings.DEMO_PASSWORD
            context["demo_accounts"] = accounts.select_related("person").order_by("pk")
        return context


def locked_out(
    request: HttpRequest, original_response: HttpResponse | None, credentials: dict
) -> HttpResponse:
    """Answer to an account that failed too often from one address."""
    minutes = round(settings.AXES_COOLOFF_TIME * 60)
    context = {"title": "暂时锁定", "minutes": minutes}
    return render(request, "accounts/locked.html", context, status=429)


@login_not_required
@require_POST
def sign_out(request):
    """End the session, and let the browser forget what it kept."""
    services.sign_out(request)
    messages.success(request, "您已安全退出。")
    response = redirect(settings.LOGOUT_REDIRECT_URL)
    response["Clear-Site-Data"] = '"cache", "storage"'
    return response


def change_password(request):
    """Change one's own password."""
    form = ChangePasswordForm(request.user, request.POST or None)
    if form.is_valid():
        services.change_password(
            request, password=form.cleaned_data["new_password1"], by=request.user
        )
        messages.success(request, "密码已修改，其他地方的登录已经失效。")
        return redirect("home")
    context = {"title": "修改密码", "form": form}
    return render(request, "accounts/password.html", context)
