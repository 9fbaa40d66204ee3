from typing import Any

from django.conf import settings
from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.db import models
from django.db.models import Q
from django.utils.module_loading import import_string

from gridinspect.accounts.roles import Permission
from gridinspect.secrets import EncryptedTextField, blind_index

EVERYWHERE = "/"
SYSTEM = "system"  # the named account under which commands and night work act


class PersonManager(models.Manager):
    def by_id_number(self, id_number: str) -> models.QuerySet:
        """Find a person by the whole ID number, through the blind index."""
        return self.filter(id_index=blind_index(id_number, purpose="person.id"))


class Person(models.Model):
    """One human being: an inspector, an assistant, a member of the bureau."""

    name = models.CharField("姓名", max_length=60)
    id_number = EncryptedTextField("身份证号", blank=True)
    id_index = models.CharField(max_length=64, null=True, unique=True, editable=False)
    phone = EncryptedTextField("联系电话", blank=True)
    phone_index = models.CharField(
        max_length=64, null=True, db_index=True, editable=False
    )

    objects = PersonManager()

    def __str__(self):
        return self.name

    def set_id_number(self, id_number: str) -> None:
        """Set the ID number together with the index it is found by."""
        self.id_number = id_number
        self.id_index = blind_index(id_number, purpose="person.id")

    def set_phone(self, phone: str) -> None:
        """Set the telephone number together with the index it is found by."""
        self.phone = phone
        self.phone_index = blind_index(phone, purpose="person.phone")


class UserManager(BaseUserManager["User"]):
    def create_user(
        self, username: str, password: str | None = None, **fields: Any
    ) -> "User":
        user = self.model(username=username, **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def system(self) -> "User":
        """Return the account of the program itself; it cannot sign in."""
        user = self.filter(username=SYSTEM).first()
        return user or self.create_user(SYSTEM, is_system=True)


class User(AbstractBaseUser):
    """An account to sign in with. What it may do follows from the person's postings."""

    username = models.CharField("用户名", max_length=60, unique=True)
    person = models.OneToOneField(
        Person, on_delete=models.PROTECT, null=True, related_name="user"
    )
    is_active = models.BooleanField("启用", default=True)
    is_system = models.BooleanField(default=False)
    is_demo = models.BooleanField(default=False)
    must_change_password = models.BooleanField(default=False)
    initial_until = models.DateTimeField("初始密码有效至", null=True, editable=False)
    large_text = models.BooleanField("大字显示", default=False)
    created_at = models.DateTimeField(auto_now_add=True)

    objects = UserManager()

    USERNAME_FIELD = "username"

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(is_system=False) | Q(is_system=True, is_demo=False),
                name="accounts_user_system_is_no_demo",
            ),
            models.CheckConstraint(
                condition=Q(initial_until=None) | Q(must_change_password=True),
                name="accounts_user_initial_until_changed",
            ),
        ]

    def __str__(self):
        if self.is_system:
            return "系统"
        return self.person.name if self.person else self.username

    def scope_paths(self, permission: Permission | None = None) -> tuple[str, ...]:
        """Return the paths where the account may do this (None: anything) today.

        Asked once per object and permission: a request sees one state of the world.
        """
        if not self.is_active:
            return ()
        if self.is_system:
            return (EVERYWHERE,)
        known = self.__dict__.setdefault("_paths", {})
        if permission not in known:
            known[permission] = import_string(settings.JURISDICTION)(self, permission)
        return known[permission]

    def holds(self, permission: Permission | None) -> bool:
        """Tell whether the account may do this somewhere."""
        return permission is None or bool(self.scope_paths(permission))
