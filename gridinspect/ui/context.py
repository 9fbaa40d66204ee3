"""What base.html needs on every page. Nothing is fetched until the page asks for it."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest

from gridinspect.ui.registry import menu, standing


def page(request: HttpRequest) -> dict[str, Any]:
    """Return the frame of the page: the system's name, the menu, who is signed in."""
    user = getattr(request, "user", None)
    return {
        "system_name": settings.SYSTEM_NAME,
        "demo": settings.DEMO,
        "menu": lambda: menu.for_user(user, request.path),
        "standing": lambda: standing.of(user),
    }
