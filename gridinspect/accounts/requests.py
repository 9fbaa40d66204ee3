from django.http import HttpRequest

from gridinspect.accounts.models import User


class Request(HttpRequest):
    """A request behind the sign-in: its user is an account, never anonymous.

    For annotations of views; LoginRequiredMiddleware sees to it that it is true.
    """

    user: User
