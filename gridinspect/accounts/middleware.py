"""What every request passes: headers, sign-in, idle time-out, change of password."""

from collections.abc import Callable

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import middleware as auth
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, resolve_url
from django.utils import timezone

from gridinspect.accounts import services

STEP = 30  # seconds; the session is not written for every single request
WITHOUT_NEW_PASSWORD = {"accounts:password", "accounts:logout", "ui:text-size"}


class HeadersMiddleware:
    """Keep answers out of every cache, and other sites away from them (C14, C17)."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]):
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        response.headers.setdefault("Cache-Control", "no-store")
        response.headers.setdefault("Cross-Origin-Resource-Policy", "same-origin")
        response.headers.setdefault(
            "Permissions-Policy", "camera=(), microphone=(), geolocation=(), usb=()"
        )
        return response


class LoginRequiredMiddleware(auth.LoginRequiredMiddleware):
    """Ask everybody to sign in, except on views marked `login_not_required`."""

    def handle_no_permission(self, request, view_func):
        response = super().handle_no_permission(request, view_func)
        return _whole_page(request, response)


class IdleTimeoutMiddleware:
    """End sessions that were idle for IDLE_MINUTES, or open for a whole working day.

    Time is counted on the server. A request that a page makes by itself (its element's
    id begins with "poll") keeps nobody signed in.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]):
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.user.is_authenticated:
            self._check(request)
        return self.get_response(request)

    def _check(self, request: HttpRequest) -> None:
        now, session = int(timezone.now().timestamp()), request.session
        seen, since = session.get("seen", now), session.get("since", now)
        if now - seen > settings.IDLE_MINUTES * 60:
            reason = f"超过 {settings.IDLE_MINUTES} 分钟没有操作"
        elif now - since > settings.SESSION_COOKIE_AGE:
            reason = f"登录已满 {settings.SESSION_COOKIE_AGE // 3600} 小时"
        else:
            if "since" not in session:
                session["since"] = now
            if "seen" not in session or (now - seen >= STEP and not _polls(request)):
                session["seen"] = now
            return
        services.sign_out(request, reason=reason)
        messages.warning(request, f"{reason}，系统已自动退出，请重新登录。")


class PasswordChangeMiddleware:
    """Lead an account with an initial password to the page where it is changed."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]):
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(self, request, view_func, view_args, view_kwargs):
        user = request.user
        if not user.is_authenticated or not user.must_change_password:
            return None
        if request.resolver_match.view_name in WITHOUT_NEW_PASSWORD:
            return None
        return _whole_page(request, redirect("accounts:password"))


def _polls(request: HttpRequest) -> bool:
    return request.headers.get("HX-Trigger", "").startswith("poll")


def _whole_page(request: HttpRequest, response: HttpResponse) -> HttpResponse:
    """Make htmx load the page itself: a sign-in form must not land inside a table."""
    if "HX-Request" not in request.headers:
        return response
    url = response["Location"]
    if url.startswith(resolve_url(settings.LOGIN_URL)):
        url = resolve_url(settings.LOGIN_URL)  # else it would lead back to a fragment
    return HttpResponse(headers={"HX-Redirect": url})
