from typing import Any

from django.contrib.auth.backends import ModelBackend

from gridinspect.accounts.models import User


class AccountBackend(ModelBackend):
    """Django's, except that an account comes with its person: each page shows it."""

    def get_user(self, user_id: Any) -> User | None:
        user = User.objects.select_related("person").filter(pk=user_id).first()
        return user if user and self.user_can_authenticate(user) else None
