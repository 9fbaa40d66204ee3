from django.core.exceptions import ValidationError
from django.core.management.base import CommandError
from django.utils import timezone

from gridinspect.accounts.models import User
from gridinspect.accounts.roles import Role
from grids.commands import PlainCommand
from grids.models import City
from grids.services.accounts import open_account_for_new_person

ROLES = (Role.SYSTEM_ADMIN, Role.SECURITY_ADMIN, Role.AUDITOR, Role.CITY_BUREAU)


class Command(PlainCommand):
    help = "为一个地市开通第一个管理账号；初始密码只显示这一次，首次登录必须修改。"

    def add_arguments(self, parser):
        parser.add_argument("username", help="用户名")
        parser.add_argument("--name", required=True, help="姓名")
        parser.add_argument("--city", required=True, metavar="CODE", help="6 位代码")
        parser.add_argument("--role", choices=ROLES, default=Role.SYSTEM_ADMIN)

    def handle(self, *, username, name, city, role, **options):
        place = City.objects.filter(code=city).first()
        if place is None:
            raise CommandError(
                f"没有代码为 {city} 的地市：请先用 import_file grids 导入区划。",
                returncode=2,
            )
        try:
            user, secret = open_account_for_new_person(
                name=name,
                id_number="",
                phone="",
                username=username,
                role=role,
                place=place,
                since=timezone.localdate(),
                by=User.objects.system(),
            )
        except ValidationError as error:
            raise CommandError("；".join(error.messages), returncode=2) from None
        label = Role(role).label
        self.stdout.write(f"已开通 {user.username}（{label}），初始密码：{secret}")
